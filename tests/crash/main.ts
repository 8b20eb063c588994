/**
 * `npm run test:crash [-- --kills N] [--database sqlite|postgres]`: kills the server with SIGKILL at random moments
 * while clients write, people upload and delete files, administrators change accounts and jobs are at work, starts it again,
 * and looks whether everything it had promised is there. With `--jobs` it is killed so often in each kind of long work.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startPostgres } from '@ranvier/testkit'
import { type CaseResult, reportOf, runJobs } from './jobs/run.ts'
import { rowsOf, runMix, type Summary } from './run.ts'

const HELP = `Kills the server while clients write and jobs are at work, and checks that nothing acknowledged is lost.

Usage: npm run test:crash [-- OPTIONS]

  --kills N              how often (default 50)
  --database NAME        sqlite, postgres or both (default both)
  --max-answers N        how much is answered at most between two kills (default 200)
  --jobs                 instead: kills it while it does long work, of each kind, so often (default 20)
  --only TEXT            with --jobs: only kinds of work with this in their name
  --report FILE          writes the results there too
  --help                 this text`

const { values } = parseArgs({
  options: {
    kills: { type: 'string' },
    jobs: { type: 'boolean', default: false },
    only: { type: 'string' },
    report: { type: 'string' },
    database: { type: 'string', default: 'both' },
    'max-answers': { type: 'string', default: '200' },
    help: { type: 'boolean', default: false },
  },
})
const databases = { sqlite: ['sqlite'], postgres: ['postgres'], both: ['sqlite', 'postgres'] }[
  values.database
]
if (values.help || databases === undefined) {
  console.log(HELP)
  process.exitCode = values.help ? 0 : 2
} else {
  await using stack = new AsyncDisposableStack()
  if (databases.includes('postgres') && process.env['TEST_DATABASE_URL'] === undefined)
    process.env['TEST_DATABASE_URL'] = stack.use(await startPostgres({ durable: true })).url
  const summaries: Summary[] = []
  const results: CaseResult[] = []
  for (const database of databases as ('sqlite' | 'postgres')[]) {
    if (values.jobs) results.push(...(await runJobs(database, Number(values.kills ?? 20), values.only)))
    else summaries.push(await runMix(database, Number(values.kills ?? 50), Number(values['max-answers'])))
  }
  console.log(values.jobs ? reportOf(results) : JSON.stringify(summaries, null, 2))
  if (values.report !== undefined)
    writeFileSync(values.report, values.jobs ? reportOf(results) : rowsOf(summaries))
  if ([...summaries, ...results].some(({ problems }) => problems.length > 0)) process.exitCode = 1
}
