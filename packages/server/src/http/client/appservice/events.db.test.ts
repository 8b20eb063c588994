import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { eventually } from '@ranvier/testkit/eventually'
import { AS_TOKEN, bridgedServer, HS_TOKEN, type TestCall, testBridge } from './bridge-fixture.ts'

type Bridged = Awaited<ReturnType<typeof bridgedServer>>

/** A room of Carol's that the bot of the bridge has joined. */
async function bridgedRoom(server: Bridged) {
  const carol = await server.register('carol')
  const { room_id } = await server.ok(carol, 'POST', '/createRoom', { preset: 'public_chat' })
  await server.ok(AS_TOKEN, 'POST', `/rooms/${encodeURIComponent(room_id)}/join`, {})
  let count = 0
  const say = async (body: string) => {
    const path = `/rooms/${encodeURIComponent(room_id)}/send/m.room.message/t${++count}`
    return (await server.ok(carol, 'PUT', path, { msgtype: 'm.text', body })).event_id as string
  }
  return { carol, roomId: room_id as string, say }
}

const transactionOf = ({ call }: TestCall): number => Number(call.split('/').at(-1))

const namesOf = ({ body }: TestCall): string[] =>
  body.events.map((event: { type: string; content: { body?: string; membership?: string } }) =>
    [event.type, event.content.body ?? event.content.membership].join(' '),
  )

const JOIN = 'm.room.member join'

/** Reads transactions until they held the event. */
async function until(bridge: Awaited<ReturnType<typeof testBridge>>, name: string): Promise<TestCall[]> {
  const calls: TestCall[] = []
  for (;;) {
    const call = await bridge.next()
    calls.push(call)
    if (namesOf(call).includes(name)) return calls
  }
}

/**
 * From the bot's own join on. Whether it is in the room is asked of the moment at which an event is looked at: when that is late,
 * it is told of the beginning of the room as well.
 */
const sinceJoin = (calls: readonly TestCall[]): string[] => {
  const names = calls.flatMap(namesOf)
  return names.slice(names.lastIndexOf(JOIN))
}

