import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { requesterOf, untilWaiting } from '../../../sync/fixture.ts'
import { enc, testServer } from '../client-data/test-server.ts'

const alice = requesterOf('alice')
const bob = requesterOf('bob')
const carol = requesterOf('carol')

const PATH = '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync'
const TOP = { ranges: [[0, 0]], timeline_limit: 5 }

async function open(storage: Storage) {
  const server = await testServer(storage)
  return {
    ...server,
    async sliding(token: string, body: object, pos?: string, timeoutMs = 0) {
      const query = `?timeout=${timeoutMs}${pos === undefined ? '' : `&pos=${enc(pos)}`}`
      const { status, body: answer } = await server.call(token, 'POST', `${PATH}${query}`, body)
      assert.equal(status, 200, JSON.stringify(answer))
      return answer
    },
    receipt: (token: string, roomId: string, eventId: string, type = 'm.read') =>
      server.call(token, 'POST', `/rooms/${enc(roomId)}/receipt/${type}/${enc(eventId)}`, {}),
    put: (token: string, path: string, content: object) => server.call(token, 'PUT', path, content),
  }
}

databaseMatrix((openStorage) => {
  test('messages to a device come by their own token, and outlive the connection', async () => {
    await using storage = await openStorage()
    await using server = await open(storage)
    await server.device(bob.userId, bob.deviceId!)
    const send = (n: number) =>
      server.put('alice', `/sendToDevice/org.example.x/t${n}`, {
        messages: { [bob.userId]: { [bob.deviceId!]: { n } } },
      })
    for (let i = 0; i < 3; i++) await send(i)
    const body = (since?: string) => ({ extensions: { to_device: { enabled: true, limit: 2, since } } })
    const told = ({ extensions }: { extensions: { to_device: { events: { content: { n: number } }[] } } }) =>
      extensions.to_device.events.map(({ content }) => content.n)
    const first = await server.sliding('bob', body())
    assert.deepEqual(told(first), [0, 1])
    // Another connection, or the same after it was lost: nothing was acknowledged yet.
    assert.deepEqual(told(await server.sliding('bob', body())), [0, 1])
    const second = await server.sliding('bob', body(first.extensions.to_device.next_batch))
    assert.deepEqual(told(second), [2])
    const since = second.extensions.to_device.next_batch
    const waiting = server.sliding('bob', body(since), second.pos, 30_000)
    await untilWaiting(server, 1)
    await send(3)
    assert.deepEqual(told(await waiting), [3])
    // What was acknowledged is gone for ever.
    assert.deepEqual(told(await server.sliding('bob', body())), [3])
  })

  test('device lists and key counts do not depend on which rooms are in sight', async () => {
    await using storage = await openStorage()
    await using server = await open(storage)
    const roomId = await server.create(alice)
    await server.join(bob, roomId)
    const body = { conn_id: 'encryption', extensions: { e2ee: { enabled: true } } }
    const first = await server.sliding('bob', body)
    assert.equal(first.extensions.e2ee.device_lists, undefined)
    assert.deepEqual(first.extensions.e2ee.device_one_time_keys_count, { signed_curve25519: 0 })
    assert.deepEqual(first.extensions.e2ee.device_unused_fallback_key_types, [])
    await server.join(carol, roomId)
    const second = await server.sliding('bob', body, first.pos)
    assert.deepEqual(second.extensions.e2ee.device_lists, { changed: [carol.userId], left: [] })
    assert.deepEqual(second.rooms, {})
    await server.leave(carol, roomId)
    const third = await server.sliding('bob', body, second.pos)
    assert.deepEqual(third.extensions.e2ee.device_lists, { changed: [], left: [carol.userId] })
    await server.leave(bob, roomId)
    const fourth = await server.sliding('bob', body, third.pos)
    assert.deepEqual(fourth.extensions.e2ee.device_lists, { changed: [], left: [alice.userId] })
    const idle = await server.sliding('bob', body, fourth.pos)
    assert.equal(idle.extensions.e2ee.device_lists, undefined)
    assert.deepEqual(idle.extensions.e2ee.device_one_time_keys_count, { signed_curve25519: 0 })
  })

  test('account data: all of it first, then changes, of a room out of sight when it is back', async () => {
    await using storage = await openStorage()
    await using server = await open(storage)
    const low = await server.create(alice)
    const top = await server.create(alice)
    const own = `/user/${enc(alice.userId)}`
    await server.put('alice', `${own}/account_data/org.example.g`, { v: 1 })
    await server.put('alice', `${own}/rooms/${enc(low)}/account_data/org.example.r`, { v: 1 })
    await server.put('alice', `${own}/rooms/${enc(top)}/account_data/org.example.r`, { v: 1 })
    const body = (ranges = [[0, 0]]) => ({
      lists: { l: { ...TOP, ranges } },
      extensions: { account_data: { enabled: true } },
    })
    const first = await server.sliding('alice', body([[0, 1]]))
    const data = first.extensions.account_data
    const types = data.global.map((event: { type: string }) => event.type)
    assert.deepEqual(types.sort(), ['m.push_rules', 'org.example.g'])
    assert.deepEqual(Object.keys(data.rooms).sort(), [low, top].sort())
    const second = await server.sliding('alice', body(), first.pos)
    assert.equal(second.extensions.account_data, undefined)

    await server.put('alice', `${own}/rooms/${enc(low)}/account_data/org.example.r`, { v: 2 })
    await server.put('alice', `${own}/rooms/${enc(top)}/account_data/org.example.r`, { v: 2 })
    const third = await server.sliding('alice', body(), second.pos)
    assert.deepEqual(third.extensions.account_data, {
      global: [],
      rooms: { [top]: [{ content: { v: 2 }, type: 'org.example.r' }] },
    })
    await server.put('alice', `${own}/account_data/org.example.g`, { v: 2 })
    const fourth = await server.sliding('alice', body(), third.pos)
    assert.deepEqual(fourth.extensions.account_data.rooms, {})
    const fifth = await server.sliding('alice', body([[0, 1]]), fourth.pos)
    assert.deepEqual(fifth.extensions.account_data.rooms, {
      [low]: [{ content: { v: 2 }, type: 'org.example.r' }],
    })
    assert.equal(
      (await server.sliding('alice', body([[0, 1]]), fifth.pos)).extensions.account_data,
      undefined,
    )
  })

  test("receipts: one's own and those on what is shown, then news; reading clears the count", async () => {
    await using storage = await openStorage()
    await using server = await open(storage)
    const low = await server.create(alice)
    const top = await server.create(alice)
    for (const roomId of [low, top]) await server.join(bob, roomId)
    const one = await server.say(alice, low, 'one')
    const two = await server.say(alice, top, 'two')
    await server.receipt('alice', top, two)
    const body = (ranges = [[0, 1]]) => ({
      lists: { l: { ...TOP, ranges } },
      extensions: { receipts: { enabled: true } },
    })
    const first = await server.sliding('bob', body())
    const ts = server.clock.nowMs()
    assert.deepEqual(first.extensions.receipts.rooms, {
      [top]: { content: { [two]: { 'm.read': { [alice.userId]: { ts } } } }, type: 'm.receipt' },
    })
    const narrow = await server.sliding('bob', body([[0, 0]]), first.pos)
    await server.receipt('bob', low, one)
    await server.receipt('bob', top, two, 'm.read.private')
    const read = await server.sliding('bob', body([[0, 0]]), narrow.pos)
    assert.deepEqual(Object.keys(read.extensions.receipts.rooms), [top])
    assert.equal(read.rooms[top].notification_count, 0)
    const wide = await server.sliding('bob', body(), read.pos)
    assert.deepEqual(Object.keys(wide.extensions.receipts.rooms), [low])
    assert.equal(wide.rooms[low].notification_count, 0)
    assert.equal((await server.sliding('bob', body(), wide.pos)).extensions.receipts, undefined)
    assert.ok(!JSON.stringify(await server.sliding('alice', body())).includes('m.read.private'))
  })

  test('typing is told of rooms in sight, for the lists and rooms the client names', async () => {
    await using storage = await openStorage()
    await using server = await open(storage)
    const roomId = await server.create(alice)
    await server.join(bob, roomId)
    const body = (typing: object) => ({
      lists: { l: TOP },
      room_subscriptions: { [roomId]: { timeline_limit: 1 } },
      extensions: { typing: { enabled: true, ...typing } },
    })
    const first = await server.sliding('alice', body({}))
    assert.equal(first.extensions.typing, undefined)
    server.typing.start(roomId, bob.userId, 10_000)
    const second = await server.sliding('alice', body({}), first.pos)
    const event = { content: { user_ids: [bob.userId] }, type: 'm.typing' }
    assert.deepEqual(second.extensions.typing, { rooms: { [roomId]: event } })
    const nowhere = await server.sliding('alice', body({ lists: [], rooms: [] }), first.pos)
    assert.equal(nowhere.extensions.typing, undefined)
    const byRoom = await server.sliding('alice', body({ lists: [], rooms: [roomId] }), first.pos)
    assert.deepEqual(byRoom.extensions.typing, { rooms: { [roomId]: event } })
    server.clock.advance(10_000)
    const third = await server.sliding('alice', body({}), byRoom.pos)
    assert.deepEqual(third.extensions.typing.rooms[roomId].content, { user_ids: [] })
  })
})
