/**
 * `npm run test:hard [-- --only TEXT] [--database NAME] [--report FILE]`: what a server lives through that is no request:
 * a power cut, a full disk, a database that goes away, a clock that jumps, too many connections. One line for each.
 */
import { parseArgs } from 'node:util'
import { startPostgres } from '@ranvier/testkit'
import { runFewFiles, runIdle, runLarge, runSlow } from './connections.ts'
import { runDatabaseGone } from './database-gone.ts'
import { runDay } from './day.ts'
import { runFewConnections } from './few-connections.ts'
import { runFullDatabase, runFullMedia } from './full-database.ts'
import { runFullDisk } from './full-disk.ts'
import { runMemory } from './memory.ts'
import { runPowerCut } from './power-cut/run.ts'
import { noteOutcome } from './report.ts'
import { lineOf, type Scenario } from './scenario.ts'

const HELP = `Does to a server what machines and networks do, and looks whether it lives through it.

Usage: npm run test:hard [-- OPTIONS]

  --only TEXT        only scenarios with this in their name
  --database NAME    sqlite, postgres or both (default both)
  --cuts N           power cut: how many moments are tried (default 200)
  --seconds N        power cut: how long clients write (default 10)
  --seed TEXT        power cut: which moments, and what survives
  --rounds N         memory: how often people come and go (default 60)
  --minutes N        a day: how long it takes (default 20)
  --snapshots FOLDER a day: writes what is in the heap when it has settled and at the end, for tests/hard/snapshots.ts
  --report FILE      puts the results into the table of this file, such as tests/hard/results.md
  --help             this text`

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    database: { type: 'string', default: 'both' },
    cuts: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '10' },
    seed: { type: 'string', default: 'power cut' },
    rounds: { type: 'string', default: '60' },
    minutes: { type: 'string', default: '20' },
    snapshots: { type: 'string' },
    report: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const scenarios: Scenario[] = [
  {
    name: 'power cut',
    databases: ['sqlite'], // PostgreSQL's own log is PostgreSQL's to test
    run: () =>
      runPowerCut({
        cuts: Number(values.cuts),
        writeMs: Number(values.seconds) * 1_000,
        seed: values.seed,
      }),
  },
  { name: 'full disk', databases: ['sqlite'], run: () => runFullDisk({ times: 4, fullMs: 3_000 }) },
  {
    name: 'full disk of PostgreSQL',
    databases: ['postgres'],
    run: () => runFullDatabase({ times: 4, fullMs: 3_000, withLog: false }),
  },
  {
    name: 'full disk of PostgreSQL and its log',
    databases: ['postgres'],
    run: () => runFullDatabase({ times: 4, fullMs: 3_000, withLog: true }),
  },
  {
    name: 'full disk of media',
    databases: ['sqlite', 'postgres'],
    run: (database) => runFullMedia(database, { times: 4, fullMs: 3_000 }),
  },
  { name: 'few files', databases: ['sqlite', 'postgres'], run: runFewFiles },
  { name: 'few connections of PostgreSQL', databases: ['postgres'], run: runFewConnections },
  { name: 'idle connections', databases: ['sqlite', 'postgres'], run: runIdle },
  { name: 'slow clients', databases: ['sqlite', 'postgres'], run: runSlow },
  { name: 'large bodies', databases: ['sqlite', 'postgres'], run: runLarge },
  {
    name: 'memory',
    databases: ['sqlite', 'postgres'],
    run: (database) => runMemory(database, { rounds: Number(values.rounds) }),
  },
  {
    name: 'a day',
    databases: ['sqlite', 'postgres'],
    run: (database) => runDay(database, { minutes: Number(values.minutes), snapshots: values.snapshots }),
  },
  {
    name: 'database gone',
    databases: ['postgres'],
    run: () =>
      runDatabaseGone({
        times: [
          { how: 'orderly', awayMs: 30_000 },
          ...Array.from({ length: 5 }, () => ({ how: 'kill9' as const, awayMs: 1_000 })),
        ],
      }),
  },
]

const chosen = scenarios
  .filter(({ name }) => name.includes(values.only))
  .flatMap((scenario) => scenario.databases.map((database) => ({ scenario, database })))
  .filter(({ database }) => values.database === 'both' || values.database === database)
// Of nothing, or no round of it, there would be no problems.
const areNumbers = [values.cuts, values.seconds, values.rounds, values.minutes].every(
  (text) => Number(text) > 0,
)

if (values.help || !areNumbers || chosen.length === 0) {
  console.log(HELP)
  process.exitCode = values.help ? 0 : 2
} else {
  await using stack = new AsyncDisposableStack()
  if (
    chosen.some(({ database }) => database === 'postgres') &&
    process.env['TEST_DATABASE_URL'] === undefined
  )
    process.env['TEST_DATABASE_URL'] = stack.use(await startPostgres({ durable: true })).url
  for (const { scenario, database } of chosen) {
    const outcome = await scenario.run(database)
    console.log(lineOf(scenario.name, database, outcome))
    if (values.report !== undefined) noteOutcome(values.report, scenario.name, database, outcome)
    if (outcome.problems.length > 0) process.exitCode = 1
  }
}
