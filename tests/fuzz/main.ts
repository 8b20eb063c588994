/**
 * `npm run fuzz [-- --requests N] [--database sqlite|postgres|both] [--seed N] [--operation ID]`: sends generated
 * requests to every operation of the admin API, and looks at every answer and at what is left behind.
 */
import { parseArgs } from 'node:util'
import type { Dialect } from '@ranvier/storage'
import { startPostgres } from '@ranvier/testkit'
import { describeFaults } from './faults.ts'
import { EVERYTHING, fuzz } from './run.ts'

const HELP = `Sends generated requests, valid and broken, to every operation of the admin API.

Usage: npm run fuzz [-- OPTIONS]

  --requests N       for each operation (default 2000)
  --database NAME    sqlite, postgres or both (default both)
  --seed N           the same requests for the same number (default: another one each time)
  --operation ID     only this operation, by its operationId; “everything”: only the mixture of all at the end
  --help             this text`

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '2000' },
    database: { type: 'string', default: 'both' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    operation: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const databases = { sqlite: ['sqlite'], postgres: ['postgres'], both: ['sqlite', 'postgres'] }[
  values.database
]
const requests = Number(values.requests)
const seed = Number(values.seed)
if (
  values.help ||
  databases === undefined ||
  !Number.isSafeInteger(requests) ||
  !Number.isSafeInteger(seed)
) {
  console.log(HELP)
  process.exitCode = values.help ? 0 : 2
} else {
  await using stack = new AsyncDisposableStack()
  if (databases.includes('postgres') && process.env['TEST_DATABASE_URL'] === undefined)
    process.env['TEST_DATABASE_URL'] = stack.use(await startPostgres({ durable: false })).url
  for (const database of databases as Dialect[]) {
    console.log(`${database}, --seed ${seed}`)
    const { figures, faults } = await fuzz({
      database,
      requests,
      seed,
      operation: values.operation,
      onFault: (fault) => console.log(describeFaults([fault])),
      onOperation: (id, done) =>
        console.log(
          `  ${id.padEnd(28)} ${String(done.requests).padStart(6)} requests in ${done.durationMs} ms  ${statuses(done.byStatus)}`,
        ),
    })
    const sent = [...figures.values()].reduce((sum, { requests: count }) => sum + count, 0)
    console.log(
      `${database}: ${sent} requests to ${figures.size - Number(figures.has(EVERYTHING))} operations, ${faults.length} faults`,
    )
    if (faults.length === 0) continue
    console.log(describeFaults(faults))
    process.exitCode = 1
  }
}

function statuses(byStatus: Record<number, number>): string {
  return Object.entries(byStatus)
    .map(([status, count]) => `${status}: ${count}`)
    .join(', ')
}
