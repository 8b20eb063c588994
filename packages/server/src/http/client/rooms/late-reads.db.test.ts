import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { RoomEvents } from '../../../rooms/room-events.ts'
import { testServer } from './test-server.ts'

/** The same storage; rows of events come when they are let go of, as they were when they were read. */
function withLateRows(storage: Storage) {
  const read = Promise.withResolvers<void>()
  const letGo = Promise.withResolvers<void>()
  const { rooms } = storage.read
  const eventsByNid: typeof rooms.eventsByNid = async (nids) => {
    const rows = await rooms.eventsByNid(nids)
    read.resolve()
    await letGo.promise
    return rows
  }
  const lateRooms: typeof rooms = Object.create(rooms, { eventsByNid: { value: eventsByNid } })
  const lateRead: Storage['read'] = Object.create(storage.read, { rooms: { value: lateRooms } })
  const late: Storage = Object.create(storage, { read: { value: lateRead } })
  return { late, read: read.promise, letGo: letGo.resolve }
}

databaseMatrix((open) => {
  test('an event that is redacted between the reading of its row and its keeping is not shown whole later', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    const eventId = await server.say('alice', roomId, 'a secret')
    const { nid } = (await server.roomEvents.find(eventId as EventId))!.row
    const { late, read, letGo } = withLateRows(storage)
    // Made now, so that it has not heard of the event.
    const roomEvents = new RoomEvents(late, { bytes: 1_000_000, rooms: 10 })

    const reading = roomEvents.byNid([nid])
    await read
    await server.ok('alice', 'PUT', `${server.room(roomId)}/redact/${encodeURIComponent(eventId)}/t`, {})
    letGo()
    const meanwhile = (await reading).get(nid)
    const later = (await roomEvents.byNid([nid])).get(nid)

    assert.equal(meanwhile?.event.content['body'], 'a secret', 'the row was read before')
    assert.deepEqual(later?.event.content, {})
    assert.notEqual(later?.row.redactedBy, null)
  })

  test('pages further back are the same from memory as from rows, also after a redaction and beside another room', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const [roomId, other] = [await server.create('alice'), await server.create('alice')]
    const said: string[] = []
    for (let n = 0; n < 150; n++) {
      said.push(await server.say('alice', roomId, `${n}`))
      if (n % 3 === 0) await server.say('alice', other, 'x')
    }
    const counted = { rows: 0 }
    const { rooms } = storage.read
    const timeline: typeof rooms.timeline = (...args) => {
      counted.rows++
      return rooms.timeline(...args)
    }
    const watchedRooms: typeof rooms = Object.create(rooms, { timeline: { value: timeline } })
    const read: Storage['read'] = Object.create(storage.read, { rooms: { value: watchedRooms } })
    const watched = new RoomEvents(Object.create(storage, { read: { value: read } }), {
      bytes: 1_000_000,
      rooms: 10,
    })
    const pages = async (dir: 'b' | 'f') => {
      const ids: string[] = []
      for (let place: number | undefined; ; ) {
        const bound = dir === 'b' ? { upTo: place } : { after: place ?? 0 }
        const page = await watched.timeline(roomId, { ...bound, limit: 20, dir } as never)
        if (page.length === 0) return ids
        ids.push(...page.map(({ row, event }) => `${row.eventId} ${event.content['body']}`))
        place = page.at(-1)!.row.position! - (dir === 'b' ? 1 : 0)
      }
    }

    const [backwards, forwards] = [await pages('b'), await pages('f')]
    const before = counted.rows
    assert.deepEqual([await pages('b'), await pages('f')], [backwards, forwards])
    assert.ok(counted.rows - before <= 6, `${counted.rows - before} pages were read again`)
    assert.deepEqual(forwards.toReversed(), backwards)
    const redact = `${server.room(roomId)}/redact/${encodeURIComponent(said[70]!)}/t`
    await server.ok('alice', 'PUT', redact, {})

    const after = await pages('f')
    assert.equal(after.length, forwards.length + 1)
    assert.ok(after.includes(`${said[70]} undefined`), 'nothing of it is left')
  })
})
