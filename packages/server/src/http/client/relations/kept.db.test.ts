import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventId, RoomId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { testServer } from '../rooms/test-server.ts'
import { idsOf, relationsIn } from './fixture.ts'

databaseMatrix((open) => {
  test('after a restart relations are the same', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    const room = relationsIn(server, roomId)
    const root = await server.say('alice', roomId, 'root')
    await room.reply('alice', root, 'reply')
    await room.edit('alice', root, 'edited')
    await room.refer('alice', root)
    const plain = await server.say('alice', roomId, 'plain')
    const before = await room.bundle('alice', root)

    await using again = await testServer(storage)
    const later = relationsIn(again, roomId)
    const after = await later.bundle('alice', root)

    for (const bundle of [before, after])
      for (const event of [bundle['m.replace'], bundle['m.thread'].latest_event]) delete event.unsigned.age
    assert.deepEqual(after, before)
    assert.equal(await later.bundle('alice', plain), undefined)
    await later.reply('alice', plain, 'reply')
    assert.equal((await later.bundle('alice', plain))['m.thread'].count, 1)
  })

  test('a thread whose replies are purged is smaller, and none without any', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = (await server.create('alice')) as RoomId
    const room = relationsIn(server, roomId)
    const root = await server.say('alice', roomId, 'root')
    const other = await server.say('alice', roomId, 'other')
    const first = await room.reply('alice', root, 'first')
    const second = await room.reply('alice', root, 'second')
    const only = await room.reply('alice', other, 'only')
    assert.deepEqual(idsOf((await room.threads('alice')).chunk), [other, root])

    const rows = await storage.read.rooms.eventsById([second, only])
    await storage.write((tx) => tx.historyPurge.delete(roomId, rows))

    const { chunk } = await room.threads('alice')
    assert.deepEqual(idsOf(chunk), [root])
    const thread = chunk[0].unsigned['m.relations']['m.thread']
    assert.equal(thread.count, 1)
    assert.equal(thread.latest_event.event_id, first)
    assert.equal(await storage.read.relations.thread(roomId, other), undefined)
    assert.deepEqual(await storage.read.relations.haveRelations([other as EventId]), [])
  })

  test('a deleted room leaves no threads behind', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    const root = await server.say('alice', roomId, 'root')
    await relationsIn(server, roomId).reply('alice', root, 'reply')

    await storage.write((tx) => tx.roomDeletion.deleteRoom(roomId))
    while ((await storage.write((tx) => tx.roomDeletion.deleteRows(roomId, 5))) > 0);

    assert.equal(await storage.read.relations.thread(roomId, root), undefined)
  })
})
