import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type Person, type WholeServer, wholeServer } from '../whole-server-fixture.ts'

const V1 = '/_synapse/admin/v1'

function report(server: WholeServer, by: Person, room: string, eventId: string, body: object) {
  const path = `${server.room(room)}/report/${encodeURIComponent(eventId)}`
  return server.call('POST', path, { token: by.token, body })
}

databaseMatrix((open) => {
  test('reported events are listed, found, shown with the event, and deleted', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const carol = await server.person('carol')
    const { token } = admin
    const room = await server.createRoom(carol, { name: 'The room', room_alias_name: 'there' })
    const other = await server.createRoom(carol)
    await server.join(bob, room)
    const bad = await server.say(carol, room, 'bad')
    const worse = await server.say(carol, other, 'worse')
    const mine = await server.say(bob, room, 'mine')
    for (const [by, where, eventId, body] of [
      [bob, room, bad, { reason: 'spam', score: -100 }],
      [carol, other, worse, {}],
      [carol, room, mine, { reason: '100% bob' }],
    ] as const)
      assert.deepEqual((await report(server, by, where, eventId, body)).body, {})

    const list = (query = '') => server.ok('GET', `${V1}/event_reports${query}`, { token })
    const ids = async (query = '') =>
      (await list(query)).event_reports.map((each: { event_id: string }) => each.event_id)
    const all = await list()
    assert.equal(all.total, 3)
    assert.equal(all.next_token, undefined)
    const { id, received_ts, ...first } = all.event_reports[2]
    assert.deepEqual(first, {
      room_id: room,
      event_id: bad,
      user_id: bob.userId,
      reason: 'spam',
      score: -100,
      sender: carol.userId,
      canonical_alias: '#there:test',
      name: 'The room',
    })
    assert.ok(Math.abs(received_ts - server.clock.nowMs()) < 60_000)
    assert.deepEqual([all.event_reports[1].reason, all.event_reports[1].score], [null, null])
    assert.deepEqual(await ids(), [mine, worse, bad], 'newest first')
    assert.deepEqual(await ids('?dir=f'), [bad, worse, mine])
    assert.deepEqual(await ids('?user_id=CARO'), [mine, worse])
    assert.deepEqual(await ids('?user_id=%25'), [])
    assert.deepEqual(await ids(`?room_id=${encodeURIComponent(other.slice(2, 8))}`), [worse])
    assert.deepEqual(await ids(`?event_sender_user_id=${bob.userId}`), [mine])
    assert.deepEqual(await ids('?event_sender_user_id=bob'), [])
    const page = await list('?limit=2')
    assert.deepEqual([page.event_reports.length, page.total, page.next_token], [2, 3, 2])
    assert.deepEqual(await ids('?from=2&limit=2'), [bad])
    assert.deepEqual(await list('?limit=0'), { event_reports: [], total: 3, next_token: 0 })

    const one = await server.ok('GET', `${V1}/event_reports/${id}`, { token })
    assert.equal(one.event_json.content.body, 'bad')
    assert.equal(one.event_json.event_id, bad)
    assert.equal(one.sender, carol.userId)

    const newest = all.event_reports[0].id
    assert.deepEqual(await server.ok('DELETE', `${V1}/event_reports/${newest}`, { token }), {})
    assert.equal((await server.call('GET', `${V1}/event_reports/${newest}`, { token })).status, 404)
    await report(server, bob, room, bad, {})
    assert.ok((await list()).event_reports[0].id > newest, 'a number is never given twice')
  })

  test('reports of rooms that are gone are neither listed nor counted', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token } = await server.person('admin', { admin: true })
    const roomId = await server.createRoom(await server.person('bob'))
    const report = { receivedTs: 1, roomId, eventId: '$x', sender: '@x:test', userId: '@y:test' }
    await storage.write((tx) => tx.reports.addEventReport({ ...report, reason: null, score: null } as never))
    assert.equal((await server.ok('GET', `${V1}/event_reports`, { token })).total, 1)

    await storage.write((tx) => tx.roomDeletion.deleteRoom(roomId))

    assert.deepEqual(await server.ok('GET', `${V1}/event_reports`, { token }), {
      event_reports: [],
      total: 0,
    })
  })

  test('rooms and users are reported, users are listed', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token } = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const carol = await server.person('carol')
    const room = await server.createRoom(carol)
    const body = { reason: 'rude' }
    assert.deepEqual(await server.ok('POST', `${server.room(room)}/report`, { token: bob.token, body }), {})
    await server.ok('POST', `/users/${carol.userId}/report`, { token: bob.token, body })
    await server.ok('POST', '/users/@far:elsewhere/report', { token: carol.token, body: { reason: '' } })

    const list = (query = '') => server.ok('GET', `${V1}/user_reports${query}`, { token })
    const all = await list()
    assert.equal(all.total, 2)
    const { id, received_ts, ...first } = all.user_reports[1]
    assert.deepEqual(first, { target_user_id: carol.userId, user_id: bob.userId, reason: 'rude' })
    assert.ok(received_ts > 0)
    assert.equal((await list('?dir=f&limit=1')).user_reports[0].id, id)
    assert.equal((await list('?limit=1')).next_token, 1)
    assert.equal((await list('?user_id=bob')).total, 1)
    assert.equal((await list('?target_user_id=elsewhere')).user_reports[0].target_user_id, '@far:elsewhere')
    assert.deepEqual(await server.ok('GET', `${V1}/user_reports/${id}`, { token }), all.user_reports[1])
    assert.deepEqual(await server.ok('DELETE', `${V1}/user_reports/${id}`, { token }), {})
    assert.equal((await list()).total, 1)
  })

  test('what cannot be reported, and no report, have their errcodes', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token } = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const carol = await server.person('carol')
    const room = await server.createRoom(carol, { preset: 'private_chat' })
    const eventId = await server.say(carol, room, 'private')
    const other = await server.createRoom(carol)

    const rows: [Awaited<ReturnType<typeof report>>, number, string][] = [
      [await report(server, bob, room, eventId, {}), 404, 'M_NOT_FOUND'],
      [await report(server, carol, room, '$unknown', {}), 404, 'M_NOT_FOUND'],
      [await report(server, carol, other, eventId, {}), 404, 'M_NOT_FOUND'],
      [await report(server, carol, '!nowhere:test', eventId, {}), 404, 'M_NOT_FOUND'],
      [await report(server, carol, room, eventId, { reason: 1 }), 400, 'M_BAD_JSON'],
      [await report(server, carol, room, eventId, { score: '1' }), 400, 'M_BAD_JSON'],
    ]
    const call = (path: string, body: object) => server.call('POST', path, { token: bob.token, body })
    rows.push([await call('/rooms/!nowhere:test/report', { reason: 'x' }), 404, 'M_NOT_FOUND'])
    rows.push([await call('/users/@nobody:test/report', { reason: 'x' }), 404, 'M_NOT_FOUND'])
    rows.push([await call(`/users/${carol.userId}/report`, {}), 400, 'M_MISSING_PARAM'])
    rows.push([await call(`/users/${carol.userId}/report`, { reason: 'x'.repeat(1001) }), 400, 'M_BAD_JSON'])
    rows.push([await call('/users/carol/report', { reason: 'x' }), 400, 'M_INVALID_PARAM'])
    for (const kind of ['event_reports', 'user_reports']) {
      for (const method of ['GET', 'DELETE']) {
        for (const [id, status, errcode] of [
          ['x', 400, 'M_INVALID_PARAM'],
          ['-1', 400, 'M_INVALID_PARAM'],
          ['', 400, 'M_INVALID_PARAM'],
          ['12345', 404, 'M_NOT_FOUND'],
        ] as const)
          rows.push([await server.call(method, `${V1}/${kind}/${id}`, { token }), status, errcode])
        const refused = await server.call(method, `${V1}/${kind}/1`, { token: bob.token })
        rows.push([refused, 403, 'M_FORBIDDEN'])
      }
      for (const query of ['from=-1', 'limit=x', 'dir=up'])
        rows.push([await server.call('GET', `${V1}/${kind}?${query}`, { token }), 400, 'M_INVALID_PARAM'])
    }
    rows.forEach(([answer, status, errcode], i) => {
      assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], `row ${i}`)
    })
  })

  test('who reports too often has to wait', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage, {
      rateLimits: { rc_reports: { perSecond: 0.001, burst: 2 } },
    })
    const bob = await server.person('bob')
    const room = await server.createRoom(bob)
    const eventId = await server.say(bob, room, 'x')
    await report(server, bob, room, eventId, {})
    await report(server, bob, room, eventId, {})

    const answer = await report(server, bob, room, eventId, {})

    assert.deepEqual([answer.status, answer.body.errcode], [429, 'M_LIMIT_EXCEEDED'])
  })
})
