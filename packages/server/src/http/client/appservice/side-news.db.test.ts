import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { AS_TOKEN, bridgedServer, type TestCall, testBridge } from './bridge-fixture.ts'

const enc = encodeURIComponent
const TO_DEVICE = 'de.sorunome.msc2409.to_device'
const LISTS = 'org.matrix.msc3202.device_lists'
const COUNTS = 'org.matrix.msc3202.device_one_time_keys_count'
const UNUSED = 'org.matrix.msc3202.device_unused_fallback_key_types'

type Bridge = Awaited<ReturnType<typeof testBridge>>
type Bridged = Awaited<ReturnType<typeof bridgedServer>>

/** The next transaction that has what is looked for. */
async function nextWith<T>(bridge: Bridge, find: (body: TestCall['body']) => T | undefined): Promise<T> {
  for (;;) {
    const found = find((await bridge.next()).body)
    if (found !== undefined) return found
  }
}

const ephemeral = (bridge: Bridge, type: string) =>
  // biome-ignore lint/suspicious/noExplicitAny: events of every shape
  nextWith(bridge, (body) => body.ephemeral?.find((each: any) => each.type === type))

async function bridgedRoom(server: Bridged) {
  const carol = await server.register('carol')
  const { room_id: roomId } = await server.ok(carol, 'POST', '/createRoom', { preset: 'public_chat' })
  await server.ok(AS_TOKEN, 'POST', `/rooms/${enc(roomId)}/join`, {})
  return { carol, roomId, room: `/rooms/${enc(roomId)}` }
}

/** A device of the bridge's own user, as `masquerading` makes one. */
async function withDevice(server: Bridged, name: string): Promise<{ userId: string; token: string }> {
  const body = { type: 'm.login.application_service', username: name, device_id: 'BRIDGE' }
  const { user_id: userId, access_token: token } = await server.ok(AS_TOKEN, 'POST', '/register', body)
  return { userId, token }
}

