import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type Person, type WholeServer, wholeServer } from '../whole-server-fixture.ts'

const V1 = '/_synapse/admin/v1'
const V2 = '/_synapse/admin/v2'

/** How many rows of each table have something of the user in them, where there is anything. */
async function rowsOf(storage: Storage, userId: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const [table, column] of [
    ['devices', 'user_id'],
    ['access_tokens', 'user_id'],
    ['refresh_tokens', 'user_id'],
    ['login_tokens', 'user_id'],
    ['dehydrated_devices', 'user_id'],
    ['device_keys', 'user_id'],
    ['one_time_keys', 'user_id'],
    ['fallback_keys', 'user_id'],
    ['to_device', 'user_id'],
    ['user_threepids', 'user_id'],
    ['account_data', 'user_id'],
    ['push_rules', 'user_id'],
    ['filters', 'user_id'],
    ['key_backup_sessions', 'user_id'],
    ['profile_fields', 'user_id'],
    ['user_external_ids', 'user_id'],
    ['ratelimit_overrides', 'user_id'],
  ]) {
    const sql = `SELECT COUNT(*) AS n FROM ${table} WHERE ${column} = ?`
    const row = await storage.write((tx) => tx.db.get<{ n: number }>(sql, userId))
    if (row!.n > 0) found[table!] = row!.n
  }
  return found
}

/** Bob as a long-time user: two devices, keys, data of every kind, rooms, an invite and a knock. */
async function busyBob(server: WholeServer) {
  const admin = await server.person('admin', { admin: true })
  const bob = await server.person('bob')
  const carol = await server.person('carol')
  const { token, userId } = bob
  const room = await server.createRoom(carol)
  await server.join(bob, room)
  const invited = await server.createRoom(carol, { preset: 'private_chat', invite: [userId] })
  const knocked = await server.createRoom(carol, {
    initial_state: [{ type: 'm.room.join_rules', content: { join_rule: 'knock' } }],
  })
  await server.ok('POST', `/knock/${encodeURIComponent(knocked)}`, { token, body: {} })
  await server.ok('PUT', `${V2}/users/${userId}`, {
    token: admin.token,
    body: {
      threepids: [{ medium: 'email', address: 'bob@example.org' }],
      external_ids: [{ auth_provider: 'oidc-x', external_id: 'bob' }],
    },
  })
  await server.ok('POST', `${V1}/users/${userId}/override_ratelimit`, { token: admin.token })
  await server.ok('POST', '/login', {
    body: { type: 'm.login.password', user: 'bob', password: 'pw-bob', refresh_token: true },
  })
  await server.ok('PUT', '/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device', {
    token,
    body: {
      device_id: 'DRY',
      device_data: { algorithm: 'a' },
      device_keys: { user_id: userId, device_id: 'DRY', algorithms: [], keys: {}, signatures: {} },
    },
  })
  await server.ok('PUT', `/user/${userId}/account_data/org.test`, { token, body: { a: 1 } })
  await server.ok('PUT', `/user/${userId}/account_data/m.ignored_user_list`, {
    token,
    body: { ignored_users: { '@spam:test': {} } },
  })
  await server.ok('PUT', `/user/${userId}/rooms/${encodeURIComponent(room)}/account_data/org.test`, {
    token,
    body: { b: 2 },
  })
  await server.ok('PUT', '/pushrules/global/underride/mine', {
    token,
    body: { actions: ['notify'], conditions: [] },
  })
  await server.ok('POST', `/user/${userId}/filter`, { token, body: { room: { timeline: { limit: 3 } } } })
  await server.ok('PUT', `/profile/${userId}/org.test.field`, { token, body: { 'org.test.field': 'x' } })
  await server.ok('PUT', `/sendToDevice/org.test/1`, {
    token: carol.token,
    body: { messages: { [userId]: { '*': { hello: 1 } } } },
  })
  await server.ok('POST', '/keys/upload', {
    token,
    body: { one_time_keys: { 'curve25519:AAAA': 'public' } },
  })
  const { version } = await server.ok('POST', '/room_keys/version', {
    token,
    body: { algorithm: 'm.megolm_backup.v1.curve25519-aes-sha2', auth_data: { public_key: 'x' } },
  })
  await server.ok('PUT', `/room_keys/keys/${encodeURIComponent(room)}/s?version=${version}`, {
    token,
    body: { first_message_index: 0, forwarded_count: 0, is_verified: false, session_data: {} },
  })
  return { admin, bob, carol, room, invited, knocked }
}

