import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type WholeServer, wholeServer } from '../whole-server-fixture.ts'

const V1 = '/_synapse/admin/v1/rooms'

/** Three rooms that differ in what one can order by, and a caller. */
async function withRooms(server: WholeServer) {
  const admin = await server.person('admin', { admin: true })
  const [alice, bob] = [await server.person('alice'), await server.person('bob')]
  const names: Record<string, string> = {}
  const make = async (name: string, by: typeof alice, body: object) => {
    const id = await server.createRoom(by, body)
    names[id] = name
    return id
  }
  const apple = await make('apple', bob, {
    name: 'Apple Жук',
    visibility: 'public',
    room_alias_name: 'fruit',
  })
  const plain = await make('plain', alice, {
    preset: 'private_chat',
    creation_content: { 'm.federate': false },
  })
  const zebra = await make('zebra', alice, {
    name: 'zebra 100%',
    room_version: '9',
    initial_state: [
      { type: 'm.room.encryption', content: { algorithm: 'm.megolm.v1.aes-sha2' } },
      { type: 'm.room.guest_access', content: { guest_access: 'can_join' } },
      { type: 'm.room.history_visibility', content: { history_visibility: 'world_readable' } },
    ],
  })
  await server.join(bob, zebra)
  const list = async (query: string) => {
    const body = await server.ok('GET', `${V1}?${query}`, { token: admin.token })
    return { ...body, names: body.rooms.map((room: { room_id: string }) => names[room.room_id]).join(' ') }
  }
  return { admin, alice, bob, apple, plain, zebra, list }
}

databaseMatrix((open) => {
  test('a listed room says what Synapse says of it', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { list, apple, bob } = await withRooms(server)

    const state = `/_matrix/client/v3/rooms/${encodeURIComponent(apple)}/state`
    for (const topic of ['a', 'b', 'c'])
      await server.ok('PUT', `${state}/m.room.topic`, { token: bob.token, body: { topic } })

    const { rooms, ...page } = await list('search_term=apple')

    assert.deepEqual(page, { names: 'apple', offset: 0, total_rooms: 1 })
    const { state_events: stateEvents, version, ...room } = rooms[0]
    assert.equal(version, server.config.rooms.defaultVersion)
    assert.equal(stateEvents, (await server.ok('GET', state, { token: bob.token })).length, 'the topic once')
    assert.deepEqual(room, {
      room_id: apple,
      name: 'Apple Жук',
      canonical_alias: '#fruit:test',
      joined_members: 1,
      joined_local_members: 1,
      creator: bob.userId,
      encryption: null,
      federatable: true,
      public: true,
      join_rules: 'public',
      guest_access: 'forbidden',
      history_visibility: 'shared',
      room_type: null,
    })
  })

  test('rooms go by every order, in both directions', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { list, plain, zebra, apple } = await withRooms(server)
    const name = (id: string) => (id === plain ? 'plain' : id === zebra ? 'zebra' : 'apple')
    const byId = (...ids: string[]) =>
      ids
        .toSorted((a, b) => (a < b ? -1 : 1))
        .map(name)
        .join(' ')
    const byIdDown = (...ids: string[]) =>
      ids
        .toSorted((a, b) => (a < b ? 1 : -1))
        .map(name)
        .join(' ')
    const forwards: Record<string, string> = {
      name: 'plain apple zebra',
      alphabetical: 'plain apple zebra',
      canonical_alias: `${byId(plain, zebra)} apple`,
      joined_members: `zebra ${byIdDown(plain, apple)}`,
      joined_local_members: `zebra ${byIdDown(plain, apple)}`,
      size: `zebra ${byIdDown(plain, apple)}`,
      version: `zebra ${byIdDown(plain, apple)}`,
      creator: `${byId(plain, zebra)} apple`,
      encryption: `${byId(plain, apple)} zebra`,
      federatable: `plain ${byId(zebra, apple)}`,
      public: `${byId(plain, zebra)} apple`,
      join_rules: `plain ${byId(zebra, apple)}`,
      guest_access: `${byId(plain, zebra)} apple`,
      history_visibility: `${byId(plain, apple)} zebra`,
    }
    for (const [order, expected] of Object.entries(forwards)) {
      assert.equal((await list(`order_by=${order}`)).names, expected, order)
      const backwards = expected.split(' ').reverse().join(' ')
      assert.equal((await list(`order_by=${order}&dir=b`)).names, backwards, `${order} backwards`)
    }
    const { rooms } = await list('order_by=state_events')
    const counts = rooms.map((room: { state_events: number }) => room.state_events)
    assert.deepEqual(
      counts,
      counts.toSorted((a: number, b: number) => b - a),
    )
  })

  test('search looks at name, alias and id; pages lead to each other', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { list, plain, bob, apple } = await withRooms(server)

    for (const [term, found] of [
      ['ZEBRA', 'zebra'],
      ['Ж', 'apple'],
      ['fRui', 'apple'],
      ['#fruit:test', ''],
      ['%', 'zebra'],
      ['_', ''],
      [plain, 'plain'],
      [plain.toUpperCase() === plain ? `${plain}x` : plain.toUpperCase(), ''],
    ] as const)
      assert.equal((await list(`search_term=${encodeURIComponent(term)}`)).names, found, term)
    assert.equal((await list('public_rooms=true')).names, 'apple')
    assert.equal((await list('public_rooms=false')).names, 'plain zebra')
    await server.ok('POST', `${server.room(apple)}/leave`, { token: bob.token, body: {} })
    assert.equal((await list('empty_rooms=true')).names, 'apple')
    assert.equal((await list('empty_rooms=false&search_term=e')).names, 'zebra')

    const { rooms: _, ...middle } = await list('from=1&limit=1')
    assert.deepEqual(middle, { names: 'apple', offset: 1, total_rooms: 3, next_batch: 2, prev_batch: 0 })
    assert.equal((await list('limit=0')).next_batch, 0)
    assert.equal((await list('from=2')).next_batch, undefined)
  })

  test('wrong parameters are refused, and so is who is no administrator', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { admin, alice, zebra } = await withRooms(server)
    for (const query of [
      'order_by=x',
      'dir=x',
      'from=-1',
      'limit=-1',
      'limit=a',
      'search_term=',
      'public_rooms=1',
    ]) {
      const { status, body } = await server.call('GET', `${V1}?${query}`, { token: admin.token })
      assert.deepEqual([status, body.errcode], [400, 'M_INVALID_PARAM'], query)
    }
    const paths = [V1, `${V1}/${zebra}`, `${V1}/${zebra}/members`, `${V1}/${zebra}/state`]
    for (const path of [...paths, `${V1}/${zebra}/messages`, `${V1}/${zebra}/block`]) {
      assert.equal((await server.call('GET', path)).body.errcode, 'M_MISSING_TOKEN')
      assert.equal((await server.call('GET', path, { token: alice.token })).body.errcode, 'M_FORBIDDEN')
    }
  })
})
