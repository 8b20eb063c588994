import assert from 'node:assert/strict'
import { test } from 'node:test'
import { itemsOf } from '@ranvier/admin-api/client/items'
import { serverMatrix } from '@ranvier/testkit/server-matrix'

interface Told {
  id: string
  event: string
  data: Record<string, unknown>
}

const PATH = '/_ranvier/admin/v1/events'

/** Reads until an event is there that `isLast` knows; all that came. */
async function readUntil(events: AsyncGenerator<unknown>, isLast: (event: Told) => boolean): Promise<Told[]> {
  const seen: Told[] = []
  for (;;) {
    const { value, done } = await events.next()
    if (done) throw new Error(`the stream ended after ${JSON.stringify(seen)}`)
    seen.push(value as Told)
    if (isLast(value as Told)) return seen
  }
}

serverMatrix((start) => {
  test('administrators hear of what happens, and after a kill of what they missed', async () => {
    const server = await start()
    const admin = await server.registerAdmin('admin')
    const listen = async (headers: Record<string, string> = {}) => {
      const authorization = `Bearer ${admin.accessToken}`
      const answer = await fetch(server.url + PATH, { headers: { authorization, ...headers } })
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('content-type'), 'text/event-stream')
      return itemsOf(answer, 'events')
    }

    const events = await listen()
    const bob = await server.register('bob')
    const first = (await readUntil(events, ({ event }) => event === 'registration')).at(-1)
    assert.equal(first!.data['user_id'], bob.userId)
    await server.kill9()
    await server.start()
    const path = `/_synapse/admin/v1/deactivate/${bob.userId}`
    await admin.post(path, {})
    const resumed = await listen({ 'last-event-id': first!.id })
    const missed = await readUntil(
      resumed,
      ({ event, data }) => event === 'job' && data['name'] === 'part-rooms' && data['status'] === 'complete',
    )
    const row = missed.find(({ event, data }) => event === 'audit' && data['operation'] === 'deactivateUser')
    assert.equal(row?.data['target'], bob.userId)
    assert.equal(missed.at(-1)!.data['audit_id'], row?.data['id'])

    const refused = await fetch(`${server.url + PATH}?since=nonsense`, {
      headers: { authorization: `Bearer ${admin.accessToken}` },
    })
    assert.equal(refused.status, 400)
    await admin.post('/_matrix/client/v3/logout', {})
    await assert.rejects(
      readUntil(resumed, () => false),
      /the stream ended/,
    )
  })
})
