import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import {
  ClientRoom,
  randomFrom,
  requesterOf,
  type SyncFixture,
  serverState,
  syncFixture,
  type TestSyncOptions,
} from './fixture.ts'

const alice = requesterOf('alice')
const bob = requesterOf('bob')
const others = ['carol', 'dave', 'erin'].map((name) => requesterOf(name))

/** A client that syncs in one way, and keeps what it is told. */
class Client {
  readonly rooms = new Map<string, ClientRoom>()
  token: string | undefined
  readonly options: TestSyncOptions
  readonly #server: SyncFixture
  readonly #who: ReturnType<typeof requesterOf>

  constructor(server: SyncFixture, name: string, options: TestSyncOptions) {
    this.#server = server
    this.#who = requesterOf('bob', { deviceId: name })
    this.options = options
  }

  async sync(): Promise<void> {
    const since = this.token
    const answer = await this.#server.syncAs(this.#who, { ...this.options, ...(since && { since }) })
    this.token = answer.next_batch
    for (const [roomId, room] of Object.entries(answer.rooms?.join ?? {})) {
      const known = this.rooms.get(roomId)
      const client = known ?? new ClientRoom()
      // A room that was left and comes again carries its create event.
      const state = [
        ...(room.state?.events ?? []),
        ...(room.state_after?.events ?? []),
        ...room.timeline.events,
      ]
      const isWhole = known === undefined || state.some((event) => event.type === 'm.room.create')
      client.apply(room, isWhole)
      this.rooms.set(roomId, client)
    }
    for (const roomId of Object.keys(answer.rooms?.leave ?? {})) this.rooms.delete(roomId)
  }
}

async function randomStep(
  server: SyncFixture,
  roomId: RoomId,
  random: (below: number) => number,
): Promise<void> {
  const other = others[random(others.length)]!
  const ignoreRefusal = () => {}
  switch (random(12)) {
    case 0:
    case 1:
      return void (await server.join(other, roomId))
    case 2:
      return void (await server.leave(other, roomId).catch(ignoreRefusal))
    case 3:
      return void (await server.change(alice, roomId, bob, 'leave').catch(ignoreRefusal))
    case 4:
    case 5:
      return void (await server.join(bob, roomId))
    case 6:
      return void (await server.set(alice, roomId, 'm.room.topic', { topic: `t${random(1000)}` }))
    case 7:
      return void (await server.set(
        alice,
        roomId,
        'org.example.state',
        { n: random(1000) },
        `key${random(4)}`,
      ))
    case 8:
      server.names.set(other.userId, `name${random(1000)}`)
      return void (await server
        .set(
          other,
          roomId,
          'm.room.member',
          { membership: 'join', displayname: `n${random(1000)}` },
          other.userId,
        )
        .catch(ignoreRefusal))
    case 9:
      for (let i = 0; i < random(8); i++) await server.say(other, roomId, `burst${i}`).catch(ignoreRefusal)
      return
    default:
      return void (await server.say(alice, roomId, 'hello'))
  }
}

const small = { room: { timeline: { limit: 3 } } }
const noMembersInTimeline = {
  room: { timeline: { limit: 3, not_types: ['m.room.member', 'org.example.state'] } },
}
const lazy = { room: { timeline: { limit: 3 }, state: { lazy_load_members: true } } }

