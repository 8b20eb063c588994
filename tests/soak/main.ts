/** `npm run soak [-- OPTIONS]`: many clients sync and send for a while; does the server stay as it was? */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startPostgres } from '@ranvier/testkit/postgres'
import { judge, page } from './report.ts'
import { type SoakOptions, soak } from './soak.ts'

const HELP = `Many clients sync and send for a while: what comes of it, and what the page says about it, see tests/soak/results.md.
Exit code 1 when something was not as it should be.

Usage: npm run soak [-- OPTIONS]

  --clients N      a multiple of 20 (default 500)
  --minutes N      default 10
  --every SECONDS  how often each client writes (default 60)
  --database D     sqlite, postgres or both (default both)
  --snapshots FOLDER  writes what is in the heap at half time and at the end, for tests/hard/snapshots.ts
  --report FILE    writes the page there as well
  --help           this text`

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '500' },
    minutes: { type: 'string', default: '10' },
    every: { type: 'string', default: '60' },
    database: { type: 'string', default: 'both' },
    snapshots: { type: 'string' },
    report: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const MAX_SHOWN = 20

if (values.help) console.log(HELP)
else process.exitCode = (await main()) ? 0 : 1

async function main(): Promise<boolean> {
  const databases = (['sqlite', 'postgres'] as const).filter(
    (name) => values.database === 'both' || values.database === name,
  )
  await using postgres = databases.includes('postgres') ? await startPostgres({ durable: true }) : undefined
  if (postgres !== undefined) process.env['TEST_DATABASE_URL'] = postgres.url
  const pages: Record<string, string>[] = []
  const all: string[] = []
  for (const database of databases) {
    const options: SoakOptions = {
      database,
      clients: Number(values.clients),
      minutes: Number(values.minutes),
      everyMs: Number(values.every) * 1_000,
      snapshots: values.snapshots,
    }
    const { figures, problems } = judge(await soak(options))
    pages.push(figures)
    for (const [name, figure] of Object.entries(figures)) console.log(`  ${name.padEnd(52)} ${figure}`)
    for (const problem of problems.slice(0, MAX_SHOWN)) {
      console.log(`  PROBLEM: ${problem}`)
      all.push(`${database}: ${problem}`)
    }
  }
  if (values.report !== undefined) writeFileSync(values.report, page(pages, all))
  return databases.length > 0 && all.length === 0
}
