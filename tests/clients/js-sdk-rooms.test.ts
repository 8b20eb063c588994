/** The library of Element Web in rooms everybody can read: threads, edits, reactions, search and finding one's way. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { serverMatrix } from '@ranvier/testkit'
import * as sdk from 'matrix-js-sdk'
import type { RoomMessageEventContent } from 'matrix-js-sdk/lib/types.js'
import { logIn, membershipIn, register, stopClients, texts, until } from './sdk-client.ts'

const threads = { threads: true }
const text = (body: string): RoomMessageEventContent => ({ msgtype: sdk.MsgType.Text, body })

/** A public room of the two. */
async function meet(alice: sdk.MatrixClient, bob: sdk.MatrixClient, name: string): Promise<string> {
  const { room_id: roomId } = await alice.createRoom({ name, preset: sdk.Preset.PublicChat })
  await bob.joinRoom(roomId)
  await isIn(bob, roomId)
  return roomId
}

const isIn = (client: sdk.MatrixClient, roomId: string) =>
  until(
    () => membershipIn(client, roomId) === 'join',
    client,
    sdk.RoomEvent.MyMembership,
    sdk.ClientEvent.Sync,
  )

const bodiesOf = (events: readonly sdk.MatrixEvent[]) => events.map((event) => event.getContent()['body'])

serverMatrix((start) => {
  describe('people in rooms', () => {
    let url: string
    after(stopClients)
    test('the server starts', async () => {
      url = (await start()).url
    })

    test('answer in threads, are told what is unread there, and find them on a new device', async () => {
      const alice = await register(url, 'alice', threads)
      const bob = await register(url, 'bob', threads)
      const roomId = await meet(alice, bob, 'Tea')
      const { event_id: rootId } = await alice.sendTextMessage(roomId, 'which tea?')
      await bob.sendMessage(roomId, rootId, text('green'))
      const { event_id: lastId } = await bob.sendMessage(roomId, rootId, text('or black'))

      const room = alice.getRoom(roomId)!
      const thread = () => room.getThread(rootId)
      await until(() => thread()?.length === 2, room, sdk.ThreadEvent.Update, sdk.ThreadEvent.New)
      assert.deepEqual(texts(alice, roomId), ['which tea?'])
      await until(
        () => thread()!.replyToEvent?.getId() === lastId,
        room,
        sdk.ThreadEvent.Update,
        sdk.ThreadEvent.NewReply,
      )
      const { events } = await alice.relations(roomId, rootId, sdk.RelationType.Thread, null)
      assert.deepEqual(bodiesOf(events), ['or black', 'green'])

      const unread = () => room.getThreadUnreadNotificationCount(rootId, sdk.NotificationCountType.Total)
      await until(() => unread() === 2, room, sdk.RoomEvent.UnreadNotifications)
      await alice.sendReadReceipt(thread()!.replyToEvent!)
      await until(() => unread() === 0, room, sdk.RoomEvent.UnreadNotifications)

      const phone = await logIn(url, 'alice', threads)
      await isIn(phone, roomId)
      const onPhone = phone.getRoom(roomId)!
      await onPhone.createThreadsTimelineSets()
      await onPhone.fetchRoomThreads()
      assert.deepEqual(
        onPhone.getThreads().map(({ id, length }) => [id, length]),
        [[rootId, 2]],
      )
    })

    test('see edits, reactions and redactions, also those made before they came', async () => {
      const carol = await register(url, 'carol')
      const dave = await register(url, 'dave')
      const roomId = await meet(carol, dave, 'Cakes')
      const { event_id: eventId } = await carol.sendTextMessage(roomId, 'cak')
      await carol.sendMessage(roomId, {
        ...text('* cake'),
        'm.new_content': text('cake'),
        'm.relates_to': { rel_type: sdk.RelationType.Replace, event_id: eventId },
      } as RoomMessageEventContent)
      for (const key of ['👍', '🎂'])
        await dave.sendEvent(roomId, sdk.EventType.Reaction, {
          'm.relates_to': { rel_type: sdk.RelationType.Annotation, event_id: eventId, key },
        })
      const { event_id: secret } = await dave.sendTextMessage(roomId, 'oh no')
      await dave.redactEvent(roomId, secret)

      const phone = await logIn(url, 'carol')
      await isIn(phone, roomId)
      const event = phone.getRoom(roomId)!.findEventById(eventId)!
      assert.equal(event.getContent()['body'], 'cake')
      const { events } = await phone.relations(
        roomId,
        eventId,
        sdk.RelationType.Annotation,
        sdk.EventType.Reaction,
      )
      assert.deepEqual(
        events.map((reaction) => reaction.getRelation()?.key),
        ['🎂', '👍'],
      )
      const redacted = phone.getRoom(roomId)!.findEventById(secret)!
      assert.equal(redacted.isRedacted(), true)
      assert.deepEqual(redacted.getContent(), {})
    })

    test('search what was written, a page at a time and with what stood around it', async () => {
      const erin = await register(url, 'erin')
      const fred = await register(url, 'fred')
      const roomId = await meet(erin, fred, 'Recipes')
      for (let i = 1; i <= 12; i++) await erin.sendTextMessage(roomId, `scone number ${i}`)
      await fred.sendTextMessage(roomId, 'something else')

      const found = await erin.searchRoomEvents({ term: 'scone' })
      assert.equal(found.count, 12)
      const first = found.results.length
      assert.ok(first < 12)
      await erin.backPaginateRoomEventsSearch(found)
      assert.equal(found.results.length, 12)
      const newest = found.results[0]!.context
      assert.equal(newest.getEvent().getContent()['body'], 'scone number 12')
      assert.deepEqual(bodiesOf(newest.getTimeline()), [
        'scone number 11',
        'scone number 12',
        'something else',
      ])

      const grace = await register(url, 'grace')
      assert.equal((await grace.searchRoomEvents({ term: 'scone' })).count, 0)
    })

    test('find rooms in spaces and days in rooms, and put rooms in order', async () => {
      const hal = await register(url, 'hal')
      const ida = await register(url, 'ida')
      const roomId = await meet(hal, ida, 'Bread')
      const { room_id: spaceId } = await hal.createRoom({
        name: 'Kitchen',
        preset: sdk.Preset.PublicChat,
        creation_content: { type: sdk.RoomType.Space },
      })
      const via = [hal.getDomain()!]
      await hal.sendStateEvent(spaceId, sdk.EventType.SpaceChild, { via, suggested: true }, roomId)

      const { rooms } = await ida.getRoomHierarchy(spaceId)
      assert.deepEqual(
        rooms.map((room) => [room.room_id, room.name, room.children_state.length]),
        [
          [spaceId, 'Kitchen', 1],
          [roomId, 'Bread', 0],
        ],
      )
      const { event_id: eventId } = await hal.sendTextMessage(roomId, 'rye')
      const sent = (await hal.fetchRoomEvent(roomId, eventId)).origin_server_ts!
      assert.equal((await ida.timestampToEvent(roomId, sent, sdk.Direction.Backward)).event_id, eventId)

      await ida.setRoomTag(roomId, 'm.favourite', { order: 0.5 })
      await until(() => 'm.favourite' in ida.getRoom(roomId)!.tags, ida, sdk.RoomEvent.Tags)
    })
  })
})
