import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { requesterOf, type TestEvent, untilWaiting } from '../../../sync/fixture.ts'
import { enc, testServer } from './test-server.ts'

const alice = requesterOf('alice')
const bob = requesterOf('bob')
const carol = requesterOf('carol')

const ofType = (events: TestEvent[] | undefined, type: string) =>
  (events ?? []).filter((event) => event.type === type)

databaseMatrix((open) => {
  test('receipts reach the room, private ones only their user, and never go back', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create(alice)
    await server.join(bob, roomId)
    const one = await server.say(alice, roomId, 'one')
    const two = await server.say(alice, roomId, 'two')
    const tokens = {
      alice: (await server.syncAs(alice)).next_batch,
      bob: (await server.syncAs(bob)).next_batch,
    }
    const receipt = (type: string, eventId: string, body?: object) =>
      server.call('bob', 'POST', `/rooms/${enc(roomId)}/receipt/${type}/${enc(eventId)}`, body)
    const seen = async (who: typeof alice, since: string) =>
      ofType((await server.syncAs(who, { since })).rooms?.join?.[roomId]?.ephemeral?.events, 'm.receipt').map(
        (event) => event.content,
      )

    assert.equal((await receipt('m.read', two)).status, 200)
    assert.equal((await receipt('m.read', one)).status, 200)
    const ts = server.clock.nowMs()
    assert.deepEqual(await seen(alice, tokens.alice), [{ [two]: { 'm.read': { [bob.userId]: { ts } } } }])
    await receipt('m.read.private', two, {})
    const after = (await server.syncAs(alice, { since: tokens.alice })).next_batch
    assert.equal((await server.syncAs(alice, { since: after })).rooms, undefined)
    assert.ok(JSON.stringify(await seen(bob, tokens.bob)).includes('m.read.private'))
    assert.ok(!JSON.stringify(await seen(alice, tokens.alice)).includes('m.read.private'))
    // To a new client: all that stand.
    const whole = ofType((await server.syncAs(alice)).rooms!.join![roomId]!.ephemeral?.events, 'm.receipt')
    assert.deepEqual(whole[0]!.content, { [two]: { 'm.read': { [bob.userId]: { ts } } } })
  })

  test('a receipt of a thread must fit the thread', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create(alice)
    const root = await server.say(alice, roomId, 'root')
    const reply = await server.say(alice, roomId, 'reply', {
      'm.relates_to': { rel_type: 'm.thread', event_id: root },
    })
    const outcome = async (type: string, eventId: string, body: object) => {
      const answer = await server.call(
        'alice',
        'POST',
        `/rooms/${enc(roomId)}/receipt/${type}/${enc(eventId)}`,
        body,
      )
      return answer.body.errcode ?? answer.status
    }
    assert.equal(await outcome('m.read', reply, { thread_id: root }), 200)
    assert.equal(await outcome('m.read', root, { thread_id: root }), 200)
    assert.equal(await outcome('m.read', root, { thread_id: 'main' }), 200)
    const reference = { 'm.relates_to': { rel_type: 'm.reference', event_id: root } }
    const about = await server.say(alice, roomId, 'about the root', reference)
    assert.equal(await outcome('m.read', about, { thread_id: root }), 200)
    assert.equal(await outcome('m.read', about, { thread_id: 'main' }), 200)
    assert.equal(await outcome('m.read', reply, { thread_id: 'main' }), 'M_INVALID_PARAM')
    assert.equal(await outcome('m.read', root, { thread_id: reply }), 'M_INVALID_PARAM')
    assert.equal(await outcome('m.read', root, { thread_id: '' }), 'M_INVALID_PARAM')
    assert.equal(await outcome('m.read', root, { thread_id: 7 }), 'M_INVALID_PARAM')
    assert.equal(await outcome('m.fully_read', root, { thread_id: 'main' }), 'M_INVALID_PARAM')
    assert.equal(await outcome('m.seen', root, {}), 'M_INVALID_PARAM')
    assert.equal(await outcome('m.read', '$unknown', {}), 'M_NOT_FOUND')
    const stranger = await server.call('bob', 'POST', `/rooms/${enc(roomId)}/receipt/m.read/${enc(root)}`, {})
    assert.equal(stranger.body.errcode, 'M_FORBIDDEN')
  })

  test('read markers move forward together', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create(alice)
    const one = await server.say(alice, roomId, 'one')
    const two = await server.say(alice, roomId, 'two')
    const mark = (body: object) => server.call('alice', 'POST', `/rooms/${enc(roomId)}/read_markers`, body)
    const fullyRead = async () =>
      (
        await server.call(
          'alice',
          'GET',
          `/user/${enc(alice.userId)}/rooms/${enc(roomId)}/account_data/m.fully_read`,
        )
      ).body.event_id
    assert.equal((await mark({ 'm.fully_read': two, 'm.read': one, 'm.read.private': two })).status, 200)
    assert.equal(await fullyRead(), two)
    await mark({ 'm.fully_read': one })
    assert.equal(await fullyRead(), two)
    assert.equal((await storage.read.receipts.list(roomId, alice.userId)).length, 2)
    assert.equal((await mark({})).status, 200)
    assert.equal((await mark({ 'm.read': 5 })).body.errcode, 'M_BAD_JSON')
  })

  test('who types is told until they stop, time out or leave', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create(alice)
    await server.join(bob, roomId)
    let since = (await server.syncAs(alice)).next_batch
    const type = (token: string, who: typeof bob, body: object) =>
      server.call(token, 'PUT', `/rooms/${enc(roomId)}/typing/${enc(who.userId)}`, body)
    const typists = async () => {
      const answer = await server.syncAs(alice, { since })
      since = answer.next_batch
      return ofType(answer.rooms?.join?.[roomId]?.ephemeral?.events, 'm.typing')[0]?.content['user_ids']
    }
    assert.equal((await type('bob', bob, { typing: true, timeout: 5_000 })).status, 200)
    assert.deepEqual(await typists(), [bob.userId])
    assert.equal(await typists(), undefined)
    server.clock.advance(5_000)
    assert.deepEqual(await typists(), [])
    await type('bob', bob, { typing: true, timeout: 3_600_000 })
    assert.deepEqual(await typists(), [bob.userId])
    server.clock.advance(120_000)
    assert.deepEqual(await typists(), [])
    await type('bob', bob, { typing: true })
    await type('bob', bob, { typing: false })
    assert.deepEqual(await typists(), [])
    await type('bob', bob, { typing: true })
    await server.leave(bob, roomId)
    assert.deepEqual(await typists(), [])

    assert.equal((await type('alice', bob, { typing: true })).status, 403)
    assert.equal((await type('bob', bob, { typing: true })).status, 403)
    assert.equal((await type('alice', alice, { typing: 'yes' })).body.errcode, 'M_BAD_JSON')
    assert.equal((await type('alice', alice, {})).body.errcode, 'M_MISSING_PARAM')
  })

  test('messages to devices are delivered once, in order, until acknowledged', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    for (const device of ['A', 'B']) await server.device(bob.userId, device)
    const send = (txnId: string, messages: unknown) =>
      server.call('alice', 'PUT', `/sendToDevice/m.test/${txnId}`, { messages })
    const asDevice = (deviceId: string, since?: string) =>
      server.syncAs({ ...bob, deviceId }, since === undefined ? {} : { since })
    const start = await asDevice('A')
    const to = (device: string, n: number) => ({ [bob.userId]: { [device]: { n } } })
    await Promise.all([send('1', to('A', 1)), send('1', to('A', 1))])
    await send('1', to('A', 1))
    await send('2', to('*', 2))
    await send('3', { '@nobody:test': { X: {} }, [bob.userId]: { NONE: {} }, '@bob:elsewhere': { A: {} } })

    const first = await asDevice('A', start.next_batch)
    assert.deepEqual(first.to_device!.events, [
      { type: 'm.test', sender: alice.userId, content: { n: 1 } },
      { type: 'm.test', sender: alice.userId, content: { n: 2 } },
    ])
    // Not acknowledged: the same again.
    assert.equal((await asDevice('A', start.next_batch)).to_device!.events.length, 2)
    const acknowledged = await asDevice('A', first.next_batch)
    assert.equal(acknowledged.to_device, undefined)
    const waiting = await storage.read.toDevice.waiting(bob.userId)
    assert.deepEqual(
      waiting.map((queue) => queue.deviceId),
      ['B'],
    )
    assert.equal((await asDevice('B')).to_device!.events.length, 1)

    const big = 'x'.repeat(70_000)
    assert.equal((await send('4', { [bob.userId]: { A: { big } } })).body.errcode, 'M_TOO_LARGE')
    assert.equal((await send('5', { [bob.userId]: { A: 1 } })).body.errcode, 'M_BAD_JSON')
    const none = await server.call('alice', 'PUT', '/sendToDevice/m.test/6', {})
    assert.equal(none.body.errcode, 'M_MISSING_PARAM')
  })

  test('more than a hundred messages come in several answers', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    await server.device(bob.userId, 'A')
    await storage.write((tx) =>
      tx.toDevice.add(
        Array.from({ length: 250 }, (_, n) => ({
          userId: bob.userId,
          deviceId: 'A',
          message: JSON.stringify({ n }),
        })),
      ),
    )
    const received: unknown[] = []
    let since: string | undefined
    for (let i = 0; i < 4; i++) {
      const answer = await server.syncAs(
        { ...bob, deviceId: 'A' },
        since === undefined ? {} : { since, timeoutMs: 0 },
      )
      since = answer.next_batch
      received.push(...(answer.to_device?.events ?? []))
      assert.ok((answer.to_device?.events.length ?? 0) <= 100)
    }
    assert.deepEqual(
      received,
      Array.from({ length: 250 }, (_, n) => ({ n })),
    )
  })

  test('device lists change for those who share a room, and are left with the last one', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create(alice)
    await server.join(bob, roomId)
    let since = (await server.syncAs(alice)).next_batch
    const lists = async () => {
      const answer = await server.syncAs(alice, { since })
      since = answer.next_batch
      return answer.device_lists
    }
    await server.device(bob.userId, 'NEW')
    await server.device(carol.userId, 'STRANGER')
    assert.deepEqual(await lists(), { changed: [bob.userId], left: [] })
    await server.join(carol, roomId)
    assert.deepEqual(await lists(), { changed: [carol.userId], left: [] })
    await server.leave(bob, roomId)
    assert.deepEqual(await lists(), { changed: [], left: [bob.userId] })
    const other = await server.create(carol)
    await server.join(alice, other)
    // Carol was known before; telling it again does no harm, and finding out would cost more.
    assert.deepEqual(await lists(), { changed: [carol.userId], left: [] })
    await server.leave(alice, roomId)
    assert.equal(await lists(), undefined)
    await server.device(alice.userId, 'OWN')
    assert.deepEqual(await lists(), { changed: [alice.userId], left: [] })
  })

  test('device lists and presence of users who do not sync reach those who wait', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create(alice)
    await server.join(bob, roomId)
    const { next_batch: since } = await server.syncAs(alice)
    const waiting = server.syncAs(alice, { since, timeoutMs: 30_000 })
    await untilWaiting(server, 1)
    await server.device(bob.userId, 'NEW')
    assert.deepEqual((await waiting).device_lists, { changed: [bob.userId], left: [] })
  })

  test('presence follows syncs: online, idle, offline', async () => {
    await using storage = await open()
    await using server = await testServer(storage, { presence: true })
    const roomId = await server.create(alice)
    await server.join(bob, roomId)
    const status = async () => (await server.call('alice', 'GET', `/presence/${enc(bob.userId)}/status`)).body
    assert.deepEqual(await status(), { presence: 'offline' })
    await server.syncAs(bob, { setPresence: 'offline' })
    assert.deepEqual(await status(), { presence: 'offline' })
    const quietly = { setPresence: 'offline' } as const
    let since = (await server.syncAs(alice, quietly)).next_batch
    const changes = async (): Promise<unknown[]> => {
      // Its own writes are not awaited by the tracker: they come before the next write of ours.
      await storage.write(async () => {})
      const answer = await server.syncAs(alice, { ...quietly, since })
      since = answer.next_batch
      return ofType(answer.presence?.events, 'm.presence')
        .filter((event) => event.sender === bob.userId)
        .map((event) => event.content['presence'])
    }
    const poll = new AbortController()
    await server.syncAs(bob)
    assert.deepEqual(await changes(), ['online'])
    const { next_batch } = await server.syncAs(bob)
    const waiting = server.syncAs(bob, { since: next_batch, timeoutMs: 600_000, signal: poll.signal })
    await untilWaiting(server, 1)
    server.clock.advance(5 * 60_000 - 1)
    assert.deepEqual(await changes(), [])
    server.clock.advance(1)
    await waiting
    assert.deepEqual(await changes(), ['unavailable'])
    server.clock.advance(30_000)
    assert.deepEqual(await changes(), ['offline'])

    const put = (token: string, body: object) =>
      server.call(token, 'PUT', `/presence/${enc(bob.userId)}/status`, body)
    assert.equal((await put('bob', { presence: 'unavailable', status_msg: 'lunch' })).status, 200)
    const { status_msg, presence } = await status()
    assert.deepEqual([status_msg, presence], ['lunch', 'unavailable'])
    assert.equal((await put('alice', { presence: 'online' })).status, 403)
    assert.equal((await put('bob', { presence: 'asleep' })).body.errcode, 'M_BAD_JSON')
    assert.equal((await server.call('carol', 'GET', `/presence/${enc(bob.userId)}/status`)).status, 403)
  })

  test('ignored users are neither heard nor do their invites show', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create(alice)
    await server.join(bob, roomId)
    const { next_batch: since } = await server.syncAs(alice)
    await server.call('alice', 'PUT', `/user/${enc(alice.userId)}/account_data/m.ignored_user_list`, {
      ignored_users: { [bob.userId]: {} },
    })
    await server.say(bob, roomId, 'unheard')
    await server.set(bob, roomId, 'm.room.member', { membership: 'join', displayname: 'B' }, bob.userId)
    await server.create(bob, { preset: 'private_chat', invite: [alice.userId] })
    const answer = await server.syncAs(alice, { since })
    const types = answer.rooms!.join![roomId]!.timeline.events.map((event) => event.type)
    assert.deepEqual(types, ['m.room.member'])
    assert.equal(answer.rooms!.invite, undefined)
  })

  test('too many waiting requests are answered early, the oldest first, and gone clients are let go', async () => {
    await using storage = await open()
    await using server = await testServer(storage, { longPolls: { perDevice: 2, perUser: 3, total: 4 } })
    const { next_batch: since } = await server.syncAs(alice)
    const { next_batch: bobSince } = await server.syncAs(bob)
    const ended: string[] = []
    const poll = async (name: string, who: typeof alice, token: string, signal?: AbortSignal) => {
      const options = { since: token, timeoutMs: 30_000 }
      const waiting = server.syncAs(who, signal === undefined ? options : { ...options, signal })
      void waiting.then(() => ended.push(name))
      await settle()
    }
    await poll('a1', alice, since)
    await poll('a2', alice, since)
    await poll('a3', alice, since)
    assert.deepEqual(ended, ['a1'])
    await poll('b1', { ...alice, deviceId: 'second' }, since)
    await poll('b2', { ...alice, deviceId: 'second' }, since)
    assert.deepEqual(ended, ['a1', 'a2'])
    const gone = new AbortController()
    await poll('c1', bob, bobSince, gone.signal)
    assert.equal(server.waiters.size, 4)
    await poll('c2', bob, bobSince)
    assert.deepEqual(ended, ['a1', 'a2', 'a3'])
    gone.abort()
    await settle()
    assert.equal(server.waiters.size, 3)
    server.clock.advance(30_000)
    await settle()
    assert.equal(server.waiters.size, 0)
  })

  test('a user who no longer syncs is forgotten, and found again', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId: RoomId = await server.create(alice)
    await server.join(bob, roomId)
    const { next_batch: since } = await server.syncAs(bob)
    assert.equal(server.notifier.activeUsers, 1)
    server.clock.advance(20 * 60_000)
    assert.equal(server.notifier.activeUsers, 0)
    await server.say(alice, roomId, 'meanwhile')
    const answer = await server.syncAs(bob, { since })
    assert.equal(answer.rooms!.join![roomId]!.timeline.events.length, 1)
  })
})

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate)
}