databaseMatrix((open) => {
  test('it hears who types, has read and is online where its users are, if it wants to', async () => {
    await using bridge = await testBridge()
    await using server = await bridgedServer(await open(), { url: bridge.url, receive_ephemeral: true })
    const { carol, roomId, room } = await bridgedRoom(server)
    const eventId = (
      await server.ok(carol, 'PUT', `${room}/send/m.room.message/1`, { msgtype: 'm.text', body: 'x' })
    ).event_id
    const other = (await server.ok(carol, 'POST', '/createRoom', {})).room_id
    const typing = (where: string, is: boolean) =>
      server.ok(carol, 'PUT', `/rooms/${enc(where)}/typing/@carol:test`, { typing: is, timeout: 9000 })

    await typing(other, true)
    await typing(roomId, true)
    assert.deepEqual(await ephemeral(bridge, 'm.typing'), {
      type: 'm.typing',
      room_id: roomId,
      content: { user_ids: ['@carol:test'] },
    })
    await typing(roomId, false)
    assert.deepEqual((await ephemeral(bridge, 'm.typing')).content, { user_ids: [] })

    await server.ok(carol, 'POST', `${room}/receipt/m.read.private/${enc(eventId)}`, {})
    await server.ok(carol, 'POST', `${room}/receipt/m.read/${enc(eventId)}`, {})
    const receipt = await ephemeral(bridge, 'm.receipt')
    assert.equal(receipt.room_id, roomId)
    assert.deepEqual(Object.keys(receipt.content[eventId]), ['m.read'])
    assert.deepEqual(Object.keys(receipt.content[eventId]['m.read']), ['@carol:test'])

    const status = { presence: 'online', status_msg: 'here' }
    await server.ok(carol, 'PUT', '/presence/@carol:test/status', status)
    const presence = await ephemeral(bridge, 'm.presence')
    assert.deepEqual([presence.sender, presence.content.status_msg], ['@carol:test', 'here'])
  })

  test('messages to devices of its users are theirs when it has taken them, and not before', async () => {
    await using bridge = await testBridge()
    const storage = await open()
    const registration = { url: bridge.url, receive_ephemeral: true }
    const send = (server: Bridged, carol: string, txnId: string) =>
      server.ok(carol, 'PUT', `/sendToDevice/m.test/${txnId}`, {
        messages: { '@irc_ada:test': { '*': { n: txnId } }, '@carol:test': { '*': { n: txnId } } },
      })
    const waiting = async () =>
      (await storage.read.toDevice.waiting('@irc_ada:test')).map(({ deviceId }) => deviceId)
    let carol: string
    {
      await using server = await bridgedServer(storage, registration)
      carol = await server.register('carol')
      await withDevice(server, 'irc_ada')
      bridge.answerWith(503)
      await send(server, carol, 'one')
      const first = await nextWith(bridge, (body) => body[TO_DEVICE])
      assert.deepEqual(first, [
        {
          to_user_id: '@irc_ada:test',
          to_device_id: 'BRIDGE',
          content: { n: 'one' },
          sender: '@carol:test',
          type: 'm.test',
        },
      ])
      assert.deepEqual(await waiting(), ['BRIDGE'])
      await send(server, carol, 'two')
    }
    bridge.answerWith(200)

    await using server = await bridgedServer(storage, registration)

    const seen: string[] = []
    while (!seen.includes('two')) {
      const { body } = await bridge.next()
      for (const { content } of body[TO_DEVICE] ?? []) seen.push(content.n)
    }
    assert.deepEqual(seen, ['one', 'two'])
    while ((await waiting()).length > 0) await new Promise(setImmediate)
    assert.equal((await storage.read.toDevice.waiting('@carol:test')).length, 1, "others' are left alone")
    // It has been told all, and is told what comes then.
    await send(server, carol, 'three')
    assert.deepEqual((await nextWith(bridge, (body) => body[TO_DEVICE]))[0].content, { n: 'three' })
    assert.equal(server.storage, storage)
  })

  test('it hears which devices have changed and which keys are left, across a restart', async () => {
    await using bridge = await testBridge()
    const storage = await open()
    const registration = { url: bridge.url, 'org.matrix.msc3202': true }
    const changed = (body: TestCall['body']): string[] | undefined => body[LISTS]?.changed
    let carol: string
    {
      await using server = await bridgedServer(storage, registration)
      const room = await bridgedRoom(server)
      carol = room.carol
      const ada = await withDevice(server, 'irc_ada')
      await server.register('stranger')
      await server.ok(ada.token, 'POST', '/keys/upload', {
        one_time_keys: { 'curve25519:A': 'a', 'curve25519:B': 'b' },
      })
      const counts = await nextWith(bridge, (body) => body[COUNTS]?.['@irc_ada:test'])
      assert.equal(counts.BRIDGE.curve25519, 2)
      await server.ok(carol, 'POST', '/keys/claim', {
        one_time_keys: { '@irc_ada:test': { BRIDGE: 'curve25519' } },
      })
      const left = await nextWith(bridge, (body) => body[COUNTS]?.['@irc_ada:test'] && body)
      assert.equal(left[COUNTS]['@irc_ada:test'].BRIDGE.curve25519, 1)
      assert.deepEqual(left[UNUSED], { '@irc_ada:test': { BRIDGE: [] } })
      bridge.answerWith(503)
      await server.ok(carol, 'PUT', '/devices/NONE', {}).catch(() => {})
      await server.ok(carol, 'POST', '/login', {
        type: 'm.login.password',
        user: 'carol',
        password: 'password',
        device_id: 'SECOND',
      })
    }
    await storage.write((tx) => tx.devices.recordListChange('@carol:test' as never))
    await storage.write((tx) => tx.devices.recordListChange('@stranger:test' as never))
    bridge.answerWith(200)

    await using _ = await bridgedServer(storage, registration)

    assert.deepEqual(await nextWith(bridge, changed), ['@carol:test'])
  })

  test('it hears whose devices it begins and ceases to have to do with', async () => {
    await using bridge = await testBridge()
    const registration = { url: bridge.url, 'org.matrix.msc3202': true }
    await using server = await bridgedServer(await open(), registration)
    const { room } = await bridgedRoom(server)
    const lists = () => nextWith(bridge, (body) => body[LISTS])
    const seen = async (userId: string, as: 'changed' | 'left') => {
      for (;;) {
        const found = await lists()
        if (found[as].includes(userId)) return found
      }
    }
    await seen('@carol:test', 'changed') // its own user came to her room
    const dave = await server.register('dave')
    await server.ok(dave, 'POST', `${room}/join`, {})
    await seen('@dave:test', 'changed')
    const other = (await server.ok(dave, 'POST', '/createRoom', { preset: 'public_chat' })).room_id
    await server.ok(AS_TOKEN, 'POST', `/rooms/${enc(other)}/join`, {})
    await server.ok(dave, 'PUT', '/profile/@dave:test/displayname', { displayname: 'D' })
    await server.ok(dave, 'POST', `${room}/leave`, {})

    await server.ok(AS_TOKEN, 'POST', `${room}/leave`, {})

    const first = await seen('@carol:test', 'left')
    assert.deepEqual(first.left, ['@carol:test'], 'with Dave another room is shared')
    await server.ok(AS_TOKEN, 'POST', `/rooms/${enc(other)}/leave`, {})
    assert.deepEqual((await seen('@dave:test', 'left')).left, ['@dave:test'])
  })

  test('who wants none of it has none of it', async () => {
    await using bridge = await testBridge()
    await using server = await bridgedServer(await open(), { url: bridge.url })
    const { carol, room } = await bridgedRoom(server)
    await server.ok(carol, 'PUT', `${room}/typing/@carol:test`, { typing: true, timeout: 9000 })
    await server.ok(carol, 'PUT', `${room}/send/m.room.message/1`, { msgtype: 'm.text', body: 'x' })

    for (let seen = 0; seen < 2; ) {
      const { body } = await bridge.next()
      assert.deepEqual(Object.keys(body), ['events'])
      seen += body.events.length
    }
  })
})
