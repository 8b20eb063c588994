/**
 * `npm test [-- FILE…]`: every test, on SQLite and on a PostgreSQL started for the run (unless `TEST_DATABASE_URL`
 * names one). Arguments replace the list of test files; they may be globs and
 * folders, and each must name a test. Flags (`--test-name-pattern=…`) go to the runner.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { startPostgres } from '../packages/testkit/src/postgres.ts'
import { makeTestFolder } from './test-folder.ts'

const root = join(import.meta.dirname, '..')
const QUICK_RUNNER = join(root, 'packages/testkit/src/quick-runner.ts')
const EVERYTHING = ['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts']
const RUN_TIMEOUT_MS = 20 * 60_000 // the runner cannot end a file that never lets its event loop turn; it names it
const TEST_TIMEOUT_MS = 300_000 // a test that hangs is named, not waited for by CI

const args = process.argv.slice(2)
const flags = args.filter((arg) => arg.startsWith('-'))
const files = args.filter((arg) => !arg.startsWith('-')).map(patternOf)
const empty = files.filter((pattern) => globSync(pattern, { cwd: root }).length === 0)

/** A folder stands for the tests in it: the runner itself takes files and globs only. */
function patternOf(path: string): string {
  const isFolder = statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory() ?? false
  return isFolder ? `${path.replace(/\/$/, '')}/**/*.test.ts` : path
}

async function run(env: NodeJS.ProcessEnv): Promise<number> {
  const runner = spawn(
    process.execPath,
    [
      '--test',
      `--import=${QUICK_RUNNER}`,
      '--test-reporter=spec',
      '--test-concurrency=2',
      `--test-timeout=${TEST_TIMEOUT_MS}`,
      ...flags,
      ...(files.length > 0 ? files : EVERYTHING),
    ],
    { cwd: root, env, stdio: 'inherit' },
  )
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => runner.kill(signal))
  const limit = setTimeout(() => {
    console.error('The tests take too long: they are stopped. What was running is named below.')
    runner.kill('SIGTERM')
  }, RUN_TIMEOUT_MS)
  const [code] = (await once(runner, 'exit')) as [number | null]
  clearTimeout(limit)
  return code ?? 1
}

if (empty.length > 0) {
  console.error(`No test is named by ${empty.join(', ')}: arguments are files, folders or globs.`)
  process.exitCode = 2
} else {
  using folder = makeTestFolder()
  process.env['TMPDIR'] = folder.path
  process.env['TEST_TEMPLATES'] = folder.path
  if (process.env['TEST_DATABASE_URL'] !== undefined) {
    process.exitCode = await run(process.env)
  } else {
    await using postgres = await startPostgres({ durable: false })
    process.exitCode = await run({ ...process.env, TEST_DATABASE_URL: postgres.url })
  }
}
