import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type Person, type WholeServer, wholeServer } from '../whole-server-fixture.ts'

const PATH = '/_synapse/admin/v1/statistics/users/media'

const upload = (server: WholeServer, { token }: Person, text: string) =>
  server.ok('POST', '/_matrix/media/v3/upload', { token, body: { text } })

databaseMatrix((open) => {
  test('what users have uploaded is counted, ordered, searched and paged', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token } = await server.person('admin', { admin: true })
    const anna = await server.person('anna')
    const bert = await server.person('bert')
    const carl = await server.person('carl')
    await server.ok('PUT', `/profile/${carl.userId}/displayname`, {
      token: carl.token,
      body: { displayname: 'Anna_Two' },
    })
    await upload(server, bert, 'x')
    await upload(server, bert, 'y')
    const between = server.clock.nowMs()
    await upload(server, anna, 'a'.repeat(100))
    await upload(server, carl, 'z')
    await upload(server, carl, 'z')

    const list = (query = '') => server.ok('GET', PATH + query, { token })
    const names = async (query = '') =>
      (await list(query)).users.map((user: { user_id: string }) => user.user_id.slice(1, 5)).join(' ')
    assert.deepEqual(await list(), {
      users: [
        { user_id: anna.userId, displayname: 'anna', media_count: 1, media_length: 111 },
        { user_id: bert.userId, displayname: 'bert', media_count: 2, media_length: 24 },
        { user_id: carl.userId, displayname: 'Anna_Two', media_count: 2, media_length: 24 },
      ],
      total: 3,
    })
    assert.equal(await names('?dir=b'), 'carl bert anna')
    assert.equal(await names('?order_by=media_length'), 'bert carl anna')
    assert.equal(await names('?order_by=media_count&dir=b'), 'bert carl anna')
    assert.equal((await list('?order_by=displayname')).users.length, 3)
    assert.equal(await names('?search_term=NNA'), 'anna carl')
    assert.equal(await names('?search_term=a_t'), 'carl')
    assert.equal(await names('?search_term=test'), '')
    assert.deepEqual((await list('?limit=2&from=0')).next_token, 2)
    assert.equal(await names('?limit=2&from=2'), 'carl')
    assert.equal(await names(`?until_ts=${between}`), 'bert')
    assert.equal(await names(`?from_ts=${between + 1}`), 'anna carl')
    assert.equal((await list(`?from_ts=1&until_ts=${between}`)).users[0].media_length, 24)
    assert.equal(await names(`?from_ts=${between + 1}&search_term=two`), 'carl')

    for (const query of [
      'from=-1',
      'limit=-1',
      'from_ts=-1',
      'until_ts=-1',
      'until_ts=0',
      'from_ts=10&until_ts=10',
      'search_term=',
      'order_by=size',
      'dir=up',
    ]) {
      const answer = await server.call('GET', `${PATH}?${query}`, { token })
      assert.deepEqual([answer.status, answer.body.errcode], [400, 'M_INVALID_PARAM'], query)
    }
    const refused = await server.call('GET', PATH, { token: anna.token })
    assert.deepEqual([refused.status, refused.body.errcode], [403, 'M_FORBIDDEN'])
  })

  test('the largest rooms are told where the database knows', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token } = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    await server.createRoom(bob)
    const busy = await server.createRoom(bob)
    for (let i = 0; i < 5; i++) await server.say(bob, busy, 'x'.repeat(1000))

    const answer = await server.call('GET', '/_synapse/admin/v1/statistics/database/rooms', { token })

    if (storage.dialect === 'sqlite') {
      assert.deepEqual([answer.status, answer.body.errcode], [400, 'M_UNKNOWN'])
    } else {
      assert.equal(answer.body.rooms.length, 2)
      assert.equal(answer.body.rooms[0].room_id, busy)
      assert.ok(answer.body.rooms[0].estimated_size > answer.body.rooms[1].estimated_size)
    }
  })

  test('an event is fetched as it is stored, redacted or not', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token } = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const room = await server.createRoom(bob, { preset: 'private_chat' })
    const eventId = await server.say(bob, room, 'secret')
    await server.ok('PUT', `${server.room(room)}/redact/${encodeURIComponent(eventId)}/1`, {
      token: bob.token,
      body: {},
    })
    const path = (id: string) => `/_synapse/admin/v1/fetch_event/${encodeURIComponent(id)}`

    const { event } = await server.ok('GET', path(eventId), { token })

    assert.deepEqual(event.content, { msgtype: 'm.text', body: 'secret' })
    assert.deepEqual([event.event_id, event.room_id, event.sender], [eventId, room, bob.userId])
    assert.ok(event.signatures.test)
    const missing = await server.call('GET', path('$nothing'), { token })
    assert.deepEqual([missing.status, missing.body.errcode], [404, 'M_NOT_FOUND'])
    const refused = await server.call('GET', path(eventId), { token: bob.token })
    assert.deepEqual([refused.status, refused.body.errcode], [403, 'M_FORBIDDEN'])
  })
})
