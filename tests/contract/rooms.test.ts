/** What the contract says of rooms that no other test shows. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { answerProblems } from '@ranvier/admin-api/openapi/check-answer'
import { type Client, type ClientEvent, matrixError, type Ranvier, serverMatrix } from '@ranvier/testkit'

const V1 = '/_synapse/admin/v1'
const CLIENT = '/_matrix/client/v3'
const enc = encodeURIComponent

interface Page {
  chunk: ClientEvent[]
  start: string
  end?: string
}

serverMatrix((start) => {
  let server: Ranvier
  let admin: Client
  let ann: Client
  before(async () => {
    server = await start()
    admin = await server.registerAdmin()
    ann = await server.register('ann')
  })

  test('a room shows everything it is', async () => {
    const bob = await server.register('bob')
    const roomId = await ann.createRoom({
      name: 'Garden',
      topic: 'Roses',
      room_alias_name: 'garden',
      visibility: 'public',
      preset: 'public_chat',
      room_version: '11',
      creation_content: { type: 'org.example.garden' },
      initial_state: [
        { type: 'm.room.avatar', state_key: '', content: { url: 'mxc://ranvier.test/rose' } },
        { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } },
      ],
    })
    await bob.join(roomId)

    const room = await admin.get(`${V1}/rooms/${roomId}`)

    assert.deepEqual(answerProblems('getRoom', 200, room), [])
    assert.deepEqual(room, {
      room_id: roomId,
      name: 'Garden',
      canonical_alias: `#garden:${server.serverName}`,
      joined_members: 2,
      joined_local_members: 2,
      joined_local_devices: 2,
      version: '11',
      creator: ann.userId,
      encryption: 'm.megolm.v1.aes-sha2',
      federatable: true,
      public: true,
      join_rules: 'public',
      guest_access: 'forbidden',
      history_visibility: 'shared',
      state_events: (
        (await ann.get<unknown[]>(`${CLIENT}/rooms/${enc(roomId)}/state`)) as unknown as unknown[]
      ).length,
      room_type: 'org.example.garden',
      avatar: 'mxc://ranvier.test/rose',
      topic: 'Roses',
      forgotten: false,
      tombstoned: false,
      replacement_room: null,
    })
  })

  test('events are shown as clients know them', async () => {
    const roomId = await ann.createRoom({ name: 'Seen' })
    const eventId = await ann.send(roomId, 'hello')
    const ownView = await ann.event(roomId, eventId)

    const { state } = await admin.get<{ state: ClientEvent[] }>(
      `${V1}/rooms/${roomId}/state?type=m.room.name`,
    )
    const { event } = await admin.get<{ event: ClientEvent }>(`${V1}/rooms/${roomId}/context/${enc(eventId)}`)

    const [name] = state
    assert.deepEqual(
      [name!.type, name!.state_key, name!.sender, name!.room_id, name!.content],
      ['m.room.name', '', ann.userId, roomId, { name: 'Seen' }],
    )
    for (const each of [name!, event]) {
      assert.match(each.event_id, /^\$/)
      assert.equal(typeof each.origin_server_ts, 'number')
      for (const key of ['auth_events', 'prev_events', 'hashes', 'signatures', 'depth'])
        assert.equal(key in each, false, key)
    }
    const { unsigned: _, ...seen } = event
    const { unsigned: __, ...own } = ownView
    assert.deepEqual(seen, own)
  })

  test('a history is read to its end, in both directions', async () => {
    const roomId = await ann.createRoom()
    for (let i = 0; i < 5; i++) await ann.send(roomId, `${i}`)
    const whole = (await ann.history(roomId)).map(({ event_id: id }) => id)
    const read = async (dir: string, more = '') => {
      const found: string[] = []
      let from = ''
      for (;;) {
        const page: Page = await admin.get(`${V1}/rooms/${roomId}/messages?limit=3&dir=${dir}${from}${more}`)
        assert.deepEqual(answerProblems('getRoomMessages', 200, page), [])
        found.push(...page.chunk.map(({ event_id: id }) => id))
        if (page.end === undefined) return found
        from = `&from=${page.end}`
      }
    }

    assert.deepEqual(await read('f'), whole)
    assert.deepEqual(await read('b'), whole.toReversed())
    const filter = enc(JSON.stringify({ types: ['m.room.message'] }))
    assert.deepEqual(await read('b', `&filter=${filter}`), whole.slice(-5).toReversed())
    const last = whole.at(-2)!
    const context = await admin.get<{ start: string; end: string; events_after: ClientEvent[] }>(
      `${V1}/rooms/${roomId}/context/${enc(last)}?limit=2`,
    )
    assert.deepEqual(answerProblems('getRoomContext', 200, context), [])
    const before: Page = await admin.get(`${V1}/rooms/${roomId}/messages?dir=b&limit=1&from=${context.start}`)
    const after: Page = await admin.get(`${V1}/rooms/${roomId}/messages?dir=f&limit=1&from=${context.end}`)
    assert.equal(before.chunk[0]?.event_id, whole.at(-4))
    assert.deepEqual(after.chunk, [])
  })

  test('what a user is to each room is one of five words', async () => {
    const eve = await server.register('eve')
    const rooms: Record<string, string> = {}
    const make = async (word: string, options: Record<string, unknown> = {}) =>
      (rooms[word] = await ann.createRoom({ preset: 'public_chat', ...options }))
    await eve.join(await make('join'))
    await eve.join(await make('leave'))
    await eve.leave(rooms['leave']!)
    await make('invite', { invite: [eve.userId] })
    await ann.post(`${CLIENT}/rooms/${enc(await make('ban'))}/ban`, { user_id: eve.userId })
    const knocking = [{ type: 'm.room.join_rules', state_key: '', content: { join_rule: 'knock' } }]
    await eve.post(`${CLIENT}/knock/${enc(await make('knock', { initial_state: knocking }))}`)

    const { memberships } = await admin.get(`${V1}/users/${eve.userId}/memberships`)

    assert.deepEqual(memberships, Object.fromEntries(Object.entries(rooms).map(([word, id]) => [id, word])))
    const joined = await admin.get(`${V1}/users/${eve.userId}/joined_rooms`)
    assert.deepEqual(joined, { joined_rooms: [rooms['join']], total: 1 })
  })

  test('who cannot be invited is given no power', async () => {
    const mallory = await server.register('mallory')
    const roomId = await ann.createRoom({ preset: 'private_chat', room_version: '11' })
    await ann.post(`${CLIENT}/rooms/${enc(roomId)}/ban`, { user_id: mallory.userId })

    const asking = admin.post(`${V1}/rooms/${roomId}/make_room_admin`, { user_id: mallory.userId })

    await assert.rejects(asking, matrixError(403, 'M_FORBIDDEN'))
    const levels = await ann.get<{ users: object }>(
      `${CLIENT}/rooms/${enc(roomId)}/state/m.room.power_levels/`,
    )
    assert.deepEqual(levels.users, { [ann.userId]: 100 })
  })

  test('a suspended user is not brought into rooms', async () => {
    const sue = await server.register('sue')
    const roomId = await ann.createRoom({ preset: 'public_chat' })
    await admin.put(`${V1}/suspend/${sue.userId}`, { suspend: true })

    const joining = admin.post(`${V1}/join/${roomId}`, { user_id: sue.userId })

    await assert.rejects(joining, matrixError(403, 'M_USER_SUSPENDED'))
    const { members } = await admin.get<{ members: string[] }>(`${V1}/rooms/${roomId}/members`)
    assert.deepEqual(members, [ann.userId])
  })

  test('an administrator who is shadow-banned can bring others into closed rooms', async () => {
    const shade = await server.registerAdmin('shade')
    const ivy = await server.register('ivy')
    const roomId = await shade.createRoom({ preset: 'private_chat' })
    await admin.post(`${V1}/users/${shade.userId}/shadow_ban`)

    assert.deepEqual(await shade.post(`${V1}/join/${roomId}`, { user_id: ivy.userId }), { room_id: roomId })

    const { members } = await admin.get<{ members: string[] }>(`${V1}/rooms/${roomId}/members`)
    assert.deepEqual(members.toSorted(), [ivy.userId, shade.userId])
  })
})
