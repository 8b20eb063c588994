/**
 * Simplified sliding sync (MSC4186) as Element X asks for it: one connection for the list of rooms, which grows, one for
 * encryption, rooms looked into, answers lost, a server that restarts; another person's client syncs the old way meanwhile.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Client, MatrixRequestError, serverMatrix } from '@ranvier/testkit'

const C = '/_matrix/client/v3'
const SLIDING = '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync'
const THREADS = 'io.element.msc4308.thread_subscriptions'
const ROOMS = 23
const SHOWN = 20
const enc = encodeURIComponent

const STATE = [
  ...['m.room.name', 'm.room.encryption', 'm.room.topic', 'm.room.avatar', 'm.room.canonical_alias'],
  ...['m.room.power_levels', 'm.room.join_rules', 'm.room.tombstone', 'm.room.create'],
].map((type) => [type, ''])
const REQUIRED = [...STATE, ['m.room.member', '$LAZY'], ['m.room.member', '$ME']]
const on = { enabled: true }

interface Event {
  event_id: string
  type: string
  state_key?: string
  content: Record<string, unknown>
  unsigned?: Record<string, unknown>
}
interface Room {
  initial?: boolean
  limited?: boolean
  num_live?: number
  name?: string
  unstable_expanded_timeline?: boolean
  notification_count?: number
  timeline?: Event[]
  required_state?: Event[]
}
interface Answer {
  pos: string
  lists: Record<string, { count: number }>
  rooms: Record<string, Room>
  // biome-ignore lint/suspicious/noExplicitAny: each extension has a shape of its own
  extensions: Record<string, any>
}

/** One connection of a client that goes on from its last answer. */
class Connection {
  pos: string | undefined
  readonly #client: Client
  readonly #id: string

  constructor(client: Client, id: string) {
    this.#client = client
    this.#id = id
  }

  async ask(body: Record<string, unknown>, { timeoutMs = 0, pos = this.pos } = {}): Promise<Answer> {
    const answer = await this.#client.request<Answer>(
      'POST',
      SLIDING,
      { conn_id: this.#id, ...body },
      { query: { timeout: timeoutMs, pos }, signal: AbortSignal.timeout(30_000) },
    )
    this.pos = answer.pos
    return answer
  }

  /** Asks on until it is so. */
  async until(body: Record<string, unknown>, isSo: (answer: Answer) => boolean): Promise<Answer> {
    for (;;) {
      const answer = await this.ask(body, { timeoutMs: 10_000 })
      if (isSo(answer)) return answer
    }
  }
}

const list = (upTo: number, subscribed?: string) => ({
  lists: { all_rooms: { ranges: [[0, upTo]], timeline_limit: 1, required_state: REQUIRED } },
  ...(subscribed !== undefined && {
    room_subscriptions: { [subscribed]: { timeline_limit: 20, required_state: REQUIRED } },
  }),
  extensions: {
    account_data: on,
    receipts: { ...on, rooms: ['*'] },
    typing: on,
    [THREADS]: { ...on, limit: 10 },
  },
})
const encryption = (since?: string) => ({
  extensions: { e2ee: on, to_device: { ...on, ...(since !== undefined && { since }) } },
})
const bodies = (room: Room | undefined) => (room?.timeline ?? []).map(({ content }) => content['body'])
const types = (events: Event[] | undefined) => (events ?? []).map(({ type }) => type)

