import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type Answer, testServer } from './test-server.ts'

const refusal = ({ status, body }: Answer): string => `${status} ${body.errcode}`

databaseMatrix((open) => {
  test('a message is sent once per transaction id, however often it is repeated', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    const send = (type: string, txn: string) =>
      server.ok('alice', 'PUT', `${server.room(roomId)}/send/${type}/${txn}`, {
        msgtype: 'm.text',
        body: 'x',
      })

    const first = await send('m.room.message', '1')
    assert.deepEqual(await send('m.room.message', '1'), first)
    assert.notDeepEqual(await send('m.room.message', '2'), first)
    assert.notDeepEqual(await send('org.example', '1'), first)
    const { chunk } = await server.ok('alice', 'GET', `${server.room(roomId)}/messages?dir=f&limit=100`)
    assert.equal(chunk.filter((e: { content: { body?: string } }) => e.content.body === 'x').length, 3)
  })

  test('what nobody could show is refused: messages, names and topics without their text', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    const at = server.room(roomId)
    const name = { type: 'm.room.name', content: { name: null } }
    for (const [method, path, body, errcode] of [
      ['PUT', `${at}/send/m.room.message/1`, {}, 'M_MISSING_PARAM'],
      ['PUT', `${at}/send/m.room.message/1`, { msgtype: 'm.text' }, 'M_MISSING_PARAM'],
      ['PUT', `${at}/send/m.room.message/1`, { msgtype: 'm.text', body: 3 }, 'M_BAD_JSON'],
      ['POST', `${at}/send/m.room.message`, { body: 'x', msgtype: null }, 'M_BAD_JSON'],
      ['PUT', `${at}/state/m.room.name`, {}, 'M_MISSING_PARAM'],
      ['PUT', `${at}/state/m.room.topic/`, { topic: ['x'] }, 'M_BAD_JSON'],
      ['POST', '/createRoom', { initial_state: [name] }, 'M_BAD_JSON'],
    ] as const)
      assert.equal(refusal(await server.call('alice', method, path, body)), `400 ${errcode}`, path)

    await server.ok('alice', 'PUT', `${at}/state/m.room.name`, { name: '' })
    await server.ok('alice', 'PUT', `${at}/send/org.example/1`, {})
  })

  test('a redaction takes the content and leaves word of itself', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    await server.join('bob', roomId)
    const said = await server.say('bob', roomId, 'oops')
    const redact = (name: string, eventId: string, body?: object) =>
      server.call(
        name,
        'PUT',
        `${server.room(roomId)}/redact/${encodeURIComponent(eventId)}/${Math.random()}`,
        body,
      )

    assert.equal(refusal(await redact('mallory', said)), '403 M_FORBIDDEN')
    assert.equal(refusal(await redact('bob', '$missing')), '404 M_NOT_FOUND')
    assert.equal(refusal(await redact('bob', 'missing')), '400 M_INVALID_PARAM')
    assert.equal(refusal(await redact('bob', said, { reason: 1 })), '400 M_BAD_JSON')
    const done = await redact('alice', said, { reason: 'typo' })
    const event = await server.ok('bob', 'GET', `${server.room(roomId)}/event/${encodeURIComponent(said)}`)
    assert.deepEqual(event.content, {})
    assert.equal(event.unsigned.redacted_because.event_id, done.body.event_id)
    assert.equal(event.unsigned.redacted_because.content.reason, 'typo')
  })

  test('state is set with and without a key, and setting it again changes nothing', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    const put = (path: string, body: unknown, name = 'alice') =>
      server.call(name, 'PUT', `${server.room(roomId)}/state/${path}`, body)

    const first = await put('m.room.topic', { topic: 'a' })
    assert.deepEqual((await put('m.room.topic/', { topic: 'a' })).body, first.body)
    assert.notDeepEqual((await put('m.room.topic', { topic: 'b' })).body, first.body)
    assert.equal(refusal(await put('m.room.topic', { topic: 1.5 })), '400 M_BAD_JSON')
    assert.equal(refusal(await put('m.room.topic', [])), '400 M_BAD_JSON')
    assert.equal(refusal(await put('m.room.topic', undefined)), '400 M_NOT_JSON')
    assert.equal(refusal(await put('m.room.power_levels', { users: 3 })), '400 M_BAD_JSON')
    assert.equal(refusal(await put('m.room.topic', { topic: 'x' }, 'mallory')), '403 M_FORBIDDEN')
    assert.equal(refusal(await put('m.room.member/@alice:test', { membership: 'x' })), '400 M_INVALID_PARAM')
    const unknown = await server.call('alice', 'PUT', '/rooms/!unknown:test/state/m.room.topic', {})
    assert.equal(refusal(unknown), '403 M_FORBIDDEN')
    assert.equal(refusal(await put('m.room.topic', { topic: 'x'.repeat(70_000) })), '413 M_TOO_LARGE')
  })

  test('members come, are invited, kicked, banned, unbanned, and go', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice', { preset: 'private_chat' })
    const act = (name: string, verb: string, body?: unknown) =>
      server.call(name, 'POST', `${server.room(roomId)}/${verb}`, body)
    const bob = { user_id: '@bob:test' }
    const membership = async () =>
      (await server.ok('alice', 'GET', `${server.room(roomId)}/state/m.room.member/@bob:test`)).membership

    assert.equal(refusal(await act('bob', 'join')), '403 M_FORBIDDEN')
    assert.equal(refusal(await act('alice', 'kick', bob)), '403 M_FORBIDDEN')
    assert.equal(refusal(await act('alice', 'unban', bob)), '403 M_BAD_STATE')
    assert.deepEqual((await act('alice', 'invite', { ...bob, reason: 'come' })).body, {})
    assert.equal(await membership(), 'invite')
    const joined = await act('bob', 'join')
    assert.deepEqual(joined.body, { room_id: roomId })
    assert.deepEqual((await act('bob', 'join')).body, { room_id: roomId })
    assert.equal(refusal(await act('alice', 'invite', bob)), '403 M_FORBIDDEN')
    assert.equal(refusal(await act('bob', 'kick', { user_id: '@alice:test' })), '403 M_FORBIDDEN')
    assert.equal((await act('alice', 'kick', { ...bob, reason: 'out' })).status, 200)
    const kicked = await server.ok('alice', 'GET', `${server.room(roomId)}/state/m.room.member/@bob:test`)
    assert.equal(kicked.membership, 'leave')
    assert.equal(kicked.reason, 'out')
    assert.equal((await act('bob', 'leave')).status, 200)
    assert.equal((await act('alice', 'ban', bob)).status, 200)
    assert.equal(refusal(await act('alice', 'invite', bob)), '403 M_FORBIDDEN')
    assert.equal(refusal(await act('bob', 'join')), '403 M_FORBIDDEN')
    assert.equal((await act('alice', 'unban', bob)).status, 200)
    assert.equal(await membership(), 'leave')

    assert.equal(refusal(await act('alice', 'invite', {})), '400 M_MISSING_PARAM')
    assert.equal(refusal(await act('alice', 'invite', { user_id: 7 })), '400 M_BAD_JSON')
    assert.equal(refusal(await act('alice', 'ban', { user_id: 'bob' })), '400 M_INVALID_PARAM')
    assert.equal(refusal(await act('alice', 'ban', {})), '400 M_MISSING_PARAM')
    assert.equal(refusal(await act('alice', 'invite', { user_id: '@far:away' })), '404 M_NOT_FOUND')
    const byMail = { medium: 'email', address: 'a@b.c', id_server: 'id.test' }
    assert.equal(refusal(await act('alice', 'invite', byMail)), '403 M_FORBIDDEN')
    assert.equal(refusal(await act('mallory', 'leave')), '403 M_FORBIDDEN')
    assert.equal(refusal(await server.call('bob', 'POST', '/join/nonsense')), '400 M_INVALID_PARAM')
    assert.equal(refusal(await server.call('bob', 'POST', '/join/!far:away')), '404 M_NOT_FOUND')
    assert.equal(refusal(await server.call('bob', 'POST', '/join/%23far:away')), '404 M_NOT_FOUND')
    assert.equal(refusal(await server.call('bob', 'POST', '/rooms/!far:away/leave')), '404 M_NOT_FOUND')
  })

  test('one knocks where knocking is allowed', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const closed = await server.create('alice', { preset: 'private_chat' })
    const roomId = await server.create('alice', {
      initial_state: [{ type: 'm.room.join_rules', content: { join_rule: 'knock' } }],
      room_alias_name: 'door',
    })

    const knock = (idOrAlias: string) =>
      server.call('bob', 'POST', `/knock/${encodeURIComponent(idOrAlias)}`, { reason: 'please' })
    assert.equal(refusal(await knock(closed)), '403 M_FORBIDDEN')
    assert.deepEqual((await knock('#door:test')).body, { room_id: roomId })
    const member = await server.ok('alice', 'GET', `${server.room(roomId)}/state/m.room.member/@bob:test`)
    assert.deepEqual([member.membership, member.reason], ['knock', 'please'])
  })

  test('what a client leaves open in a new room may be null', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const left = { visibility: null, is_direct: null, power_level_content_override: null }
    const room = await server.create('alice', left)
    assert.deepEqual(await server.ok('alice', 'GET', '/joined_rooms'), { joined_rooms: [room] })
  })

  test('what is wrong in a new room is named before anything is made', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const rows: [unknown, string][] = [
      [{ visibility: 'secret' }, '400 M_INVALID_PARAM'],
      [{ preset: 'no_chat' }, '400 M_INVALID_PARAM'],
      [{ room_version: 'none' }, '400 M_UNSUPPORTED_ROOM_VERSION'],
      [{ room_version: 1 }, '400 M_BAD_JSON'],
      [{ room_alias_name: 'a b' }, '400 M_INVALID_PARAM'],
      [{ room_alias_name: 'a:b' }, '400 M_INVALID_PARAM'],
      [{ room_alias_name: 'x'.repeat(300) }, '400 M_INVALID_PARAM'],
      [{ invite: ['bob'] }, '400 M_INVALID_PARAM'],
      [{ invite: '@bob:test' }, '400 M_BAD_JSON'],
      [{ invite: ['@far:away'] }, '404 M_NOT_FOUND'],
      [{ initial_state: [{ type: 'x' }] }, '400 M_MISSING_PARAM'],
      [{ initial_state: [{ content: {}, type: 1 }] }, '400 M_BAD_JSON'],
      [{ initial_state: [{ type: 'm.room.member', state_key: 'bob', content: {} }] }, '400 M_INVALID_PARAM'],
      [{ creation_content: [] }, '400 M_BAD_JSON'],
      [{ room_version: '12', creation_content: { additional_creators: ['x'] } }, '400 M_INVALID_PARAM'],
      [
        { power_level_content_override: { users: { '@alice:test': 0 } }, name: 'x' },
        '400 M_INVALID_ROOM_STATE',
      ],
      [{ name: 1 }, '400 M_BAD_JSON'],
      [[], '400 M_BAD_JSON'],
    ]
    for (const [body, expected] of rows)
      assert.equal(
        refusal(await server.call('alice', 'POST', '/createRoom', body)),
        expected,
        JSON.stringify(body),
      )
    assert.equal(refusal(await server.call(null, 'POST', '/createRoom', {})), '401 M_MISSING_TOKEN')
    assert.deepEqual(await server.ok('alice', 'GET', '/joined_rooms'), { joined_rooms: [] })
  })

  test('limits count messages, joins and invites, and overrides lift them', async () => {
    await using storage = await open()
    const one = { perSecond: 0.001, burst: 1 }
    await using server = await testServer(storage, {
      rateLimits: { rc_message: one, 'rc_joins.local': one, 'rc_invites.per_issuer': one },
    })
    await storage.write((tx) => tx.accounts.create({ userId: '@free:test' as never, createdTs: 1 }))
    await storage.write((tx) =>
      tx.rateLimitOverrides.put('@free:test' as never, { messagesPerSecond: 0, burstCount: 0 }),
    )
    const a = await server.create('alice')
    const b = await server.create('alice')
    const message = (name: string) =>
      server.call(name, 'PUT', `${server.room(a)}/send/m.room.message/${Math.random()}`, {
        msgtype: 'm.text',
        body: '',
      })

    assert.equal((await message('alice')).status, 200)
    const refused = await message('alice')
    assert.equal(refusal(refused), '429 M_LIMIT_EXCEEDED')
    assert.ok(refused.body.retry_after_ms > 0)
    await server.join('bob', a)
    assert.equal((await server.join('bob', a)).room_id, a)
    assert.equal(refusal(await server.call('bob', 'POST', `${server.room(b)}/join`)), '429 M_LIMIT_EXCEEDED')
    await server.invite('alice', a, 'one')
    const second = await server.call('alice', 'POST', `${server.room(a)}/invite`, { user_id: '@two:test' })
    assert.equal(refusal(second), '429 M_LIMIT_EXCEEDED')
    await server.join('free', a)
    await server.join('free', b)
    for (let i = 0; i < 5; i++) assert.equal((await message('free')).status, 200)
  })

  test('who takes no invites gets none, and where only administrators invite nobody else does', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    await storage.write((tx) =>
      tx.accountData.set(
        '@shy:test' as never,
        null,
        'm.invite_permission_config',
        JSON.stringify({ default_action: 'block' }),
      ),
    )
    const invite = (user_id: string) =>
      server.call('alice', 'POST', `${server.room(roomId)}/invite`, { user_id })
    assert.equal(refusal(await invite('@shy:test')), '403 M_INVITE_BLOCKED')
    const create = await server.call('alice', 'POST', '/createRoom', { invite: ['@shy:test'] })
    assert.equal(refusal(create), '403 M_INVITE_BLOCKED')
    const member = { type: 'm.room.member', state_key: '@shy:test', content: { membership: 'invite' } }
    const byState = await server.call('alice', 'POST', '/createRoom', { initial_state: [member] })
    assert.equal(refusal(byState), '403 M_INVITE_BLOCKED')

    await using strict = await testServer(storage, { config: { blockNonAdminInvites: true } })
    const there = await strict.create('admin')
    await strict.invite('admin', there, 'bob')
    await strict.join('bob', there)
    const refused = await strict.call('bob', 'POST', `${strict.room(there)}/invite`, { user_id: '@x:test' })
    assert.equal(refusal(refused), '403 M_FORBIDDEN')
  })

  test('a shadow-banned user hears of success, and nobody hears of them', async () => {
    await using storage = await open()
    await using server = await testServer(storage, { requesters: { troll: { shadowBanned: true } } })
    const roomId = await server.create('alice')
    await server.join('troll', roomId)
    const before = (await storage.read.rooms.findRoom(roomId))?.eventCount
    const calls: [string, string, object?][] = [
      ['PUT', '/send/m.room.message/1', { msgtype: 'm.text', body: 'x' }],
      ['PUT', '/state/m.room.topic', { topic: 'x' }],
      ['PUT', '/state/m.room.member/@troll:test', { membership: 'join', displayname: 'Other' }],
      ['PUT', '/redact/$x/1', {}],
      ['POST', '/invite', { user_id: '@bob:test' }],
      ['POST', '/kick', { user_id: '@alice:test' }],
      ['POST', '/upgrade', { new_version: '12' }],
    ]
    for (const [method, path, body] of calls)
      assert.equal(
        (await server.call('troll', method, `${server.room(roomId)}${path}`, body)).status,
        200,
        path,
      )

    assert.equal((await storage.read.rooms.findRoom(roomId))?.eventCount, before)
    const own = await server.create('troll', { invite: ['@bob:test'] })
    assert.equal((await storage.read.rooms.findRoom(own))?.invitedCount, 0)
    await server.leave('troll', roomId)
    assert.equal((await storage.read.members.find(roomId, '@troll:test'))?.membership, 'leave')
  })

  test('guests join and speak where guests may, and manage nothing', async () => {
    await using storage = await open()
    await using server = await testServer(storage, { requesters: { guest: { isGuest: true } } })
    const closed = await server.create('alice')
    const opened = await server.create('alice', {
      initial_state: [{ type: 'm.room.guest_access', content: { guest_access: 'can_join' } }],
    })

    assert.equal(
      refusal(await server.call('guest', 'POST', `/join/${closed}`)),
      '403 M_GUEST_ACCESS_FORBIDDEN',
    )
    await server.join('guest', opened)
    await server.say('guest', opened, 'hello')
    const invite = await server.call('guest', 'POST', `${server.room(opened)}/invite`, { user_id: '@b:test' })
    assert.equal(refusal(invite), '403 M_GUEST_ACCESS_FORBIDDEN')
    assert.equal(
      refusal(await server.call('guest', 'POST', '/createRoom', {})),
      '403 M_GUEST_ACCESS_FORBIDDEN',
    )
  })
})
