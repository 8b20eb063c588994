import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wiredServer } from '../../wired-server.ts'

databaseMatrix((open) => {
  test('a sync can ask for what relates to others, or others relate to', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage)
    const alice = await server.register('alice')
    const bob = await server.register('bob')
    const { room_id: roomId } = await server.ok(alice, 'POST', '/createRoom', { preset: 'public_chat' })
    const room = `/rooms/${encodeURIComponent(roomId)}`
    await server.ok(bob, 'POST', `${room}/join`, {})
    let txns = 0
    const say = async (token: string, body: string, relation?: object): Promise<string> => {
      const content = { msgtype: 'm.text', body, ...(relation && { 'm.relates_to': relation }) }
      return (await server.ok(token, 'PUT', `${room}/send/m.room.message/${++txns}`, content)).event_id
    }
    const root = await say(alice, 'root')
    const other = await say(alice, 'other')
    await say(bob, 'reply', { rel_type: 'm.thread', event_id: root })
    await say(alice, 'note', { rel_type: 'm.reference', event_id: other })
    const found = async (timeline: object) => {
      const filter = JSON.stringify({ room: { timeline: { types: ['m.room.message'], ...timeline } } })
      const answer = await server.ok(alice, 'GET', `/sync?filter=${encodeURIComponent(filter)}`)
      return answer.rooms.join[roomId].timeline.events.map(
        (event: { content: { body: string } }) => event.content.body,
      )
    }

    assert.deepEqual(await found({}), ['root', 'other', 'reply', 'note'])
    assert.deepEqual(await found({ related_by_rel_types: ['m.thread'] }), ['root'])
    assert.deepEqual(await found({ related_by_senders: ['@alice:test'] }), ['other'])
    assert.deepEqual(
      await found({ related_by_rel_types: ['m.thread'], related_by_senders: ['@alice:test'] }),
      [],
    )
    assert.deepEqual(await found({ rel_types: ['m.thread', 'm.reference'] }), ['reply', 'note'])
    assert.deepEqual(await found({ 'org.matrix.msc3874.not_rel_types': ['m.thread'] }), [
      'root',
      'other',
      'note',
    ])
    assert.equal(
      (await server.call(alice, 'GET', '/sync?filter={"room":{"timeline":{"rel_types":1}}}')).status,
      400,
    )
  })
})
