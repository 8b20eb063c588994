import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { describeFaults } from './faults.ts'
import { fuzz } from './run.ts'

/** The operations are the same on both; PostgreSQL takes twice as long. */
const REQUESTS = { sqlite: 30, postgres: 15 }
const SEED = 1
/** Some need what this server does not have, such as other servers. Were it more, nothing much would be tested. */
const USEFUL_SHARE = 0.85

for (const database of ['sqlite', 'postgres'] as const) {
  const requests = REQUESTS[database]
  const isMissing = database === 'postgres' && process.env['TEST_DATABASE_URL'] === undefined
  const skip = isMissing ? 'TEST_DATABASE_URL is not set; `npm test` sets it' : false
  describe(database, { skip }, () => {
    test('every operation of the admin API answers whatever is asked as documented, and the server stays whole', async () => {
      const { figures, faults } = await fuzz({ database, requests, seed: SEED })

      const again = `npm run fuzz -- --database ${database} --requests ${requests} --seed ${SEED}`
      assert.equal(faults.length, 0, `seed ${SEED}, again with: ${again}\n${describeFaults(faults)}`)
      const useful = [...figures.values()].filter(({ byStatus }) => (byStatus[200] ?? byStatus[201] ?? 0) > 0)
      assert.ok(useful.length > figures.size * USEFUL_SHARE, `only ${useful.length} operations had a success`)
    })
  })
}
