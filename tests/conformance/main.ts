/**
 * `npm run conformance -- DIR`: runs the compiled programs of Complement against this checkout and writes what came of
 * each test to `tests/conformance/complement.jsonl`. See `README.md` beside this file.
 */
import { spawn } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { compareResults, formatResults, OutputReader, parseResults, type Result } from './results.ts'

const HELP = `Runs the compiled programs of Complement against this checkout. Needs Linux, root, iproute2 and openssl.

Usage: npm run conformance -- [OPTIONS] DIR

  DIR              folder with the programs, csapi.test and so on
  --package NAME   only this program, without .test (may be given several times)
  --run REGEX      only tests whose name fits: what came of them is shown and not written
  --logs FOLDER    keep each program's output, and the containers' folders and logs, there
  --help           this text`

const BASELINE = join(import.meta.dirname, 'complement.jsonl')
const IMAGE = join(import.meta.dirname, 'image')
const ENGINE = join(import.meta.dirname, 'engine/main.ts')
const TIMEOUT = '60m'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    package: { type: 'string', multiple: true },
    run: { type: 'string' },
    logs: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

async function main(): Promise<number> {
  const [folder] = positionals
  if (values.help || folder === undefined) {
    console.log(HELP)
    return values.help ? 0 : 2
  }
  const programs = globSync('*.test', { cwd: resolve(folder) })
    .filter((file) => values.package?.includes(packageOf(file)) ?? true)
    .sort()
    .map((file) => join(resolve(folder), file))
  if (programs.length === 0) {
    console.error(`There is no such program in ${folder}: compile the packages first, see --help.`)
    return 2
  }
  const results: Result[] = []
  for (const program of programs) results.push(...(await runProgram(program)))
  return report(results)
}

const packageOf = (file: string) => basename(file, '.test')

/** Runs one program to its end; what it printed of its tests. */
async function runProgram(program: string): Promise<Result[]> {
  const name = packageOf(program)
  const kept = values.logs === undefined ? [] : ['--keep', '--state', join(resolve(values.logs), name)]
  const filter = values.run === undefined ? [] : ['-test.run', values.run]
  const child = spawn(
    process.execPath,
    [
      ENGINE,
      '--image',
      `ranvier=${IMAGE}`,
      ...kept,
      '--',
      program,
      '-test.v',
      '-test.timeout',
      TIMEOUT,
      ...filter,
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, COMPLEMENT_BASE_IMAGE: 'ranvier', COMPLEMENT_ENABLE_DIRTY_RUNS: '1' },
    },
  )
  const reader = new OutputReader(name)
  const output: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    reader.readLine(line)
    output.push(line)
    if (/^--- /.test(line)) console.log(`${name} ${line}`)
  }
  if (values.logs !== undefined) {
    mkdirSync(values.logs, { recursive: true })
    writeFileSync(join(values.logs, `${name}.log`), `${output.join('\n')}\n`)
  }
  if (reader.results.length === 0) throw new Error(`${program} ran no test:\n${output.join('\n')}`)
  return reader.results
}

function report(results: readonly Result[]): number {
  const count = (wanted: Result['result']) =>
    results.filter(({ test, result }) => result === wanted && !test.includes('/')).length
  const before = existsSync(BASELINE) ? parseResults(readFileSync(BASELINE, 'utf8')) : []
  if (values.run === undefined) {
    const ran = new Set(results.map((result) => result.package))
    const others = before.filter((result) => !ran.has(result.package))
    writeFileSync(BASELINE, formatResults([...others, ...results]))
    for (const line of compareResults(before, results)) console.log(line)
  } else for (const { test, result } of results) console.log(`${result} ${test}`)
  console.log(`${count('pass')} passed, ${count('fail')} failed, ${count('skip')} skipped`)
  return count('fail') === 0 ? 0 : 1
}

process.exitCode = await main()
