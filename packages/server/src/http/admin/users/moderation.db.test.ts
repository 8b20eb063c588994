import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { repeatedUntil } from '@ranvier/testkit/eventually'
import { wholeServer } from '../whole-server-fixture.ts'

const V1 = '/_synapse/admin/v1'
const V2 = '/_synapse/admin/v2'
const TEXT = { msgtype: 'm.text', body: 'hello' }

databaseMatrix((open) => {
  test('a shadow-banned user believes to be heard, on the sessions there are, until the ban is lifted', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const carol = await server.person('carol')
    const roomId = await server.createRoom(carol)
    await server.join(bob, roomId)
    const ban = (method: string) =>
      server.ok(method, `${V1}/users/${bob.userId}/shadow_ban`, { token: admin.token })
    /** Sends while the clock runs: the server takes its time to pretend. */
    const pretend = async (method: string, path: string, body: object) => {
      const answer = server.call(method, path, { token: bob.token, body })
      return repeatedUntil(answer, () => server.clock.advance(500))
    }

    await ban('POST')
    const sent = await pretend('PUT', `${server.room(roomId)}/send/m.room.message/1`, TEXT)
    assert.deepEqual([sent.status, Object.keys(sent.body)], [200, ['event_id']])
    const look = `${server.room(roomId)}/event/${encodeURIComponent(sent.body.event_id)}`
    assert.equal((await server.call('GET', look, { token: carol.token })).status, 404)
    const state = await pretend('PUT', `${server.room(roomId)}/state/m.room.topic`, { topic: 'x' })
    assert.equal(state.status, 200)
    const invite = await pretend('POST', `${server.room(roomId)}/invite`, { user_id: admin.userId })
    assert.deepEqual([invite.status, invite.body], [200, {}])
    await server.ok('PUT', `/profile/${bob.userId}/displayname`, {
      token: bob.token,
      body: { displayname: 'B' },
    })

    const members = await server.ok('GET', `${server.room(roomId)}/joined_members`, { token: carol.token })
    assert.equal(members.joined[bob.userId].display_name, 'bob', 'rooms do not hear of the new name')
    assert.equal((await server.ok('GET', `/profile/${bob.userId}`, { token: carol.token })).displayname, 'B')
    const invited = await server.ok('GET', `${V1}/users/${admin.userId}/memberships`, { token: admin.token })
    assert.deepEqual(invited.memberships, {})

    await ban('DELETE')
    const eventId = await server.say(bob, roomId, 'again')
    assert.equal((await server.event(carol, roomId, eventId)).content.body, 'again')
    assert.equal((await server.call('GET', look, { token: carol.token })).status, 404, 'not sent later')
  })

  test('a suspended user reads, leaves and takes back what was said, and nothing more', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const carol = await server.person('carol')
    const roomId = await server.createRoom(carol)
    const otherRoom = await server.createRoom(carol)
    await server.join(bob, roomId)
    const own = await server.say(bob, roomId, 'mine')
    const others = await server.say(carol, roomId, 'hers')
    const suspend = (value: boolean) =>
      server.ok('PUT', `${V1}/suspend/${bob.userId}`, { token: admin.token, body: { suspend: value } })
    const redact = (eventId: string) => `${server.room(roomId)}/redact/${encodeURIComponent(eventId)}/r`
    const room = server.room(roomId)
    const { token } = bob

    await suspend(true)
    for (const [method, path, body] of [
      ['PUT', `${room}/send/m.room.message/1`, TEXT],
      ['PUT', `${room}/state/m.room.topic`, { topic: 'x' }],
      ['PUT', `${room}/state/m.room.member/${bob.userId}`, { membership: 'join', displayname: 'new' }],
      ['POST', `${room}/invite`, { user_id: admin.userId }],
      ['POST', `${room}/kick`, { user_id: carol.userId }],
      ['POST', `${room}/ban`, { user_id: carol.userId }],
      ['POST', `/join/${encodeURIComponent(otherRoom)}`, {}],
      ['POST', '/createRoom', {}],
      ['PUT', redact(others), {}],
      ['PUT', `/profile/${bob.userId}/displayname`, { displayname: 'x' }],
      ['DELETE', `/profile/${bob.userId}/displayname`, undefined],
    ] as const) {
      const answer = await server.call(method, path, { token, body })
      assert.deepEqual([answer.status, answer.body.errcode], [403, 'M_USER_SUSPENDED'], `${method} ${path}`)
    }
    assert.equal((await server.event(bob, roomId, others)).content.body, 'hers')
    assert.equal((await server.call('GET', '/sync', { token })).status, 200)
    assert.equal((await server.call('PUT', redact(own), { token, body: {} })).status, 200)
    assert.equal((await server.call('POST', `${room}/leave`, { token, body: {} })).status, 200)

    await suspend(false)
    await server.join(bob, roomId)
    assert.match(await server.say(bob, roomId, 'back'), /^\$/)
  })

  test('a locked user can log out, and finds the sessions again when unlocked', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const lock = (locked: boolean) =>
      server.ok('PUT', `${V2}/users/${bob.userId}`, { token: admin.token, body: { locked } })
    const second = await server.ok('POST', '/login', {
      body: { type: 'm.login.password', user: 'bob', password: 'pw-bob' },
    })

    await lock(true)
    const blocked = await server.call('GET', '/sync', { token: bob.token })
    assert.deepEqual(
      [blocked.status, blocked.body.errcode, blocked.body.soft_logout],
      [401, 'M_USER_LOCKED', true],
    )
    const login = await server.call('POST', '/login', {
      body: { type: 'm.login.password', user: 'bob', password: 'pw-bob' },
    })
    assert.deepEqual([login.status, login.body.errcode], [401, 'M_USER_LOCKED'])
    assert.equal((await server.call('GET', '/_matrix/client/versions')).status, 200)
    assert.equal((await server.call('POST', '/logout', { token: second.access_token })).status, 200)

    await lock(false)
    assert.equal((await server.call('GET', '/sync', { token: bob.token })).status, 200)
    assert.equal((await server.call('GET', '/sync', { token: second.access_token })).status, 401)
  })

  test('an override of messages is one of messages alone; one of none lifts every limit', async () => {
    await using storage = await open()
    const one = { perSecond: 0.0001, burst: 1 }
    await using server = await wholeServer(storage, {
      rateLimits: { rc_message: one, 'rc_joins.local': one, 'rc_invites.per_issuer': one },
    })
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const path = `${V1}/users/${bob.userId}/override_ratelimit`
    const set = (messages: number, burst: number) =>
      server.ok('POST', path, {
        token: admin.token,
        body: { messages_per_second: messages, burst_count: burst },
      })
    const roomId = await server.createRoom(bob)
    let txn = 0
    const say = async () => {
      const to = `${server.room(roomId)}/send/m.room.message/s${++txn}`
      return server.call('PUT', to, { token: bob.token, body: TEXT })
    }
    const invite = async (name: string) =>
      (
        await server.call('POST', `${server.room(roomId)}/invite`, {
          token: bob.token,
          body: { user_id: `@${name}:test` },
        })
      ).status
    await server.person('carol')
    await server.person('dave')

    assert.equal((await say()).status, 200)
    const limited = await say()
    assert.deepEqual([limited.status, limited.body.errcode], [429, 'M_LIMIT_EXCEEDED'])
    assert.ok(limited.body.retry_after_ms > 0)
    assert.ok(Number(limited.headers['retry-after']) > 0)

    await set(1, 4)
    assert.equal((await say()).status, 200)
    assert.deepEqual([await invite('carol'), await invite('dave')], [200, 429], 'invites stay limited')

    await set(0, 0)
    for (let i = 0; i < 20; i++) assert.equal((await say()).status, 200)
    assert.equal(await invite('dave'), 200)

    await server.ok('DELETE', path, { token: admin.token })
    assert.equal((await say()).status, 429)
    await set(0, 0)
    await server.ok('POST', `${V1}/deactivate/${bob.userId}`, { token: admin.token })
    const kept = await server.ok('GET', path, { token: admin.token })
    assert.deepEqual(kept, { messages_per_second: 0, burst_count: 0 }, 'survives deactivation')
    await server.jobsDone()
  })

  test('what a user does in rooms is counted and listed', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const carol = await server.person('carol')
    const startMs = server.clock.nowMs()
    const first = await server.createRoom(bob, { invite: [carol.userId] })
    const second = await server.createRoom(carol)
    await server.join(bob, second)
    const laterMs = server.clock.nowMs() + 1
    await server.ok('POST', `${server.room(first)}/kick`, {
      token: bob.token,
      body: { user_id: carol.userId },
    })
    await server.ok('POST', `${server.room(second)}/leave`, { token: bob.token, body: {} })
    const ask = (call: string) =>
      server.ok('GET', `${V1}/users/${bob.userId}/${call}`, { token: admin.token })

    assert.deepEqual(await ask('joined_rooms'), { joined_rooms: [first], total: 1 })
    assert.deepEqual(await ask('memberships'), { memberships: { [first]: 'join', [second]: 'leave' } })
    assert.deepEqual(await ask(`sent_invite_count?from_ts=${startMs}`), { invite_count: 1 })
    assert.deepEqual(await ask(`sent_invite_count?from_ts=${laterMs}`), { invite_count: 0 })
    assert.deepEqual(await ask(`cumulative_joined_room_count?from_ts=${startMs}`), {
      cumulative_joined_room_count: 2,
    })
    assert.deepEqual(await ask(`cumulative_joined_room_count?from_ts=${laterMs}`), {
      cumulative_joined_room_count: 0,
    })
    await server.ok('POST', `${server.room(second)}/forget`, { token: bob.token, body: {} })
    assert.equal((await ask('memberships')).memberships[second], 'leave', 'also a forgotten room')
  })
})
