import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { crowd, MEMBERS } from '../../../rooms/crowd-fixture.ts'
import { listJoinedMembers } from '../../../rooms/reads/list-members.ts'
import { readStateEntries } from '../../../rooms/reads/read-state.ts'
import { roomReads } from '../../../rooms/reads/room-reads.ts'
import { eventsToken } from '../../../sync/token.ts'
import { type TestServer, testServer } from './test-server.ts'

async function crowded(storage: Storage, server: TestServer): Promise<string> {
  const roomId = await server.create('alice')
  await crowd(storage, roomId)
  return roomId
}

const readsOf = (storage: Storage, { roomEvents }: TestServer) =>
  roomReads(storage, roomEvents, { events: 100, rooms: 10 })

databaseMatrix((open) => {
  test('everybody in a large room is told of once, now and as of a token, and the state beside them', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await crowded(storage, server)
    const { lastPosition } = (await storage.read.rooms.findRoom(roomId))!
    await server.leave('m7', roomId)
    await server.ok('m8', 'PUT', `${server.room(roomId)}/redact/${encodeURIComponent('$m8')}/t`, {})
    const get = (path: string) => server.ok('alice', 'GET', server.room(roomId) + path)
    const everybody = ['@alice:test', ...Array.from({ length: MEMBERS }, (_, n) => `@m${n}:test`)].sort()

    const { chunk } = await get('/members')
    const { chunk: before } = await get(`/members?at=${eventsToken(lastPosition)}&membership=join`)
    const { chunk: left } = await get('/members?membership=leave')
    const { joined } = await get('/joined_members')
    const state = await get('/state')

    const keys = (events: { state_key: string }[]) => events.map((event) => event.state_key).sort()
    const ofMembers = state.filter(({ type }: { type: string }) => type === 'm.room.member')
    assert.deepEqual(keys(chunk), everybody)
    assert.deepEqual(keys(before), everybody)
    assert.deepEqual(keys(left), ['@m7:test'])
    assert.deepEqual(
      Object.keys(joined).sort(),
      everybody.filter((userId) => userId !== '@m7:test'),
    )
    assert.deepEqual(joined['@m9:test'], { display_name: 'Member 9', avatar_url: null })
    assert.deepEqual(keys(ofMembers), everybody)
    assert.ok(state.length > ofMembers.length)
    const redacted = chunk.find((event: { event_id: string }) => event.event_id === '$m8')
    assert.deepEqual(redacted.content, { membership: 'join' })
    assert.equal(redacted.unsigned.redacted_because.sender, '@m8:test')
  })

  test('who leaves, comes or changes while a large room is read is told of as at the beginning', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await crowded(storage, server)
    const reads = readsOf(storage, server)

    const { steps } = await listJoinedMembers(reads, '@alice:test', roomId)
    await server.leave('m500', roomId)
    await server.join('bob', roomId)
    await server.set(
      'm900',
      roomId,
      'm.room.member',
      { membership: 'join', displayname: 'New' },
      '@m900:test',
    )
    const joined = new Map<string, string | null>()
    for await (const some of steps)
      for (const { userId, displayName } of some) joined.set(userId, displayName)

    assert.equal(joined.size, MEMBERS + 1)
    assert.deepEqual([joined.get('@m500:test'), joined.get('@m900:test')], ['Member 500', 'Member 900'])
    assert.equal(joined.has('@bob:test'), false)
  })

  test('the state of a large room is of one moment, whatever changes while its pages are read', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await crowded(storage, server)
    const reads = readsOf(storage, server)
    const nidsAt = async (position: number) =>
      (await storage.read.roomState.stateAt(roomId, position)).map(({ nid }) => nid).sort((a, b) => a - b)
    const first = (await storage.read.rooms.findRoom(roomId))!.lastPosition

    const reading = readStateEntries(reads, '@alice:test', roomId)
    // The first and the last of the pages.
    await server.set('alice', roomId, 'a.first', {})
    await server.leave('m999', roomId)
    await server.set('alice', roomId, 'z.last', {})
    const nids = (await reading).map(({ nid }) => nid).toSorted((a, b) => a - b)

    const { lastPosition } = (await storage.read.rooms.findRoom(roomId))!
    const moments: number[][] = []
    for (let position = first; position <= lastPosition; position++) moments.push(await nidsAt(position))
    assert.ok(moments.some((moment) => moment.join() === nids.join()))
  })
})
