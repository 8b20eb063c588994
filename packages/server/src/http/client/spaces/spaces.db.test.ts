import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type TestServer, testServer } from '../rooms/test-server.ts'

const V1 = '/_matrix/client/v1'
const SPACE = { creation_content: { type: 'm.space' } }

const put = (server: TestServer, space: string, child: string, content: object = {}) =>
  server.set('alice', space, 'm.space.child', { via: ['test'], ...content }, child)
const hierarchy = (server: TestServer, by: string, roomId: string, query = '') =>
  server.ok(by, 'GET', `${V1}${server.room(roomId)}/hierarchy${query}`)
const idsOf = (page: { rooms: { room_id: string }[] }) => page.rooms.map(({ room_id }) => room_id)
const said = ({ status, body }: { status: number; body: { errcode?: string } }) => `${status} ${body.errcode}`

const restrictedTo = (roomId: string, join_rule = 'restricted') => ({
  preset: 'private_chat',
  initial_state: [
    {
      type: 'm.room.join_rules',
      state_key: '',
      content: { join_rule, allow: [{ type: 'm.room_membership', room_id: roomId }] },
    },
    { type: 'm.room.history_visibility', state_key: '', content: { history_visibility: 'joined' } },
  ],
})

databaseMatrix((open) => {
  test('a space is walked depth first, page by page, and shows what each may know of', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const space = await server.create('alice', { ...SPACE, name: 'Top' })
    const sub = await server.create('alice', SPACE)
    const open_ = await server.create('alice', { name: 'Open', topic: 'To all' })
    const secret = await server.create('alice', { preset: 'private_chat' })
    const members = await server.create('alice', { ...restrictedTo(space), name: 'Members' })
    await put(server, space, sub, { order: 'a' })
    await put(server, space, secret, { order: 'b' })
    await put(server, space, members, { order: 'c', suggested: true })
    await put(server, sub, open_)
    await put(server, space, '!unknown:elsewhere', { via: ['elsewhere'] })
    await put(server, sub, space) // a circle

    assert.deepEqual(idsOf(await hierarchy(server, 'alice', space)), [space, sub, open_, secret, members])
    assert.deepEqual(idsOf(await hierarchy(server, 'bob', space)), [space, sub, open_])
    await server.join('bob', space)
    const page = await hierarchy(server, 'bob', space)
    assert.deepEqual(idsOf(page), [space, sub, open_, members])
    assert.equal(page.rooms[0].room_type, 'm.space')
    assert.equal(page.rooms[0].children_state.length, 4)
    assert.equal(typeof page.rooms[0].children_state[0].origin_server_ts, 'number')
    assert.deepEqual(page.rooms[3].allowed_room_ids, [space])
    assert.equal(page.rooms[3].join_rule, 'restricted')
    assert.equal(page.rooms[2].topic, 'To all')

    assert.deepEqual(idsOf(await hierarchy(server, 'bob', space, '?max_depth=1')), [space, sub, members])
    assert.deepEqual(idsOf(await hierarchy(server, 'bob', space, '?suggested_only=true')), [space, members])
    const seen: string[] = []
    let from = ''
    do {
      const next = await hierarchy(server, 'bob', space, `?limit=2${from}`)
      seen.push(...idsOf(next))
      from = next.next_batch === undefined ? '' : `&from=${next.next_batch}`
    } while (from !== '')
    assert.deepEqual(seen, [space, sub, open_, members])

    const first = await hierarchy(server, 'bob', space, '?limit=1')
    const call = (by: string, roomId: string, query: string) =>
      server.call(by, 'GET', `${V1}${server.room(roomId)}/hierarchy${query}`)
    for (const query of [
      `?suggested_only=true&from=${first.next_batch}`,
      '?from=x',
      '?limit=0',
      '?max_depth=-1',
    ])
      assert.equal(said(await call('bob', space, query)), '400 M_INVALID_PARAM', query)
    assert.equal(said(await call('bob', secret, '')), '403 M_FORBIDDEN')
    assert.equal(said(await call('bob', '!nothing:test', '')), '403 M_FORBIDDEN')
  })

  test('a room is summed up for who may know of it, by id and by alias, with and without a token', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const space = await server.create('alice', SPACE)
    const roomId = await server.create('alice', { name: 'Open', room_alias_name: 'open' })
    const secret = await server.create('alice', { preset: 'private_chat' })
    const members = await server.create('alice', {
      ...restrictedTo(space),
      name: 'Members',
    })
    const knock = await server.create('alice', restrictedTo(space, 'knock_restricted'))
    const summary = (by: string | null, idOrAlias: string) =>
      server.call(by, 'GET', `${V1}/room_summary/${encodeURIComponent(idOrAlias)}`)

    const { status, body } = await summary('bob', '#open:test')
    assert.equal(status, 200)
    assert.equal(body.room_id, roomId)
    assert.equal(body.name, 'Open')
    assert.equal(body.membership, 'leave')
    assert.equal(body.room_version, '11')
    assert.equal((await summary('alice', roomId)).body.membership, 'join')
    assert.equal('membership' in (await summary(null, roomId)).body, false)
    for (const by of ['bob', null])
      for (const unknown of [secret, '#none:test', '!none:test'])
        assert.equal(said(await summary(by, unknown)), '404 M_NOT_FOUND')
    assert.equal(said(await summary('bob', 'x')), '400 M_INVALID_PARAM')
    await server.invite('alice', secret, 'bob')
    assert.equal((await summary('bob', secret)).body.membership, 'invite')
    assert.equal(said(await summary('bob', members)), '404 M_NOT_FOUND')
    assert.equal((await summary(null, knock)).status, 200)
    await server.join('bob', space)
    assert.deepEqual((await summary('bob', members)).body.allowed_room_ids, [space])
    const old = `/_matrix/client/unstable/im.nheko.summary/summary/${encodeURIComponent(roomId)}`
    assert.equal((await server.ok('bob', 'GET', old))['im.nheko.summary.room_version'], '11')
  })

  test('members of an allowed room join a restricted room, with one of ours to vouch for them', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const space = await server.create('alice', SPACE)
    for (const join_rule of ['restricted', 'knock_restricted']) {
      const roomId = await server.create('alice', restrictedTo(space, join_rule))
      const join = (by: string) => server.call(by, 'POST', `/join/${encodeURIComponent(roomId)}`, {})
      assert.equal(said(await join('bob')), '403 M_FORBIDDEN')
      const knocked = await server.call('carol', 'POST', `/knock/${encodeURIComponent(roomId)}`, {})
      assert.equal(knocked.status, join_rule === 'restricted' ? 403 : 200)

      await server.join('bob', space)
      assert.equal((await join('bob')).status, 200)
      const member = await server.ok('alice', 'GET', `${server.room(roomId)}/state/m.room.member/@bob:test`)
      assert.equal(member.join_authorised_via_users_server, '@alice:test')
      await server.leave('bob', space)
    }
  })

  test('two users are told which rooms they share', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const shared: string[] = []
    for (let i = 0; i < 3; i++) shared.push(await server.create('alice'))
    const left = await server.create('alice')
    for (const roomId of [...shared, left]) await server.join('bob', roomId)
    await server.leave('bob', left)
    await server.create('alice')
    const mutual = (by: string, query: string) => server.call(by, 'GET', `${V1}/mutual_rooms${query}`)

    const { body } = await mutual('alice', '?user_id=%40bob:test')
    assert.deepEqual(body, { joined: shared.toSorted(), count: 3 })
    assert.deepEqual((await mutual('alice', '?user_id=%40nobody:test')).body, { joined: [], count: 0 })
    assert.equal(said(await mutual('alice', '?user_id=%40alice:test')), '400 M_INVALID_PARAM')
    assert.equal(said(await mutual('alice', '?user_id=bob')), '400 M_INVALID_PARAM')
    assert.equal(said(await mutual('alice', '')), '400 M_MISSING_PARAM')
    assert.equal(said(await mutual('alice', '?user_id=%40bob:test&from=x')), '400 M_INVALID_PARAM')
  })
})
