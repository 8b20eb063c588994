import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type Person, type WholeServer, wholeServer } from '../whole-server-fixture.ts'

const V1 = '/_synapse/admin/v1'

/** Asks for it, waits until it is done, answers with its state. */
async function redact(server: WholeServer, by: Person, userId: string, body: object) {
  const { redact_id } = await server.ok('POST', `${V1}/user/${userId}/redact`, { token: by.token, body })
  const state = () => server.ok('GET', `${V1}/user/redact_status/${redact_id}`, { token: by.token })
  assert.match((await state()).status, /scheduled|active|complete/)
  await server.jobsDone()
  return state()
}

const complete = { status: 'complete', failed_redactions: {} }

databaseMatrix((open) => {
  test('all that a user has said is redacted, in the user’s name, in rooms joined and banned from', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const carol = await server.person('carol')
    const one = await server.createRoom(carol)
    const two = await server.createRoom(carol)
    const left = await server.createRoom(carol)
    for (const room of [one, two, left]) await server.join(bob, room)
    const said: [string, string][] = []
    for (let i = 0; i < 60; i++) said.push([one, await server.say(bob, one, `${i}`)])
    said.push([two, await server.say(bob, two, 'x')])
    const inLeft = await server.say(bob, left, 'y')
    const hers = await server.say(carol, one, 'hers')
    const topicless = await server.call('PUT', `${server.room(one)}/send/org.test/1`, {
      token: bob.token,
      body: { a: 1 },
    })
    await server.ok('POST', `${server.room(left)}/leave`, { token: bob.token, body: {} })
    await server.ok('POST', `${server.room(two)}/ban`, { token: carol.token, body: { user_id: bob.userId } })

    const state = await redact(server, admin, bob.userId, { rooms: [], reason: 'spam' })

    assert.deepEqual(state, complete)
    for (const [room, eventId] of said) {
      const event = await server.event(carol, room, eventId)
      assert.deepEqual(event.content, {})
      const because = event.unsigned.redacted_because
      assert.equal(because.content.reason, 'spam')
      assert.equal(because.sender, room === one ? bob.userId : carol.userId, 'who is banned cannot')
    }
    assert.equal((await server.event(carol, one, hers)).content.body, 'hers')
    assert.deepEqual((await server.event(carol, one, topicless.body.event_id)).content, { a: 1 })
    assert.equal((await server.event(carol, left, inLeft)).content.body, 'y', 'a room left is to be named')
    const member = await server.ok('GET', `${server.room(one)}/state/m.room.member/${bob.userId}`, {
      token: carol.token,
    })
    assert.deepEqual(member, { membership: 'join' }, 'the name that came with the join')

    assert.deepEqual(await redact(server, admin, bob.userId, { rooms: [left] }), complete)
    assert.deepEqual((await server.event(carol, left, inLeft)).content, {})
  })

  test('limit and times choose what is redacted, the newest first', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const room = await server.createRoom(bob)
    const events: { id: string; ts: number }[] = []
    for (let i = 0; i < 6; i++) {
      const id = await server.say(bob, room, `${i}`)
      events.push({ id, ts: (await server.event(bob, room, id)).origin_server_ts })
    }
    const left = async () => {
      const texts = await Promise.all(events.map(({ id }) => server.event(bob, room, id)))
      return texts.map((event) => event.content.body ?? '-').join('')
    }

    await redact(server, admin, bob.userId, { rooms: [room], limit: 1 })
    assert.equal(await left(), '01234-')
    await redact(server, admin, bob.userId, {
      rooms: [room],
      after_ts: events[1]!.ts,
      before_ts: events[2]!.ts,
    })
    assert.equal(await left(), '0--34-')
    await redact(server, admin, bob.userId, {
      rooms: [room],
      limit: 0,
      reason: null,
      use_admin: null,
      before_ts: null,
      after_ts: null,
    })
    assert.equal(await left(), '------')
  })

  test('what cannot be redacted is told, and stops nothing', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const room = await server.createRoom(bob)
    const member = (await server.ok('GET', `${server.room(room)}/state`, { token: bob.token })).find(
      (event: { type: string }) => event.type === 'm.room.member',
    ).event_id
    const eventId = await server.say(bob, room, 'x')

    const body = { rooms: ['!nowhere:test', room], use_admin: true }
    const state = await redact(server, admin, bob.userId, body)

    assert.equal(state.status, 'complete')
    assert.deepEqual(Object.keys(state.failed_redactions).sort(), ['!nowhere:test', eventId, member].sort())
    for (const reason of Object.values(state.failed_redactions)) assert.ok(reason)
    assert.equal((await server.event(bob, room, eventId)).content.body, 'x')

    await server.join(admin, room)
    await server.ok('PUT', `${server.room(room)}/state/m.room.power_levels`, {
      token: bob.token,
      body: { users: { [admin.userId]: 50 } },
    })
    assert.deepEqual(await redact(server, admin, bob.userId, { rooms: [room], use_admin: true }), complete)
    const event = await server.event(bob, room, eventId)
    assert.deepEqual([event.content, event.unsigned.redacted_because.sender], [{}, admin.userId])
  })

  test('one redaction of a user is done at a time, and suspended users are cleaned up behind as well', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const room = await server.createRoom(bob)
    const eventId = await server.say(bob, room, 'x')
    const path = `${V1}/user/${bob.userId}/redact`
    await server.ok('PUT', `${V1}/suspend/${bob.userId}`, { token: admin.token, body: { suspend: true } })
    await storage.write((tx) =>
      tx.jobs.enqueue('redact-user', {
        id: 'busy',
        subject: bob.userId,
        params: {},
        createdTs: 1,
        dueTs: server.clock.nowMs() + 1e9,
      }),
    )

    const second = await server.call('POST', path, { token: admin.token, body: { rooms: [] } })
    assert.deepEqual([second.status, second.body.errcode], [400, 'M_UNKNOWN'])
    const waiting = await server.ok('GET', `${V1}/user/redact_status/busy`, { token: admin.token })
    assert.deepEqual(waiting, { status: 'scheduled' })
    await storage.write((tx) => tx.jobs.fail('busy', 'no use', server.clock.nowMs()))
    const failed = await server.ok('GET', `${V1}/user/redact_status/busy`, { token: admin.token })
    assert.deepEqual(failed, { status: 'failed', error: 'no use' })

    assert.deepEqual(await redact(server, admin, bob.userId, { rooms: [] }), complete)
    assert.deepEqual((await server.event(bob, room, eventId)).content, {})
  })

  test('bad requests have their errcodes; unknown and remote users have nothing to redact', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    for (const [userId, body, errcode] of [
      ['bob', { rooms: [] }, 'M_INVALID_PARAM'],
      [bob.userId, {}, 'M_MISSING_PARAM'],
      [bob.userId, { rooms: 'all' }, 'M_BAD_JSON'],
      [bob.userId, { rooms: [1] }, 'M_BAD_JSON'],
      [bob.userId, { rooms: [], limit: '1' }, 'M_BAD_JSON'],
      [bob.userId, { rooms: [], limit: -1 }, 'M_UNKNOWN'],
      [bob.userId, { rooms: [], use_admin: 1 }, 'M_BAD_JSON'],
      [bob.userId, { rooms: [], before_ts: 'x' }, 'M_BAD_JSON'],
    ] as const) {
      const answer = await server.call('POST', `${V1}/user/${userId}/redact`, { token: admin.token, body })
      assert.deepEqual([answer.status, answer.body.errcode], [400, errcode], JSON.stringify(body))
    }
    for (const userId of ['@nobody:test', '@someone:elsewhere'])
      assert.deepEqual(await redact(server, admin, userId, { rooms: [] }), complete)
    const missing = await server.call('GET', `${V1}/user/redact_status/nonsense`, { token: admin.token })
    assert.deepEqual([missing.status, missing.body.errcode], [404, 'M_NOT_FOUND'])
    const refused = await server.call('POST', `${V1}/user/${bob.userId}/redact`, {
      token: bob.token,
      body: { rooms: [] },
    })
    assert.deepEqual([refused.status, refused.body.errcode], [403, 'M_FORBIDDEN'])
  })
})
