import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { requesterOf, type TestEvent, untilWaiting, watched } from '../../../sync/fixture.ts'
import { type Answer, enc, testServer } from '../client-data/test-server.ts'

const alice = requesterOf('alice')
const bob = requesterOf('bob')
const carol = requesterOf('carol')

const PATH = '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync'
const ALL = { ranges: [[0, 99]], timeline_limit: 5, required_state: [['*', '*']] }

async function open(storage: Storage) {
  const server = await testServer(storage)
  const ask = (token: string, body: object, query = ''): Promise<Answer> =>
    server.call(token, 'POST', `${PATH}${query}`, body)
  return {
    ...server,
    ask,
    /** The body of a 200. */
    async sliding(token: string, body: object, pos?: string, timeoutMs = 0) {
      const query = `?timeout=${timeoutMs}${pos === undefined ? '' : `&pos=${enc(pos)}`}`
      const { status, body: answer } = await ask(token, body, query)
      assert.equal(status, 200, JSON.stringify(answer))
      return answer
    },
  }
}

const texts = (room: { timeline: TestEvent[] } | undefined) =>
  (room?.timeline ?? []).flatMap((event) => (event.type === 'm.room.message' ? [event.content['body']] : []))

databaseMatrix((openStorage) => {
  test('a list shows the liveliest rooms whole, then only what is new in them', async () => {
    await using storage = await openStorage()
    await using server = await open(storage)
    const quiet = await server.create(alice, { name: 'Quiet' })
    const lively = await server.create(alice, { name: 'Lively' })
    await server.join(bob, quiet)
    await server.join(bob, lively)
    await server.say(alice, lively, 'one')
    const body = { lists: { all: { ...ALL, ranges: [[0, 0]] } } }

    const first = await server.sliding('bob', body)
    assert.equal(first.lists.all.count, 2)
    assert.deepEqual(first.lists.all.ops, [{ op: 'SYNC', range: [0, 0], room_ids: [lively] }])
    assert.deepEqual(Object.keys(first.rooms), [lively])
    const room = first.rooms[lively]
    assert.equal(room.initial, true)
    assert.equal(room.name, 'Lively')
    assert.equal(room.joined_count, 2)
    assert.equal(room.notification_count, 1)
    assert.equal(room.num_live, 0)
    assert.deepEqual(texts(room), ['one'])
    assert.ok(room.required_state.some((event: TestEvent) => event.type === 'm.room.create'))
    assert.equal(room.timeline.at(-1).room_id, undefined)

    await server.say(alice, lively, 'two')
    const second = await server.sliding('bob', body, first.pos)
    assert.deepEqual(texts(second.rooms[lively]), ['two'])
    assert.equal(second.rooms[lively].initial, undefined)
    assert.equal(second.rooms[lively].num_live, 1)
    assert.deepEqual(second.rooms[lively].required_state, [])
    assert.ok(second.rooms[lively].bump_stamp > room.bump_stamp)

    const third = await server.sliding('bob', body, second.pos)
    assert.deepEqual([third.pos, third.rooms, third.lists.all.count], [second.pos, {}, 2])

    // The other one goes to the top, and the first out of sight: what it misses comes when it is back.
    await server.say(alice, quiet, 'hush')
    const fourth = await server.sliding('bob', body, third.pos)
    assert.deepEqual(Object.keys(fourth.rooms), [quiet])
    assert.equal(fourth.rooms[quiet].initial, true)
    await server.say(alice, lively, 'three')
    await server.say(alice, quiet, 'hush hush')
    const fifth = await server.sliding('bob', body, fourth.pos)
    assert.deepEqual(Object.keys(fifth.rooms), [quiet])
    const wide = { lists: { all: ALL } }
    const sixth = await server.sliding('bob', wide, fifth.pos)
    assert.deepEqual(Object.keys(sixth.rooms), [lively])
    assert.deepEqual([texts(sixth.rooms[lively]), sixth.rooms[lively].initial], [['three'], undefined])
  })

  test('an answer that was lost is given again; a position that is gone is unknown', async () => {
    await using storage = await openStorage()
    await using server = await open(storage)
    const roomId = await server.create(alice)
    const body = { lists: { all: ALL } }
    const first = await server.sliding('alice', body)
    await server.say(alice, roomId, 'x')
    const lost = await server.sliding('alice', body, first.pos)
    const again = await server.sliding('alice', body, first.pos)
    assert.deepEqual(again.rooms[roomId].timeline, lost.rooms[roomId].timeline)
    await server.say(alice, roomId, 'y')
    // Both answers to the first position are good to go on from, until the client has chosen.
    assert.deepEqual(texts((await server.sliding('alice', body, lost.pos)).rooms[roomId]), ['y'])
    const unknown = async (pos: string, more: object = {}) => {
      const { status, body: error } = await server.ask('alice', { ...body, ...more }, `?pos=${enc(pos)}`)
      return [status, error.errcode]
    }
    assert.deepEqual(await unknown(again.pos), [400, 'M_UNKNOWN_POS'])
    assert.deepEqual(await unknown('nonsense'), [400, 'M_UNKNOWN_POS'])
    assert.deepEqual(await unknown(lost.pos, { conn_id: 'other' }), [400, 'M_UNKNOWN_POS'])
    const anew = await server.sliding('alice', body)
    assert.equal(anew.rooms[roomId].initial, true)
    assert.deepEqual(await unknown(lost.pos), [400, 'M_UNKNOWN_POS'])
  })

  test('connections are bounded, each device by itself, and end when nobody uses them for a day', async () => {
    await using storage = await openStorage()
    await using server = await open(storage)
    await server.create(alice)
    const body = { lists: { all: ALL } }
    const other = await server.sliding('alice/phone', body)
    const positions: string[] = []
    for (let i = 0; i < 20; i++)
      positions.push((await server.sliding('alice', { ...body, conn_id: `c${i}` })).pos)
    assert.equal(server.connections.size, 9)
    assert.equal(server.connections.rooms, 9)
    const oldest = await server.ask('alice', { ...body, conn_id: 'c0' }, `?pos=${enc(positions[0]!)}`)
    assert.equal(oldest.body.errcode, 'M_UNKNOWN_POS')
    await server.sliding('alice', { ...body, conn_id: 'c19' }, positions[19])
    await server.sliding('alice/phone', body, other.pos)
    assert.equal(server.connections.rooms, 9)
    server.clock.advance(20 * 3_600_000)
    const last = await server.sliding('alice/phone', body, other.pos)
    server.clock.advance(5 * 3_600_000)
    await server.sliding('bob', body)
    assert.equal(server.connections.size, 2, 'the one that was used 5 hours ago, and the new one')
    await server.sliding('alice/phone', body, last.pos)
  })

  test('neither ever new state that is asked for nor windows one upon another grow without end', async () => {
    await using storage = await openStorage()
    await using server = await open(storage)
    for (let i = 0; i < 3; i++) await server.create(alice)
    const asking = (i: number) => ({
      lists: { l: { ranges: [[0, 0]], required_state: [[`${'x'.repeat(6_000)}${i}`, '']] } },
    })
    let pos: string | undefined
    for (let i = 0; i < 10; i++) pos = (await server.sliding('alice', asking(i), pos)).pos
    // What was confirmed and what the answers on their way add, of some 6 or 12 thousand characters each.
    const weight = server.connections.rooms
    for (let i = 10; i < 20; i++) pos = (await server.sliding('alice', asking(i), pos)).pos
    assert.equal(server.connections.rooms, weight)
    assert.ok(weight <= 2 * 17, String(weight))

    const ranges = Array.from({ length: 100 }, () => [0, 9])
    const { lists } = await server.sliding('alice', { lists: { l: { ...ALL, ranges } } })
    const sizes = lists.l.ops.map(({ room_ids }: { room_ids: string[] }) => room_ids.length)
    assert.deepEqual([sizes.length, ...sizes.slice(0, 4)], [100, 3, 3, 0, 0])
  })

  test('a request waits for news in sight and for nothing else', async () => {
    await using storage = await openStorage()
    await using server = await open(storage)
    const hidden = await server.create(alice)
    const roomId = await server.create(alice)
    await server.join(bob, hidden)
    await server.join(bob, roomId)
    const body = { lists: { all: { ...ALL, filters: { is_encrypted: true } } } }
    const first = await server.sliding('bob', body)
    assert.deepEqual([first.lists.all.count, first.rooms], [0, {}])
    const waiting = server.sliding('bob', body, first.pos, 30_000)
    await untilWaiting(server, 1)
    await server.say(alice, hidden, 'not for you')
    await untilWaiting(server, 1)
    const algorithm = 'm.megolm.v1.aes-sha2'
    await server.set(alice, roomId, 'm.room.encryption', { algorithm })
    const news = await waiting
    assert.deepEqual([news.lists.all.count, Object.keys(news.rooms)], [1, [roomId]])

    const idle = server.sliding('bob', body, news.pos, 30_000)
    await untilWaiting(server, 1)
    server.clock.advance(30_000)
    assert.deepEqual((await idle).rooms, {})
    // Who asks for something else is answered at once.
    const wider = await server.sliding('bob', { lists: { all: ALL } }, news.pos, 30_000)
    assert.deepEqual(Object.keys(wider.rooms), [hidden])
  })

  test('required state: by name, by wildcard, myself, and who speaks; what is asked later comes later', async () => {
    await using storage = await openStorage()
    await using server = await open(storage)
    const roomId = await server.create(alice, { name: 'N' })
    for (const who of [bob, carol]) await server.join(who, roomId)
    for (let i = 0; i < 3; i++) await server.say(carol, roomId, `m${i}`)
    const keys = (room: { required_state: TestEvent[] }) =>
      room.required_state.map(({ type, state_key }) => `${type} ${state_key}`).sort()
    const wanting = (...required: string[][]) => ({
      lists: { all: { ranges: [[0, 9]], timeline_limit: 2, required_state: required } },
    })
    const asked = async (...required: string[][]) =>
      keys((await server.sliding('bob', wanting(...required))).rooms[roomId])
    const named = ['m.room.create ', 'm.room.name ']
    assert.deepEqual(await asked(['m.room.name', ''], ['m.room.create', ''], ['m.room.topic', '']), named)
    const mine = await asked(['m.room.member', '$ME'])
    assert.deepEqual(mine, [`m.room.member ${bob.userId}`])
    assert.deepEqual(await asked(['*', carol.userId]), [`m.room.member ${carol.userId}`])
    assert.equal((await asked(['m.room.member', '*'])).length, 3)
    const lazy = await asked(['*', '*'], ['m.room.member', '$LAZY'], ['m.room.member', '$ME'])
    assert.ok(lazy.includes('m.room.power_levels '))
    assert.deepEqual(
      lazy.filter((key) => key.startsWith('m.room.member')),
      [`m.room.member ${bob.userId}`, `m.room.member ${carol.userId}`],
    )

    const narrow = wanting(['m.room.name', ''], ['m.room.member', '$LAZY'])
    const first = await server.sliding('bob', narrow)
    await server.say(alice, roomId, 'from alice')
    await server.set(alice, roomId, 'm.room.topic', { topic: 'not asked for' })
    const second = await server.sliding('bob', narrow, first.pos)
    assert.deepEqual(keys(second.rooms[roomId]), [`m.room.member ${alice.userId}`])
    await server.say(alice, roomId, 'again')
    const third = await server.sliding('bob', narrow, second.pos)
    assert.deepEqual(keys(third.rooms[roomId]), [])
    const wider = wanting(['m.room.name', ''], ['m.room.member', '$LAZY'], ['m.room.topic', ''])
    const fourth = await server.sliding('bob', wider, third.pos)
    assert.deepEqual(keys(fourth.rooms[roomId]), ['m.room.topic '])
    assert.deepEqual((await server.sliding('bob', wider, fourth.pos)).rooms, {})
  })

  test('a room that is looked into gets a longer timeline, and a gap is marked', async () => {
    await using storage = await openStorage()
    await using server = await open(storage)
    const roomId = await server.create(alice)
    for (let i = 0; i < 10; i++) await server.say(alice, roomId, `m${i}`)
    const list = { lists: { all: { ranges: [[0, 9]], timeline_limit: 1 } } }
    const first = await server.sliding('alice', list)
    assert.deepEqual([texts(first.rooms[roomId]), first.rooms[roomId].limited], [['m9'], true])
    const inside = { ...list, room_subscriptions: { [roomId]: { timeline_limit: 4 } } }
    const second = await server.sliding('alice', inside, first.pos)
    assert.deepEqual(texts(second.rooms[roomId]), ['m6', 'm7', 'm8', 'm9'])
    assert.equal(second.rooms[roomId].unstable_expanded_timeline, true)
    assert.equal(second.rooms[roomId].num_live, 0)
    assert.deepEqual((await server.sliding('alice', inside, second.pos)).rooms, {})
    for (let i = 0; i < 3; i++) await server.say(alice, roomId, `n${i}`)
    const third = await server.sliding('alice', list, second.pos)
    const room = third.rooms[roomId]
    assert.deepEqual([texts(room), room.limited, room.num_live], [['n2'], true, 1])
    const before = await server.reads.roomEvents.timeline(roomId, { limit: 2, dir: 'b' })
    assert.equal(before[0]!.event.content['body'], 'n2')
    assert.match(room.prev_batch, /^s1_/)
  })

  test('invites, knocks, leaving and being thrown out', async () => {
    await using storage = await openStorage()
    await using server = await open(storage)
    const body = { lists: { all: ALL } }
    const knocking = { type: 'm.room.join_rules', stateKey: '', content: { join_rule: 'knock' } }
    const club = await server.create(alice, { name: 'Club', initialState: [knocking] })
    const roomId = await server.create(alice, {
      preset: 'private_chat',
      name: 'Party',
      invite: [bob.userId],
    })
    await server.change(bob, club, bob, 'knock')
    const first = await server.sliding('bob', body)
    assert.deepEqual(Object.keys(first.rooms).sort(), [club, roomId].sort())
    const invite = first.rooms[roomId]
    assert.equal(invite.name, 'Party')
    assert.equal(invite.timeline, undefined)
    assert.ok(invite.invite_state.some((event: TestEvent) => event.content['membership'] === 'invite'))
    assert.ok(
      first.rooms[club].invite_state.some((event: TestEvent) => event.content['membership'] === 'knock'),
    )
    const invites = { lists: { all: { ...ALL, filters: { is_invite: true } } } }
    assert.deepEqual(Object.keys((await server.sliding('bob/2', invites)).rooms), [roomId])

    await server.join(bob, roomId)
    const joined = await server.sliding('bob', body, first.pos)
    assert.deepEqual([joined.rooms[roomId].initial, joined.rooms[roomId].joined_count], [true, 2])
    await server.say(alice, roomId, 'hi')
    await server.leave(bob, roomId)
    await server.say(alice, roomId, 'behind his back')
    const left = await server.sliding('bob', body, joined.pos)
    assert.deepEqual(texts(left.rooms[roomId]), ['hi'])
    assert.equal(left.rooms[roomId].timeline.at(-1).content.membership, 'leave')
    const after = await server.sliding('bob', body, left.pos)
    assert.equal(after.lists.all.count, 1)
    assert.equal((await server.sliding('bob', body)).lists.all.count, 1)

    await server.change(alice, club, bob, 'invite')
    await server.join(bob, club)
    const back = await server.sliding('bob', body)
    await server.change(alice, club, bob, 'ban')
    await server.say(alice, club, 'he is gone')
    const banned = await server.sliding('bob', body, back.pos)
    assert.equal(banned.rooms[club].timeline.at(-1).content.membership, 'ban')
    assert.deepEqual(texts(banned.rooms[club]), [])
    assert.deepEqual(Object.keys((await server.sliding('bob', body)).rooms), [club])
    await server.forget(bob, club)
    assert.equal((await server.sliding('bob', body)).lists.all.count, 0)
  })

  test('who left and came back gets the room anew; who declines hears that it is over', async () => {
    await using storage = await openStorage()
    await using server = await open(storage)
    const body = { lists: { all: ALL } }
    const roomId = await server.create(alice)
    await server.join(bob, roomId)
    const first = await server.sliding('bob', body)
    await server.leave(bob, roomId)
    await server.join(bob, roomId)
    const again = await server.sliding('bob', body, first.pos)
    assert.equal(again.rooms[roomId].initial, true)
    assert.ok(again.rooms[roomId].required_state.length > 4)

    const secret = await server.create(alice, { preset: 'private_chat', invite: [bob.userId] })
    const invited = await server.sliding('bob', body, again.pos)
    await server.leave(bob, secret)
    const declined = await server.sliding('bob', body, invited.pos)
    assert.equal(declined.rooms[secret].timeline.at(-1).content.membership, 'leave')
    assert.deepEqual(declined.rooms[secret].required_state, [])
  })

  test('filters by kind, name, tag, conversation and space', async () => {
    await using storage = await openStorage()
    await using server = await open(storage)
    const algorithm = 'm.megolm.v1.aes-sha2'
    const secret = await server.create(alice, {
      name: 'Secret garden',
      initialState: [{ type: 'm.room.encryption', stateKey: '', content: { algorithm } }],
    })
    const plain = await server.create(alice, { name: 'Plain' })
    const space = await server.create(alice, { name: 'Space', creationContent: { type: 'm.space' } })
    await server.set(alice, space, 'm.space.child', { via: ['test'] }, plain)
    await server.set(alice, space, 'm.space.child', {}, secret)
    await server.call('alice', 'PUT', `/user/${enc(alice.userId)}/rooms/${enc(plain)}/tags/u.work`, {})
    await server.call('alice', 'PUT', `/user/${enc(alice.userId)}/account_data/m.direct`, {
      [bob.userId]: [secret],
    })
    const found = async (filters: object) => {
      const { lists } = await server.sliding('alice', { lists: { l: { ...ALL, filters } } })
      return (lists.l.ops[0].room_ids as RoomId[]).toSorted()
    }
    assert.deepEqual(await found({}), [secret, plain, space].sort())
    assert.deepEqual(await found({ is_encrypted: true }), [secret])
    assert.deepEqual(await found({ is_encrypted: false }), [plain, space].sort())
    assert.deepEqual(await found({ is_dm: true }), [secret])
    assert.deepEqual(await found({ is_dm: false, not_room_types: ['m.space'] }), [plain])
    assert.deepEqual(await found({ room_types: ['m.space'] }), [space])
    assert.deepEqual(await found({ room_types: [null] }), [secret, plain].sort())
    assert.deepEqual(await found({ room_types: [null, 'm.space'], not_room_types: [null] }), [space])
    assert.deepEqual(await found({ room_name_like: 'GARDEN' }), [secret])
    assert.deepEqual(await found({ tags: ['u.work'] }), [plain])
    assert.deepEqual(await found({ not_tags: ['u.work'] }), [secret, space].sort())
    assert.deepEqual(await found({ spaces: [space] }), [plain])
    assert.deepEqual(await found({ spaces: ['!none:test'] }), [])
    const dm = await server.sliding('alice', { lists: { l: ALL } })
    assert.deepEqual([dm.rooms[secret].is_dm, dm.rooms[plain].is_dm], [true, undefined])
  })

  test('what makes no sense is refused in words', async () => {
    await using storage = await openStorage()
    await using server = await open(storage)
    const refusal = async (body: object, query = '') => (await server.ask('alice', body, query)).body.errcode
    assert.equal(await refusal({ lists: { l: { ranges: [[5, 1]] } } }), 'M_BAD_JSON')
    assert.equal(await refusal({ lists: { l: { ranges: [[-1, 1]] } } }), 'M_BAD_JSON')
    assert.equal(await refusal({ lists: { l: { timeline_limit: 1_001 } } }), 'M_BAD_JSON')
    assert.equal(await refusal({ lists: { ['x'.repeat(65)]: {} } }), 'M_BAD_JSON')
    const lists = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`l${i}`, {}]))
    assert.equal(await refusal({ lists }), 'M_BAD_JSON')
    assert.equal(await refusal({ lists: { l: { required_state: [['a']] } } }), 'M_BAD_JSON')
    const much = { required_state: [['x'.repeat(40_000), '']] }
    assert.equal(await refusal({ lists: { l: much } }), 'M_INVALID_PARAM')
    assert.equal(await refusal({ room_subscriptions: { nonsense: {} } }), 'M_INVALID_PARAM')
    const wrongToken = { extensions: { to_device: { enabled: true, since: 's1_0' } } }
    assert.equal(await refusal(wrongToken), 'M_INVALID_PARAM')
    assert.equal(await refusal({}, '?timeout=soon'), 'M_INVALID_PARAM')
    assert.equal(await refusal({ room_subscriptions: { '!unknown:test': {} } }), undefined)
  })

  test('a request without news reads nothing, however many rooms there are', async () => {
    await using opened = await openStorage()
    const { storage, reads } = watched(opened)
    await using server = await open(storage)
    for (let i = 0; i < 10; i++) await server.create(alice)
    const on = { enabled: true }
    const body = { lists: { all: ALL }, extensions: { account_data: on, receipts: on, typing: on, e2ee: on } }
    const first = await server.sliding('alice', body)
    reads.length = 0
    const second = await server.sliding('alice', body, first.pos)
    assert.deepEqual(reads, [])
    assert.equal(second.pos, first.pos)
  })
})