databaseMatrix((open) => {
  test('state and timeline of every answer add up to the state of the server', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    for (const seed of [1, 2, 3]) {
      const random = randomFrom(seed)
      const roomId = await server.create(alice)
      await server.join(bob, roomId)
      const eager = [
        new Client(server, `small${seed}`, { filter: small }),
        new Client(server, `after${seed}`, { filter: small, stateKey: 'state_after' }),
        new Client(server, `filtered${seed}`, { filter: noMembersInTimeline }),
        new Client(server, `default${seed}`, {}),
      ]
      const lazily = [
        new Client(server, `lazy${seed}`, { filter: lazy }),
        new Client(server, `lazyafter${seed}`, { filter: lazy, stateKey: 'state_after' }),
      ]
      for (let step = 0; step < 60; step++) {
        await randomStep(server, roomId, random)
        for (const client of [...eager, ...lazily]) if (random(3) === 0) await client.sync()
      }
      for (const client of [...eager, ...lazily]) await client.sync()

      const expected = await serverState(storage, roomId)
      const isIn = (await storage.read.members.find(roomId, bob.userId))?.membership === 'join'
      for (const client of eager)
        assert.deepEqual(
          client.rooms.get(roomId)?.state,
          isIn ? expected : undefined,
          JSON.stringify(client.options),
        )
      for (const client of lazily) {
        const known = client.rooms.get(roomId)?.state
        assert.equal(known !== undefined, isIn)
        for (const [key, eventId] of known ?? []) assert.equal(eventId, expected.get(key), key)
        if (!isIn) continue
        for (const key of expected.keys())
          if (!key.startsWith('m.room.member ')) assert.equal(known!.get(key), expected.get(key), key)
        assert.ok(known!.has(`m.room.member ${bob.userId}`))
      }
    }
  })

  test('a token of any age leads to the state of now', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const random = randomFrom(7)
    const roomId = await server.create(alice)
    await server.join(bob, roomId)
    const clients: Client[] = []
    for (let step = 0; step < 25; step++) {
      const client = new Client(server, `device${step}`, { filter: small })
      await client.sync()
      clients.push(client)
      await randomStep(server, roomId, random)
    }
    await server.join(bob, roomId)

    const expected = await serverState(storage, roomId)
    for (const client of clients) {
      await client.sync()
      assert.deepEqual(client.rooms.get(roomId)?.state, expected)
    }
    // A server that has just started knows of old tokens only what the database tells.
    const restarted = await syncFixture(storage)
    const late = new Client(restarted, 'late', { filter: small })
    late.token = clients[0]!.token
    assert.ok(late.token)
    await server.say(alice, roomId, 'x')
    const answer = await restarted.syncAs(bob, { since: late.token! })
    assert.equal(answer.rooms?.join?.[roomId]?.timeline.events.length, 1)
  })

  test('a lazy client is told who speaks, each once, and who changed in a gap', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await server.create(alice)
    for (const who of [bob, ...others]) await server.join(who, roomId)
    const [carol, dave, erin] = others
    const members = (events: { type: string; state_key?: string }[] | undefined) =>
      (events ?? []).flatMap((event) => (event.type === 'm.room.member' ? [event.state_key] : [])).sort()
    const filter = { room: { timeline: { limit: 2 }, state: { lazy_load_members: true } } }

    await server.say(carol!, roomId, 'a')
    await server.say(carol!, roomId, 'b')
    const first = await server.syncAs(bob, { filter })
    const whole = first.rooms!.join![roomId]!
    // The room has no name: its heroes are told as well.
    assert.ok(members(whole.state!.events).includes(carol!.userId))
    assert.ok(members(whole.state!.events).includes(bob.userId))

    await server.set(alice, roomId, 'm.room.name', { name: 'N' })
    await server.say(dave!, roomId, 'c')
    const second = await server.syncAs(bob, { filter, since: first.next_batch })
    const told = [...members(whole.state!.events), ...members(second.rooms!.join![roomId]!.state?.events)]
    assert.ok(told.includes(dave!.userId))

    await server.say(dave!, roomId, 'd')
    const third = await server.syncAs(bob, { filter, since: second.next_batch })
    assert.deepEqual(members(third.rooms!.join![roomId]!.state?.events), [])
    // The answer may have been lost: whoever asks again with the older token is told again.
    const again = await server.syncAs(bob, { filter, since: first.next_batch })
    assert.ok(!told.includes(undefined))
    assert.ok(
      members(whole.state!.events).includes(dave!.userId) ||
        members(again.rooms!.join![roomId]!.state?.events).includes(dave!.userId),
    )
    const redundant = {
      room: { ...filter.room, state: { lazy_load_members: true, include_redundant_members: true } },
    }
    await server.say(dave!, roomId, 'e')
    const fourth = await server.syncAs(bob, { filter: redundant, since: third.next_batch })
    assert.deepEqual(members(fourth.rooms!.join![roomId]!.state?.events), [dave!.userId])

    await server.leave(erin!, roomId)
    for (const body of ['x', 'y', 'z']) await server.say(dave!, roomId, body)
    const fifth = await server.syncAs(bob, { filter, since: fourth.next_batch })
    assert.equal(fifth.rooms!.join![roomId]!.timeline.limited, true)
    assert.deepEqual(members(fifth.rooms!.join![roomId]!.state?.events), [erin!.userId])
  })
})
