/** Threads, edits, reactions, search and spaces, as the library of Element Web uses them. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { serverMatrix } from '@ranvier/testkit'
import * as sdk from 'matrix-js-sdk'
import { register, stopClients, texts, until } from './sdk-client.ts'

serverMatrix((start) => {
  describe('two people in a room', () => {
    after(stopClients)

    test('edit, react, talk in threads, search, and find rooms in a space', async () => {
      const { url } = await start()
      const alice = await register(url, 'alice', { timelineSupport: true, threads: true })
      const bob = await register(url, 'bob', { timelineSupport: true, threads: true })
      const { room_id: roomId } = await alice.createRoom({ preset: sdk.Preset.PublicChat, name: 'Tea' })
      await bob.joinRoom(roomId)
      const say = (by: sdk.MatrixClient, body: string, relation?: object) =>
        by.sendMessage(roomId, {
          msgtype: sdk.MsgType.Text,
          body,
          ...(relation && { 'm.relates_to': relation }),
        } as never) // the library's types know only some relations

      const { event_id: root } = await say(alice, 'a thread about scones')
      await say(bob, 'first reply', { rel_type: 'm.thread', event_id: root })
      const { event_id: edited } = await say(alice, 'mistake')
      await alice.sendMessage(roomId, {
        msgtype: sdk.MsgType.Text,
        body: '* corrected',
        'm.new_content': { msgtype: sdk.MsgType.Text, body: 'corrected' },
        'm.relates_to': { rel_type: sdk.RelationType.Replace, event_id: edited },
      } as never)
      const reaction = { rel_type: sdk.RelationType.Annotation, event_id: edited, key: '👍' } as const
      await bob.sendEvent(roomId, sdk.EventType.Reaction, { 'm.relates_to': reaction })
      await assert.rejects(bob.sendEvent(roomId, sdk.EventType.Reaction, { 'm.relates_to': reaction }), {
        errcode: 'M_DUPLICATE_ANNOTATION',
      })

      // Somebody who comes later has all of it from what is bundled and paged.
      const carol = await register(url, 'carol', { timelineSupport: true, threads: true })
      await carol.joinRoom(roomId)
      await until(() => texts(carol, roomId).includes('corrected'), carol, sdk.RoomEvent.Timeline)
      const room = carol.getRoom(roomId)!
      await room.fetchRoomThreads()
      const thread = room.getThread(root)
      const bundle = room.findEventById(root)?.getServerAggregatedRelation<{ count: number }>('m.thread')
      assert.equal(bundle?.count, 1)
      assert.equal(thread?.replyToEvent?.getContent()['body'], 'first reply')
      const relations = await carol.relations(roomId, edited, sdk.RelationType.Annotation, 'm.reaction')
      assert.equal(relations.events[0]?.getRelation()?.key, '👍')

      const found = await carol.searchRoomEvents({ term: 'scones' })
      assert.equal(found.count, 1)
      assert.equal(found.results[0]?.context.getEvent().getId(), root)

      const { room_id: space } = await alice.createRoom({
        preset: sdk.Preset.PublicChat,
        creation_content: { type: 'm.space' },
      })
      await alice.sendStateEvent(space, sdk.EventType.SpaceChild, { via: ['localhost'] }, roomId)
      const { rooms } = await carol.getRoomHierarchy(space)
      assert.deepEqual(
        rooms.map(({ room_id }) => room_id),
        [space, roomId],
      )
      const summary = await carol.getRoomSummary(roomId)
      assert.equal(summary.name, 'Tea')
    })
  })
})
