import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calls } from '@ranvier/admin-api/client/generated/calls'
import { scopes } from '@ranvier/admin-api/generated/scopes'
import type { OperationId } from '@ranvier/admin-api/openapi/operations'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { auditWorld, type Change, changes } from './every-change.ts'

/** What must be nowhere in the log. */
const SECRETS = /rva_|a-secret-password|secret-of-registration|syt_|syr_|\$2b\$|shared secret|a private text/

const ids = Object.keys(calls) as OperationId[]

function urlOf(id: OperationId, { params = {}, query }: Change): string {
  const path = calls[id][1].replace(/:([^/]+)/g, (_, name: string) => encodeURIComponent(params[name]!))
  return query === undefined ? path : `${path}?${query}`
}

test('there is a change here for every operation that can change something, and no other', () => {
  const changing = ids.filter((id) => calls[id][0] !== 'GET' && scopes[id].endsWith(':write'))

  assert.deepEqual(Object.keys(changes).toSorted(), changing.toSorted())
})

databaseMatrix((open) => {
  test('every operation that changes something has its row, and none when it is refused', async () => {
    await using storage = await open()
    await using world = await auditWorld(storage)
    const { server, admin, bob } = world
    const last = async () => (await storage.positions()).audit
    for (const id of ids.filter((each) => changes[each] !== undefined)) {
      const change = await changes[id]!(world)
      const [method] = calls[id]
      const given = { ...(change.body && { body: change.body }), ip: '192.0.2.7', userAgent: 'a script' }

      const before = await last()
      if (change.anonymous !== true) {
        const refused = await server.call(method, urlOf(id, change), { ...given, token: bob.token })
        assert.equal(refused.status, 403, id)
        assert.equal(await last(), before, `${id}: refused, so not recorded`)
      }
      const ticking = setInterval(() => change.job && server.clock.advance(500), 1)
      const answer = await server.call(method, urlOf(id, change), {
        ...given,
        ...(change.anonymous !== true && { token: admin.token }),
      })
      clearInterval(ticking)
      assert.ok(answer.status < 300, `${id}: ${answer.status} ${answer.text}`)

      const rows = await storage.read.auditLog.listAfter(before, 100)
      if (change.kinds === 'nothing') {
        assert.deepEqual(rows, [], id)
        continue
      }
      assert.equal(rows.length, change.rows ?? 1, `${id}: ${JSON.stringify(rows, null, 1)}`)
      assert.equal(new Set(rows.map(({ actionId }) => actionId)).size, 1, id)
      for (const row of rows) {
        assert.equal(row.operation, id)
        assert.equal(row.actor, change.anonymous === true ? null : admin.userId, id)
        assert.deepEqual([row.actingAs, row.tokenId, row.ip], [null, null, '192.0.2.7'], id)
        assert.equal(row.userAgent, 'a script', id)
        const { target = Object.values(change.params!)[0]! } = change
        if (!(target instanceof RegExp)) assert.equal(row.target, target, id)
        else assert.match(row.target ?? '', target, id)
      }
      const kinds = new Set(rows.flatMap((row) => row.changes.map(({ kind }) => kind)))
      assert.deepEqual([...kinds].toSorted(), [...change.kinds].toSorted(), id)
      assert.doesNotMatch(JSON.stringify(rows), SECRETS, id)
      const [jobId] = rows[0]!.jobs
      assert.equal(jobId !== undefined, change.job === true, id)
      if (jobId !== undefined) assert.equal((await storage.read.jobs.get(jobId)).auditId, rows[0]!.id, id)
      await server.jobsDone()
    }
  })
})
