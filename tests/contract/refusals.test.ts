/** Every way in which a call of the admin API is refused: status and errcode, as the rows of the contract say. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { OperationId } from '@ranvier/admin-api/openapi/operations'
import { serverMatrix } from '@ranvier/testkit'
import { commonRefusals } from './common-refusals.ts'
import type { Row } from './row.ts'
import { chapters } from './rows/index.ts'
import { makeWorld, send, type World } from './world.ts'

/** Nobody's account runs out of itself while the tests run. */
const CONFIG = {
  allow_guest_access: true,
  account_validity: { enabled: true, period: '1000d' },
  server_notices: { system_mxid_localpart: 'notices' },
}

/** What is answered otherwise than the row says. */
async function differences(world: World, id: OperationId, row: Row): Promise<string[]> {
  const found: string[] = []
  for (const [what, change, status, errcode] of [...commonRefusals(id, row), ...(row.refusals ?? [])]) {
    const answer = await send(world, id, {
      body: change.text === undefined ? row.body : undefined,
      query: row.query,
      ...change,
    })
    const got = `${answer.status} ${answer.body.errcode}`
    if (got !== `${status} ${errcode}` || !answer.body.error)
      found.push(`${id}, ${what}: ${got} ${answer.body.error}, not ${status} ${errcode}`)
  }
  return found
}

serverMatrix((start) => {
  let world: World
  before(async () => {
    const server = await start({ configOverrides: CONFIG })
    world = await makeWorld(server.url, server.serverName, server.registrationSecret)
  })

  for (const [chapter, rows] of Object.entries(chapters))
    test(`${chapter}: what cannot be done is refused as the contract says`, async () => {
      const found: string[] = []
      for (const [id, row] of Object.entries(rows))
        found.push(...(await differences(world, id as OperationId, row)))
      assert.deepEqual(found, [])
    })
})
