import type { Dialect } from '@ranvier/storage'

/** What one scenario came to. */
export interface Outcome {
  /** Why it could not be tried here. */
  skipped?: string
  /** What was done and measured, in words. */
  facts: string
  /** What must not be. None: it has passed. */
  problems: string[]
}

/** Something bad that happens to a server. */
export interface Scenario {
  name: string
  databases: readonly Dialect[]
  run(database: Dialect): Promise<Outcome>
}

export const skipped = (why: string): Outcome => ({ skipped: why, facts: '', problems: [] })

const SHOWN = 20

/** One line for each, and what was wrong below it. */
export function lineOf(name: string, database: Dialect, outcome: Outcome): string {
  const { problems, facts } = outcome
  const end = outcome.skipped ?? (problems.length === 0 ? `${facts}: no problems` : facts)
  const head = `${outcome.skipped === undefined ? (problems.length === 0 ? 'ok  ' : 'FAIL') : 'skip'} ${name} (${database}): ${end}`
  return [head, ...problems.slice(0, SHOWN).map((problem) => `     ${problem}`)].join('\n')
}
