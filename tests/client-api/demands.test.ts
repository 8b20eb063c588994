import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Client, type Ranvier, type SyncResponse, serverMatrix } from '@ranvier/testkit'
import { CLIENT, enc, roomPath } from './world.ts'

type AccountData = SyncResponse & { account_data?: { events: { type: string }[] } }
interface Found {
  search_categories: {
    room_events: { count: number; next_batch?: string; results: { result: { event_id: string } }[] }
  }
}
interface Unread {
  highlight_count: number
  notification_count: number
}

// What Complement asks for that is not asked elsewhere: see `tests/conformance/by-reading.md`.
serverMatrix((start) => {
  let server: Ranvier
  let alice: Client
  let bob: Client
  before(async () => {
    server = await start()
    alice = await server.register('alice')
    bob = await server.register('bob')
  })

  test('a full page of results has one behind it, if an empty one; what fits alike is in the order it was said', async () => {
    const roomId = await alice.createRoom()
    const said: string[] = []
    for (let i = 0; i < 20; i++) said.push(await alice.send(roomId, `Letter number ${i + 10}`))
    const find = async (order_by: string, next_batch = '') => {
      const room_events = { search_term: 'letter', order_by, filter: { limit: 10, rooms: [roomId] } }
      const path = `${CLIENT}/search${next_batch && `?next_batch=${enc(next_batch)}`}`
      const answer = await alice.post<Found>(path, { search_categories: { room_events } })
      return answer.search_categories.room_events
    }
    const ids = ({ results }: Awaited<ReturnType<typeof find>>) =>
      results.map(({ result }) => result.event_id)

    for (const order of ['recent', 'rank']) {
      const one = await find(order)
      const two = await find(order, one.next_batch)
      const three = await find(order, two.next_batch)

      const expected = order === 'rank' ? said : said.toReversed()
      assert.deepEqual([...ids(one), ...ids(two)], expected, order)
      assert.deepEqual([three.count, three.results, three.next_batch], [20, [], undefined])
    }
  })

  test('a sync is woken by a changed rule, and not by being the first in a while', async () => {
    const carol = await server.register('carol')
    let since = (await carol.sync()).next_batch
    const path = `${CLIENT}/pushrules/global/room/${enc('!foo:example.com')}`
    const changes: [path: string, body: Record<string, unknown>][] = [
      [path, { actions: ['notify'] }],
      [`${path}/enabled`, { enabled: false }],
      [`${path}/enabled`, { enabled: true }],
      [`${path}/actions`, { actions: ['dont_notify'] }],
    ]
    for (const [where, body] of changes) {
      const waiting = carol.sync({ since, timeoutMs: 20_000 })
      await carol.put(where, body)
      const answer: AccountData = await waiting
      assert.deepEqual(
        answer.account_data?.events.map(({ type }) => type),
        ['m.push_rules'],
        where,
      )
      since = answer.next_batch
    }
  })

  test('receipts with and without a thread each read what is theirs', async () => {
    const roomId = await alice.createRoom({ preset: 'public_chat' })
    await bob.join(roomId)
    const since = (await bob.sync()).next_batch
    const to = (event_id: string, rel_type: string, more = {}) => ({
      'm.relates_to': { event_id, rel_type, ...more },
    })
    const say = (body: string, more = {}) => alice.send(roomId, { msgtype: 'm.text', body, ...more })
    const root = await say('root')
    const first = await say('in the thread', to(root, 'm.thread'))
    await say(`in the thread, ${bob.userId}`, to(root, 'm.thread'))
    const outside = await say(`not in it, ${bob.userId}`)
    await say('last in the thread', to(root, 'm.thread'))
    const reference = await say('a reference', to(root, 'm.reference'))
    const annotation = to(reference, 'm.annotation', { key: 'x' })
    const reaction = await alice.send(roomId, annotation, { type: 'm.room.reaction' })
    /** Highlights and notifications: of the whole room, then of the room without threads and of the thread. */
    async function counts() {
      const filter = { room: { timeline: { unread_thread_notifications: true } } }
      const unread = async (how: object) => {
        const room = (await bob.sync({ since, ...how })).rooms!.join![roomId]!
        return room as unknown as {
          unread_notifications: Unread
          unread_thread_notifications?: Record<string, Unread>
        }
      }
      const [whole, parts] = [await unread({}), await unread({ filter })]
      assert.equal(whole.unread_thread_notifications, undefined)
      const pair = (count?: Unread) => count && [count.highlight_count, count.notification_count]
      const thread = parts.unread_thread_notifications?.[root]
      return [pair(whole.unread_notifications), pair(parts.unread_notifications), pair(thread)]
    }
    const read = (eventId: string, body: Record<string, unknown>) =>
      bob.post(roomPath(roomId, `/receipt/m.read/${enc(eventId)}`), body)

    assert.deepEqual(await counts(), [
      [2, 6],
      [1, 3],
      [1, 3],
    ])
    for (const [eventId, body, expected] of [
      [
        root,
        { thread_id: 'main' },
        [
          [2, 5],
          [1, 2],
          [1, 3],
        ],
      ],
      [
        first,
        { thread_id: root },
        [
          [2, 4],
          [1, 2],
          [1, 2],
        ],
      ],
      [
        outside,
        {},
        [
          [0, 2],
          [0, 1],
          [0, 1],
        ],
      ],
      [reaction, { thread_id: root }, [[0, 1], [0, 1], undefined]],
    ] as const) {
      await read(eventId, body)
      assert.deepEqual(await counts(), expected, JSON.stringify(body))
    }
  })

  test('each event of a sync says what the reader was in the room by then', async () => {
    const roomId = await alice.createRoom({ preset: 'public_chat' })
    await alice.send(roomId, 'before')
    await bob.join(roomId)
    await alice.send(roomId, 'after')

    const { events } = (await bob.sync()).rooms!.join![roomId]!.timeline!

    const join = events.findIndex(
      ({ type, state_key }) => type === 'm.room.member' && state_key === bob.userId,
    )
    assert.ok(join > 0)
    assert.deepEqual(
      events.map(({ unsigned }) => unsigned?.['membership']),
      events.map((_, i) => (i < join ? 'leave' : 'join')),
    )
  })

  test('a redaction without a transaction id is made as often as it is asked for', async () => {
    const roomId = await alice.createRoom({ preset: 'public_chat' })
    const eventId = await alice.send(roomId, 'x')
    const path = roomPath(roomId, `/redact/${enc(eventId)}`)

    const one = await alice.post<{ event_id: string }>(path, { reason: 'first' })
    const two = await alice.post<{ event_id: string }>(path)

    assert.notEqual(one.event_id, two.event_id)
    assert.deepEqual((await alice.event(roomId, eventId)).content, {})
  })
})
