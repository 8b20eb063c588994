/** The library of Element Web syncs with a real server by simplified sliding sync. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { serverMatrix } from '@ranvier/testkit'
import * as sdk from 'matrix-js-sdk'
import { SlidingSync } from 'matrix-js-sdk/lib/sliding-sync.js'
import { logIn, membershipIn, register, stopClients, texts, until } from './sdk-client.ts'

/** What Element Web asks for: the rooms with all state, members as they speak. */
const LIST = {
  ranges: [[0, 20]],
  timeline_limit: 10,
  required_state: [
    ['*', '*'],
    ['m.room.member', '$ME'],
    ['m.room.member', '$LAZY'],
  ],
}

serverMatrix((start) => {
  describe('a client that syncs by windows', () => {
    after(stopClients)

    test('sees its rooms, is invited, joins, hears, reads and is told of typing', async () => {
      const { url } = await start()
      const alice = await register(url, 'alice')
      await register(url, 'bob')
      const bob = await logIn(url, 'bob', { slidingSync: (client) => windows(client) })
      const bobId = bob.getUserId()!
      const { room_id: roomId } = await alice.createRoom({
        name: 'Tea',
        preset: sdk.Preset.PrivateChat,
        invite: [bobId],
      })
      await until(() => membershipIn(bob, roomId) === 'invite', bob, sdk.ClientEvent.Room)
      assert.equal(bob.getRoom(roomId)!.name, 'Tea')
      await bob.joinRoom(roomId)
      await until(() => membershipIn(bob, roomId) === 'join', bob, sdk.RoomEvent.MyMembership)

      await alice.sendTextMessage(roomId, 'hello')
      await until(() => texts(bob, roomId).includes('hello'), bob, sdk.RoomEvent.Timeline)
      await bob.sendTextMessage(roomId, 'hello yourself')
      await until(() => texts(alice, roomId).length === 2, alice, sdk.RoomEvent.Timeline)
      await until(() => texts(bob, roomId).length === 2, bob, sdk.RoomEvent.Timeline)
      assert.deepEqual(texts(bob, roomId), ['hello', 'hello yourself'])

      await alice.sendTyping(roomId, true, 20_000)
      const aliceId = alice.getUserId()!
      const types = () => bob.getRoom(roomId)!.getMember(aliceId)?.typing === true
      await until(types, bob, sdk.RoomMemberEvent.Typing)
      const last = alice.getRoom(roomId)!.getLiveTimeline().getEvents().at(-1)!
      await alice.sendReadReceipt(last)
      const hasRead = () => bob.getRoom(roomId)!.getEventReadUpTo(aliceId, true) === last.getId()
      await until(hasRead, bob, sdk.RoomEvent.Receipt)

      await bob.setRoomTag(roomId, 'm.favourite', { order: 0.5 })
      await until(() => bob.getRoom(roomId)!.tags['m.favourite'] !== undefined, bob, sdk.RoomEvent.Tags)
      await alice.setRoomName(roomId, 'Coffee')
      await until(() => bob.getRoom(roomId)!.name === 'Coffee', bob, sdk.RoomEvent.Name)
      await alice.kick(roomId, bobId)
      await until(() => membershipIn(bob, roomId) === 'leave', bob, sdk.RoomEvent.MyMembership)
    })
  })
})

function windows(client: sdk.MatrixClient): SlidingSync {
  const lists = new Map([['all', LIST]])
  return new SlidingSync(client.baseUrl, lists, { timeline_limit: 20 }, client, 5_000)
}
