/** What came of one test or subtest. */
export interface Result {
  /** The compiled program, which is a package of the suite. */
  package: string
  /** With the names of the tests it is in, as `Test/sub`. */
  test: string
  result: 'pass' | 'fail' | 'skip'
}

const VERDICT = /^\s*--- (PASS|FAIL|SKIP): (\S+) \(/
const STARTED = /^=== RUN\s+(\S+)/

/**
 * Reads what a Go test program prints with `-test.v`. A test that was begun and never judged has failed: the program died
 * in it, or was ended.
 */
export class OutputReader {
  readonly #package: string
  readonly #results = new Map<string, Result['result']>()

  constructor(packageName: string) {
    this.#package = packageName
  }

  readLine(line: string): void {
    const started = STARTED.exec(line)?.[1]
    if (started !== undefined && !this.#results.has(started)) this.#results.set(started, 'fail')
    const [, verdict, test] = VERDICT.exec(line) ?? []
    if (verdict !== undefined && test !== undefined)
      this.#results.set(test, verdict.toLowerCase() as Result['result'])
  }

  get results(): Result[] {
    return [...this.#results].map(([test, result]) => ({ package: this.#package, test, result }))
  }
}

/** One line a test, sorted: a change of one is a change of one line. */
export function formatResults(results: readonly Result[]): string {
  const key = (result: Result) => `${result.package}\0${result.test}`
  return results
    .toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
    .map((result) => `${JSON.stringify(result)}\n`)
    .join('')
}

export function parseResults(text: string): Result[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Result) // ours
}

/** What differs between two runs: one line each, for people. Only of the packages that `after` has. */
export function compareResults(before: readonly Result[], after: readonly Result[]): string[] {
  const packages = new Set(after.map((result) => result.package))
  const nameOf = (result: Result) => `${result.package} ${result.test}`
  const known = new Map(
    before
      .filter((result) => packages.has(result.package))
      .map((result) => [nameOf(result), result.result] as const),
  )
  const lines: string[] = []
  for (const result of after) {
    const name = nameOf(result)
    const was = known.get(name)
    known.delete(name)
    if (was !== result.result) lines.push(`${name}: ${was ?? 'not there'} → ${result.result}`)
  }
  for (const [name, was] of known) lines.push(`${name}: ${was} → not there`)
  return lines.sort()
}