const memberOf = (server: WholeServer, by: Person, roomId: string, userId: string) =>
  server.ok('GET', `${server.room(roomId)}/state/m.room.member/${userId}`, { token: by.token })

databaseMatrix((open) => {
  test('a deactivated account keeps what others saw of it, and nothing of its own', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { admin, bob, carol, room, invited, knocked } = await busyBob(server)
    const { userId } = bob
    const said = await server.say(bob, room, 'said')
    const asAdmin = { token: admin.token }
    const before = await rowsOf(storage, userId)
    assert.equal(Object.keys(before).length, 15, JSON.stringify(before))
    const since = (await server.ok('GET', '/sync', { token: carol.token })).next_batch

    const answer = await server.ok('POST', `${V1}/deactivate/${userId}`, asAdmin)
    assert.deepEqual(answer, { id_server_unbind_result: 'success' })
    await server.jobsDone()

    assert.deepEqual(await rowsOf(storage, userId), {
      profile_fields: 1,
      user_external_ids: 1,
      ratelimit_overrides: 1,
    })
    const used = await server.call('GET', '/sync', { token: bob.token })
    assert.deepEqual([used.status, used.body.errcode, used.body.soft_logout], [401, 'M_UNKNOWN_TOKEN', false])
    const password = { type: 'm.login.password', user: 'bob', password: 'pw-bob' }
    const login = await server.call('POST', '/login', { body: password })
    assert.deepEqual([login.status, login.body.errcode], [403, 'M_FORBIDDEN'])
    for (const [roomId, name] of [
      [room, 'left'],
      [invited, 'turned down'],
      [knocked, 'withdrawn'],
    ] as const)
      assert.equal((await memberOf(server, carol, roomId, userId)).membership, 'leave', name)
    const rooms = await storage.read.members.roomsOf(userId)
    assert.ok(rooms.every(({ forgotten }) => forgotten))
    assert.equal((await server.event(carol, room, said)).content.body, 'said')
    assert.equal((await server.ok('GET', `/profile/${userId}`, { token: carol.token })).displayname, 'bob')
    const keys = await server.ok('POST', '/keys/query', {
      token: carol.token,
      body: { device_keys: { [userId]: [] } },
    })
    assert.deepEqual(keys.device_keys[userId] ?? {}, {})
    const news = await server.ok('GET', `/sync?since=${since}`, { token: carol.token })
    const { changed = [], left = [] } = news.device_lists
    assert.ok([...changed, ...left].includes(userId))
    const details = await server.ok('GET', `${V2}/users/${userId}`, asAdmin)
    assert.deepEqual(
      [details.deactivated, details.erased, details.threepids, details.external_ids.length],
      [true, false, [], 1],
    )
    const taken = await server.call('GET', `${V1}/username_available?username=bob`, asAdmin)
    assert.equal(taken.body.errcode, 'M_USER_IN_USE')
    const moved = await server.call('PUT', `${V2}/users/${carol.userId}`, {
      ...asAdmin,
      body: { threepids: [{ medium: 'email', address: 'bob@example.org' }] },
    })
    assert.equal(moved.status, 200)
  })

  test('an account opened again is empty, and finds no old data in any cache', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { admin, bob, room } = await busyBob(server)
    const { userId } = bob
    const asAdmin = { token: admin.token }
    // Everything that is remembered has been used.
    await server.ok('GET', '/sync', { token: bob.token })
    await server.ok('GET', '/pushrules/', { token: bob.token })
    await server.ok('POST', `${V1}/deactivate/${userId}`, asAdmin)
    await server.jobsDone()

    const opened = await server.ok('PUT', `${V2}/users/${userId}`, {
      ...asAdmin,
      body: { deactivated: false, password: 'again' },
    })

    assert.deepEqual([opened.deactivated, opened.threepids], [false, []])
    const session = await server.ok('POST', '/login', {
      body: { type: 'm.login.password', user: 'bob', password: 'again' },
    })
    const token = session.access_token
    assert.equal((await server.ok('GET', '/devices', { token })).devices.length, 1)
    assert.deepEqual((await server.ok('GET', '/joined_rooms', { token })).joined_rooms, [])
    for (const path of [
      `/user/${userId}/account_data/org.test`,
      `/user/${userId}/account_data/m.ignored_user_list`,
      `/user/${userId}/rooms/${encodeURIComponent(room)}/account_data/org.test`,
      '/pushrules/global/underride/mine',
      '/room_keys/version',
    ]) {
      const gone = await server.call('GET', path, { token })
      assert.deepEqual([gone.status, gone.body.errcode], [404, 'M_NOT_FOUND'], path)
    }
    const spam = await server.person('spam')
    const eventIn = await server.createRoom(spam)
    await server.join({ ...bob, token }, eventIn)
    const heard = await server.say(spam, eventIn, 'hello')
    const { rooms } = await server.ok('GET', '/sync', { token })
    const texts = rooms.join[eventIn].timeline.events.map((event: { event_id: string }) => event.event_id)
    assert.ok(texts.includes(heard), 'who was ignored is heard again')
  })

  test('an erased account has no name any more, and who comes later does not see what it said', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { admin, bob, carol, room } = await busyBob(server)
    const { userId } = bob
    const asAdmin = { token: admin.token }
    await server.ok('PUT', `/profile/${userId}/displayname`, {
      token: bob.token,
      body: { displayname: 'Robert' },
    })
    const said = await server.say(bob, room, 'said')
    const history = await storage.read.roomState.history(room, 'm.room.member', userId)

    await server.ok('POST', `${V1}/deactivate/${userId}`, { ...asAdmin, body: { erase: true } })
    await server.jobsDone()

    const details = await server.ok('GET', `${V2}/users/${userId}`, asAdmin)
    assert.deepEqual([details.displayname, details.avatar_url, details.erased], [null, null, true])
    assert.equal((await server.call('GET', `/profile/${userId}`, { token: carol.token })).status, 404)
    assert.deepEqual((await rowsOf(storage, userId))['profile_fields'], undefined)
    assert.equal(history.length, 2, 'joined, renamed')
    for (const row of await storage.read.rooms.eventsByNid(history.map(({ nid }) => nid))) {
      const event = await server.event(carol, room, row.eventId)
      assert.deepEqual(event.content, { membership: 'join' })
      assert.equal(event.unsigned.redacted_because.sender, userId)
    }
    assert.deepEqual(await memberOf(server, carol, room, userId), { membership: 'leave' })

    assert.equal((await server.event(carol, room, said)).content.body, 'said', 'who was there has heard it')
    const dave = await server.person('dave')
    await server.join(dave, room)
    assert.deepEqual((await server.event(dave, room, said)).content, {})

    await server.ok('PUT', `${V2}/users/${userId}`, { ...asAdmin, body: { deactivated: false } })
    assert.equal((await server.event(dave, room, said)).content.body, 'said', 'until it is opened again')
    assert.equal((await server.ok('GET', `${V2}/users/${userId}`, asAdmin)).erased, false)
  })

  test('users close their accounts by the same verb', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { admin, bob, room, carol } = await busyBob(server)

    const answer = await server.ok('POST', '/account/deactivate', {
      token: bob.token,
      body: {
        erase: true,
        auth: {
          type: 'm.login.password',
          identifier: { type: 'm.id.user', user: 'bob' },
          password: 'pw-bob',
        },
      },
    })
    await server.jobsDone()

    assert.equal(answer.id_server_unbind_result, 'success')
    assert.deepEqual(await memberOf(server, carol, room, bob.userId), { membership: 'leave' })
    const details = await server.ok('GET', `${V2}/users/${bob.userId}`, { token: admin.token })
    assert.deepEqual([details.deactivated, details.erased], [true, true])
  })

  test('uses of registration tokens that an earlier process set aside are given back at the start', async () => {
    await using storage = await open()
    await storage.write((tx) =>
      tx.db.run(
        `INSERT INTO registration_tokens (token, uses_allowed, pending, completed) VALUES ('t', 3, 2, 1)`,
      ),
    )

    await using _server = await wholeServer(storage)

    const token = await storage.read.registrationTokens.find('t')
    assert.deepEqual([token?.pending, token?.completed], [0, 1])
  })
})