serverMatrix((start) => {
  test('Element X lists, opens, talks, loses an answer, and goes on after a restart', async () => {
    const server = await start()
    const [alice, bob] = await Promise.all([server.register('alice'), server.register('bob')])
    const rooms: string[] = []
    for (let i = 0; i < ROOMS; i++)
      rooms.push(await bob.createRoom({ preset: 'public_chat', name: `Room ${i}` }))
    for (const room of rooms) await alice.join(room)
    const quiet = rooms[0]!
    for (const n of [1, 2, 3, 4, 5]) await bob.send(quiet, `old ${n}`)
    for (const room of rooms.slice(1)) await bob.send(room, 'hello')
    const heard: unknown[] = []
    const stop = new AbortController()
    const since = (await bob.sync()).next_batch
    const listening = listen(bob, { roomId: quiet, since, heard, signal: stop.signal })

    // The list: a window first, then all, of which only what is new is told.
    const main = new Connection(alice, 'room-list')
    const first = await main.ask(list(SHOWN - 1))
    assert.deepEqual([first.lists['all_rooms']?.count, Object.keys(first.rooms).length], [ROOMS, SHOWN])
    assert.deepEqual(
      Object.keys(first.rooms).toSorted(),
      rooms.slice(-SHOWN).toSorted(),
      'the liveliest of them',
    )
    for (const [roomId, room] of Object.entries(first.rooms)) {
      assert.deepEqual([room.initial, room.name], [true, `Room ${rooms.indexOf(roomId)}`])
      assert.deepEqual([bodies(room), room.limited, room.num_live], [['hello'], true, 0])
      assert.equal(types(room.required_state).filter((type) => type === 'm.room.member').length, 2)
    }
    assert.ok(first.extensions['account_data'].global.some(({ type }: Event) => type === 'm.push_rules'))
    const all = await main.ask(list(ROOMS + 99))
    assert.deepEqual(Object.keys(all.rooms).toSorted(), rooms.slice(0, ROOMS - SHOWN).toSorted())
    assert.deepEqual([bodies(all.rooms[quiet]), all.rooms[quiet]?.notification_count], [['old 5'], 5])

    // A room is opened: its timeline grows. What is said there meanwhile is live.
    const everything = list(ROOMS + 99, quiet)
    const opened = await main.ask(everything)
    assert.deepEqual(Object.keys(opened.rooms), [quiet])
    const { unstable_expanded_timeline: isExpanded, initial, num_live } = opened.rooms[quiet]!
    assert.deepEqual([isExpanded, initial, num_live], [true, undefined, 0])
    assert.deepEqual(
      bodies(opened.rooms[quiet]).filter(Boolean),
      [1, 2, 3, 4, 5].map((n) => `old ${n}`),
    )
    const waiting = main.ask(everything, { timeoutMs: 20_000 })
    const said = await bob.send(quiet, 'are you there?')
    const live = (await waiting).rooms[quiet]
    assert.deepEqual([bodies(live), live?.num_live, live?.limited], [['are you there?'], 1, false])
    await bob.put(`${C}/rooms/${enc(quiet)}/typing/${enc(bob.userId)}`, { typing: true, timeout: 60_000 })
    const typing = await main.until(everything, ({ extensions }) => extensions['typing'] !== undefined)
    assert.deepEqual(typing.extensions['typing'].rooms[quiet].content.user_ids, [bob.userId])
    await alice.post(`${C}/rooms/${enc(quiet)}/receipt/m.read/${enc(said)}`)
    const read = await main.until(everything, ({ extensions }) => extensions['receipts'] !== undefined)
    assert.ok(alice.userId in read.extensions['receipts'].rooms[quiet].content[said]['m.read'])
    assert.equal(read.rooms[quiet]?.notification_count, 0)
    await alice.send(quiet, 'yes')
    const own = (await main.until(everything, (answer) => bodies(answer.rooms[quiet]).includes('yes'))).rooms
    assert.equal(typeof own[quiet]!.timeline!.at(-1)!.unsigned?.['transaction_id'], 'string')
    await alice.put(`${C}/user/${alice.userId}/rooms/${enc(quiet)}/tags/m.favourite`, { order: 0.5 })
    const tagged = await main.until(everything, ({ extensions }) => extensions['account_data'] !== undefined)
    assert.deepEqual(types(tagged.extensions['account_data'].rooms[quiet]), ['m.tag'])
    await alice.put(
      `/_matrix/client/unstable/io.element.msc4306/rooms/${enc(quiet)}/thread/${enc(said)}/subscription`,
    )
    const followed = await main.until(everything, ({ extensions }) => extensions[THREADS] !== undefined)
    assert.equal(followed.extensions[THREADS].subscribed[quiet][said].automatic, false)

    // Messages to the device come by their own token, again if the answer was lost, and never after it was taken up.
    const crypto = new Connection(alice, 'encryption')
    const before = await crypto.ask(encryption())
    const token = before.extensions['to_device'].next_batch as string
    const sendToDevice = (n: number) =>
      bob.put(`${C}/sendToDevice/com.example/${n}`, {
        messages: { [alice.userId]: { [alice.deviceId]: { n } } },
      })
    await sendToDevice(1)
    const isNews = ({ extensions }: Answer) => extensions['to_device']?.events.length > 0
    const lost = await crypto.until(encryption(token), isNews)
    const again = await crypto.ask(encryption(token), { pos: before.pos })
    for (const { extensions } of [lost, again])
      assert.deepEqual(
        extensions['to_device'].events.map(({ content }: Event) => content),
        [{ n: 1 }],
      )
    const taken = again.extensions['to_device'].next_batch as string

    // The server restarts: connections may be over, what was taken is not given again, and nothing is lost.
    const gone = main.pos!
    await server.restart()
    await sendToDevice(2)
    await bob.send(quiet, 'back again')
    await assert.rejects(
      main.ask(everything, { pos: gone }),
      (error) => error instanceof MatrixRequestError && error.errcode === 'M_UNKNOWN_POS',
    )
    main.pos = undefined
    const anew = await main.ask(everything)
    assert.deepEqual([anew.lists['all_rooms']?.count, Object.keys(anew.rooms).length], [ROOMS, ROOMS])
    assert.deepEqual(bodies(anew.rooms[quiet]).slice(-3), ['are you there?', 'yes', 'back again'])
    crypto.pos = undefined
    const rest = await crypto.ask(encryption(taken))
    assert.deepEqual(
      rest.extensions['to_device'].events.map(({ content }: Event) => content),
      [{ n: 2 }],
    )
    await listening
    stop.abort()
    assert.deepEqual(heard, ['are you there?', 'yes', 'back again'])
  })
})

/** Syncs the old way until it has heard the last word, also over a restart: what is said in a room from now on. */
async function listen(
  client: Client,
  { roomId, since, heard, signal }: { roomId: string; since: string; heard: unknown[]; signal: AbortSignal },
): Promise<void> {
  while (heard.at(-1) !== 'back again') {
    try {
      const answer = await client.sync({ since, timeoutMs: 10_000, signal })
      since = answer.next_batch
      for (const event of answer.rooms?.join?.[roomId]?.timeline?.events ?? [])
        if (event.type === 'm.room.message') heard.push(event.content['body'])
    } catch (error) {
      if (signal.aborted || error instanceof MatrixRequestError) throw error
      await new Promise((resolve) => setTimeout(resolve, 20)) // the server is away
    }
  }
}
