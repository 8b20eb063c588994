import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { testServer } from './test-server.ts'

databaseMatrix((open) => {
  test('a room is shown as it is now, to who left as it was, and to others only if anybody may read it', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = (await server.create('alice', { visibility: 'public' })) as RoomId
    await server.join('bob', roomId)
    for (let i = 0; i < 4; i++) await server.say('alice', roomId, `m${i}`)
    await storage.write((tx) => tx.accountData.set('@bob:test' as UserId, roomId, 'org.x', '{"a":1}'))
    const look = (by: string, query = '') =>
      server.call(by, 'GET', `${server.room(roomId)}/initialSync${query}`)

    const { body } = await look('bob', '?limit=3')
    assert.equal(body.room_id, roomId)
    assert.equal(body.membership, 'join')
    assert.equal(body.visibility, 'public')
    assert.deepEqual(body.account_data, [{ type: 'org.x', content: { a: 1 } }])
    assert.deepEqual(server.texts(body.messages.chunk), ['m1', 'm2', 'm3'])
    const older = await server.ok(
      'bob',
      'GET',
      `${server.room(roomId)}/messages?dir=b&limit=1&from=${body.messages.start}`,
    )
    assert.deepEqual(server.texts(older.chunk), ['m0'])
    const topic = ({ state }: { state: { type: string; content: { topic?: string } }[] }) =>
      state.find(({ type }) => type === 'm.room.topic')?.content.topic

    await server.leave('bob', roomId)
    await server.set('alice', roomId, 'm.room.topic', { topic: 'later' })
    await server.say('alice', roomId, 'later')
    const left = (await look('bob')).body
    assert.equal(left.membership, 'leave')
    assert.equal(topic(left), undefined)
    assert.ok(!server.texts(left.messages.chunk).includes('later'))
    assert.equal((await look('carol')).body.errcode, 'M_FORBIDDEN')
    await server.set('alice', roomId, 'm.room.history_visibility', { history_visibility: 'world_readable' })
    const peeked = (await look('carol')).body
    assert.equal(topic(peeked), 'later')
    assert.equal('membership' in peeked, false)
  })
})
