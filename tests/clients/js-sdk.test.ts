/** The library of Element Web talks to a real server, as a person's client would. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, describe, test } from 'node:test'
import { serverMatrix } from '@ranvier/testkit'
import * as sdk from 'matrix-js-sdk'

const TIMEOUT_MS = 30_000

// The library leaves a timer of minutes behind for every request: it must not keep this process for as long.
const setRealTimeout = globalThis.setTimeout
globalThis.setTimeout = ((...args: Parameters<typeof setRealTimeout>) =>
  setRealTimeout(...args).unref()) as typeof setRealTimeout

const quiet = Object.fromEntries(
  ['trace', 'debug', 'info', 'warn', 'error'].map((level) => [level, () => {}]),
)
const logger = { ...quiet, getChild: () => logger } as unknown as sdk.MatrixClient['logger']

// Some of its parts log to the console whatever logger they are given.
for (const method of ['debug', 'log', 'info', 'warn', 'error'] as const) console[method] = () => {}

const started: sdk.MatrixClient[] = []

function clientOf(baseUrl: string, login?: { access_token?: string; user_id?: string; device_id?: string }) {
  return sdk.createClient({
    baseUrl,
    logger,
    ...(login === undefined
      ? {}
      : { accessToken: login.access_token!, userId: login.user_id!, deviceId: login.device_id! }),
  })
}

/** Registers as clients do: the first request learns which stages there are. */
async function register(baseUrl: string, username: string): Promise<sdk.MatrixClient> {
  const anonymous = clientOf(baseUrl)
  const session = await anonymous.registerRequest({ username, password: `pw-${username}` }).then(
    () => assert.fail('registration without any stage must not work'),
    (error: sdk.MatrixError) => error.data as unknown as { session: string; flows: { stages: string[] }[] },
  )
  assert.ok(session.flows.some((flow) => flow.stages.includes('m.login.dummy')))
  const login = await anonymous.registerRequest({
    username,
    password: `pw-${username}`,
    auth: { type: 'm.login.dummy', session: session.session },
  })
  return begin(clientOf(baseUrl, login))
}

async function logIn(baseUrl: string, user: string): Promise<sdk.MatrixClient> {
  const login = await clientOf(baseUrl).loginRequest({
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user },
    password: `pw-${user}`,
  })
  return begin(clientOf(baseUrl, login))
}

/** Starts to sync and waits for the first answer. */
async function begin(client: sdk.MatrixClient): Promise<sdk.MatrixClient> {
  started.push(client)
  const ready = until(() => client.isInitialSyncComplete(), client, sdk.ClientEvent.Sync)
  await client.startClient({ initialSyncLimit: 20, lazyLoadMembers: true })
  await ready
  return client
}

/** Waits until `seen` is true, looking whenever the client emits `event`. */
async function until(seen: () => boolean, client: sdk.MatrixClient, event: string): Promise<void> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  while (!seen()) {
    await once(client as never, event, { signal }).catch((cause: unknown) => {
      throw new Error(`waited in vain for ${event} until ${seen}`, { cause })
    })
  }
}

const texts = (client: sdk.MatrixClient, roomId: string): string[] =>
  (client.getRoom(roomId)?.getLiveTimeline().getEvents() ?? [])
    .filter((event) => event.getType() === 'm.room.message')
    .map((event) => event.getContent()['body'] as string)

async function seesTexts(client: sdk.MatrixClient, roomId: string, expected: string[]): Promise<void> {
  await until(() => texts(client, roomId).length >= expected.length, client, sdk.RoomEvent.Timeline)
  assert.deepEqual(texts(client, roomId), expected)
}

const membershipIn = (client: sdk.MatrixClient, roomId: string) => client.getRoom(roomId)?.getMyMembership()

serverMatrix((start) => {
  describe('two people', () => {
    after(() => {
      for (const client of started.splice(0)) client.stopClient()
    })

    test('meet in a room, write, type, read, use a second device and log out', async () => {
      const { url } = await start()
      const alice = await register(url, 'alice')
      const bob = await register(url, 'bob')
      const bobId = bob.getUserId()!

      const { room_id: roomId } = await alice.createRoom({
        name: 'Tea',
        topic: 'Cakes',
        preset: sdk.Preset.PrivateChat,
      })
      await alice.invite(roomId, bobId)
      await until(() => membershipIn(bob, roomId) === 'invite', bob, sdk.RoomEvent.MyMembership)
      await bob.joinRoom(roomId)
      await until(() => membershipIn(bob, roomId) === 'join', bob, sdk.RoomEvent.MyMembership)
      assert.equal(bob.getRoom(roomId)!.name, 'Tea')

      await alice.sendTextMessage(roomId, 'hello')
      await seesTexts(bob, roomId, ['hello'])
      await bob.sendTextMessage(roomId, 'hello yourself')
      await seesTexts(alice, roomId, ['hello', 'hello yourself'])

      await bob.sendTyping(roomId, true, 20_000)
      await until(
        () => alice.getRoom(roomId)!.getMember(bobId)?.typing === true,
        alice,
        sdk.RoomMemberEvent.Typing,
      )

      const last = bob.getRoom(roomId)!.getLiveTimeline().getEvents().at(-1)!
      const aliceLast = alice.getRoom(roomId)!.findEventById(last.getId()!)!
      await alice.sendReadReceipt(aliceLast)
      await until(
        () => bob.getRoom(roomId)!.getEventReadUpTo(alice.getUserId()!, true) === last.getId(),
        bob,
        sdk.RoomEvent.Receipt,
      )

      const phone = await logIn(url, 'bob')
      await until(() => membershipIn(phone, roomId) === 'join', phone, sdk.ClientEvent.Sync)
      assert.notEqual(phone.getDeviceId(), bob.getDeviceId())
      assert.deepEqual(texts(phone, roomId), ['hello', 'hello yourself'])
      await phone.sendTextMessage(roomId, 'from the train')
      await seesTexts(alice, roomId, ['hello', 'hello yourself', 'from the train'])
      await seesTexts(bob, roomId, ['hello', 'hello yourself', 'from the train'])
      const { devices } = await bob.getDevices()
      assert.equal(devices.length, 2)

      const token = phone.getAccessToken()!
      await phone.logout(true)
      await assert.rejects(clientOf(url, { access_token: token, user_id: bobId, device_id: 'x' }).whoami(), {
        errcode: 'M_UNKNOWN_TOKEN',
      })
      assert.equal((await bob.getDevices()).devices.length, 1)
      assert.equal((await bob.whoami()).user_id, bobId)
    })
  })
})