databaseMatrix((open) => {
  test('it says when something was sent elsewhere; nobody else does', async () => {
    await using server = await bridgedServer(await open())
    const { carol, roomId } = await bridgedRoom(server)
    const at = `/rooms/${encodeURIComponent(roomId)}`
    const text = { msgtype: 'm.text', body: 'long ago' }
    const sent = async (by: string, path: string, content: object = text) => {
      const { event_id } = await server.ok(by, 'PUT', `${at}${path}`, content)
      const event = await server.ok(carol, 'GET', `${at}/event/${encodeURIComponent(event_id)}`)
      return event.origin_server_ts as number
    }

    assert.equal(await sent(AS_TOKEN, '/send/m.room.message/1?ts=1500000000000'), 1_500_000_000_000)
    const bot = `/state/m.room.member/${encodeURIComponent('@ircbot:test')}`
    assert.equal(await sent(AS_TOKEN, `${bot}?ts=1`, { membership: 'join', displayname: 'Bot' }), 1)
    assert.ok((await sent(carol, '/send/m.room.message/2?ts=1500000000000')) > 1_500_000_000_000)
    assert.equal(
      await sent(carol, '/state/com.example?ts=x', { a: 1 }),
      await sent(carol, '/state/com.example', { a: 1 }),
    )
    for (const ts of ['x', '', '-1', '1.5', '99999999999999999999']) {
      const refused = await server.call(AS_TOKEN, 'PUT', `${at}/send/m.room.message/3?ts=${ts}`, text)
      assert.deepEqual([refused.status, refused.body.errcode], [400, 'M_INVALID_PARAM'], ts)
    }
  })

  test('it is told of the rooms its users are in, in order, and of no other', async () => {
    await using bridge = await testBridge()
    await using server = await bridgedServer(await open(), { url: `${bridge.url}/` })
    const { carol, roomId, say } = await bridgedRoom(server)
    const other = await server.ok(carol, 'POST', '/createRoom', {})

    const said = [await say('one'), await say('two')]

    const calls = await until(bridge, 'm.room.message two')
    const events = calls.flatMap(({ body }) => body.events)
    assert.deepEqual(
      calls.map(({ call }) => call),
      calls.map((_, i) => `PUT /_matrix/app/v1/transactions/${i + 1}`),
    )
    assert.equal(calls[0]?.token, `Bearer ${HS_TOKEN}`)
    assert.deepEqual(sinceJoin(calls), [JOIN, 'm.room.message one', 'm.room.message two'])
    assert.deepEqual(
      events.slice(-2).map(({ event_id }) => event_id),
      said,
    )
    assert.equal(events.at(-1).room_id, roomId)
    assert.ok(!events.some(({ room_id }) => room_id === other.room_id))
  })

  test('a new one hears of what happens while the server still looks how far it was told', async () => {
    await using bridge = await testBridge()
    const storage = await open()
    const { promise: isLookedUp, resolve: lookUp } = Promise.withResolvers<void>()
    await using server = await bridgedServer(lookingUpLater(storage, isLookedUp), { url: bridge.url })

    const { say } = await bridgedRoom(server)
    lookUp()
    await eventually(async () => (await storage.read.appserviceQueues.find('irc')) !== undefined)
    await say('one')

    assert.deepEqual(sinceJoin(await until(bridge, 'm.room.message one')), [JOIN, 'm.room.message one'])
  })

  test('it hears that it is invited, and nothing more of a room it has left', async () => {
    await using bridge = await testBridge()
    await using server = await bridgedServer(await open(), { url: bridge.url })
    const carol = await server.register('carol')
    const { room_id } = await server.ok(carol, 'POST', '/createRoom', {
      name: 'den',
      invite: ['@ircbot:test'],
    })
    const path = `/rooms/${encodeURIComponent(room_id)}`
    const invited = await bridge.next()
    assert.deepEqual(namesOf(invited), ['m.room.member invite'])
    const outside = invited.body.events[0].unsigned.invite_room_state
    assert.deepEqual(
      outside.map(({ type }: { type: string }) => type),
      ['m.room.create', 'm.room.join_rules', 'm.room.name', 'm.room.member'],
    )
    assert.deepEqual(
      [outside[2], Object.keys(outside[0])],
      [
        { type: 'm.room.name', state_key: '', sender: '@carol:test', content: { name: 'den' } },
        ['type', 'state_key', 'sender', 'content'],
      ],
    )
    await server.ok(AS_TOKEN, 'POST', `${path}/join`, {})
    assert.deepEqual(namesOf(await bridge.next()), [JOIN])
    await server.ok(AS_TOKEN, 'POST', `${path}/leave`, {})
    assert.deepEqual(namesOf(await bridge.next()), ['m.room.member leave'])

    await server.ok(carol, 'PUT', `${path}/send/m.room.message/1`, { msgtype: 'm.text', body: 'unheard' })
    await server.ok(carol, 'POST', `${path}/invite`, { user_id: '@ircbot:test' })

    assert.deepEqual(namesOf(await bridge.next()), ['m.room.member invite'])
  })

  test('what it did not take is sent again with the same content, later and later', async () => {
    await using bridge = await testBridge()
    await using server = await bridgedServer(await open(), { url: bridge.url })
    const { say } = await bridgedRoom(server)
    await until(bridge, JOIN)

    bridge.answerWith(500)
    await say('one')
    const first = await bridge.next()
    await say('two')
    const second = await afterTime(server, bridge)
    bridge.answerWith(200)
    const third = await afterTime(server, bridge)

    assert.deepEqual(second, first)
    assert.deepEqual(third, first)
    const next = await bridge.next()
    assert.equal(transactionOf(next), transactionOf(first) + 1)
    assert.deepEqual(namesOf(next), ['m.room.message two'])
  })

  test('what it did not take is sent again after a restart, then what happened meanwhile', async () => {
    await using bridge = await testBridge()
    const storage = await open()
    bridge.answerWith(502)
    let first: TestCall
    {
      await using server = await bridgedServer(storage, { url: bridge.url })
      const { say } = await bridgedRoom(server)
      first = await bridge.next()
      await say('while it was down')
    }
    bridge.answerWith(200)

    await using _ = await bridgedServer(storage, { url: bridge.url })

    assert.deepEqual(await bridge.next(), first)
    const calls = [first, ...(await until(bridge, 'm.room.message while it was down'))]
    assert.deepEqual(sinceJoin(calls), [JOIN, 'm.room.message while it was down'])
    assert.deepEqual(
      calls.map(transactionOf),
      calls.map((_, i) => i + 1),
    )
  })

  test('it may ask whether it is heard, and nobody else', async () => {
    await using bridge = await testBridge()
    await using server = await bridgedServer(await open(), { url: bridge.url })
    const carol = await server.register('carol')
    const ping = (token: string, id = 'irc') =>
      server.call(token, 'POST', `/_matrix/client/v1/appservice/${id}/ping`, { transaction_id: 'x' })

    const heard = await ping(AS_TOKEN)
    assert.equal(heard.status, 200)
    assert.ok(Number.isInteger(heard.body.duration_ms))
    assert.deepEqual(await bridge.next(), {
      call: 'POST /_matrix/app/v1/ping',
      token: `Bearer ${HS_TOKEN}`,
      body: { transaction_id: 'x' },
    })
    for (const refused of [await ping(carol), await ping(AS_TOKEN, 'other')])
      assert.deepEqual([refused.status, refused.body.errcode], [403, 'M_FORBIDDEN'])

    bridge.answerWith(418)
    const bad = await ping(AS_TOKEN)
    assert.deepEqual([bad.status, bad.body.errcode, bad.body.status], [502, 'M_BAD_STATUS', 418])
    await bridge[Symbol.asyncDispose]()
    const gone = await ping(AS_TOKEN)
    assert.deepEqual([gone.status, gone.body.errcode], [502, 'M_CONNECTION_FAILED'])
  })

  test('without a URL there is nothing to ask', async () => {
    await using server = await bridgedServer(await open())

    const answer = await server.call(AS_TOKEN, 'POST', '/_matrix/client/v1/appservice/irc/ping', {})

    assert.deepEqual([answer.status, answer.body.errcode], [400, 'M_URL_NOT_SET'])
  })
})

/** The same storage, in which nobody finds how far an application service was told before `when`. */
function lookingUpLater(storage: Storage, when: Promise<void>): Storage {
  const queues = storage.read.appserviceQueues
  const later = Object.create(queues, {
    find: { value: (id: string) => when.then(() => queues.find(id)) },
  }) as typeof queues
  return { ...storage, read: { ...storage.read, appserviceQueues: later } }
}

/** The next call, letting as much time pass as the server waits for. */
async function afterTime(server: Bridged, bridge: Awaited<ReturnType<typeof testBridge>>): Promise<TestCall> {
  const next = bridge.next()
  let isThere = false
  void next.then(() => (isThere = true))
  while (!isThere) {
    server.clock.advance(500)
    await new Promise(setImmediate)
  }
  return next
}
