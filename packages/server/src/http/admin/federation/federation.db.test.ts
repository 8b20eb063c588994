import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wholeServer } from '../whole-server-fixture.ts'

const PATH = '/_synapse/admin/v1/federation/destinations'
const fine = { retryLastTs: 0, retryIntervalMs: 0, failureTs: null, lastSuccessfulPosition: null }

databaseMatrix((open) => {
  test('destinations are listed, filtered, ordered, shown with their rooms, and reset', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token } = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const list = (query = '') => server.ok('GET', PATH + query, { token })
    const names = async (query = '') =>
      (await list(query)).destinations.map((each: { destination: string }) => each.destination[0]).join('')
    assert.deepEqual(await list(), { destinations: [], total: 0 })
    await storage.write(async (tx) => {
      await tx.destinations.put({ ...fine, destination: 'a.org' })
      await tx.destinations.put({ ...fine, destination: 'b.org', lastSuccessfulPosition: 9 })
      await tx.destinations.put({
        ...fine,
        destination: 'c.net',
        retryLastTs: 5,
        retryIntervalMs: 7,
        failureTs: 3,
      })
      for (const room of ['!x:a.org', '!y:a.org', '!z:a.org']) await tx.destinations.putRoom('a.org', room, 1)
      await tx.destinations.putRoom('a.org', '!y:a.org', 4)
    })

    assert.equal(await names(), 'abc')
    assert.equal(await names('?dir=b'), 'cba')
    assert.equal(await names('?destination=ORG'), 'ab')
    assert.equal(await names('?order_by=failure_ts&dir=b'), 'cab')
    assert.equal(await names('?order_by=last_successful_stream_ordering'), 'acb')
    const page = await list('?limit=1&from=1')
    assert.deepEqual([page.destinations[0].destination, page.total, page.next_token], ['b.org', 3, '2'])
    const failing = {
      destination: 'c.net',
      retry_last_ts: 5,
      retry_interval: 7,
      failure_ts: 3,
      last_successful_stream_ordering: null,
    }
    assert.deepEqual(await server.ok('GET', `${PATH}/c.net`, { token }), failing)
    assert.deepEqual(await server.ok('GET', `${PATH}/a.org/rooms?dir=b&limit=2`, { token }), {
      rooms: [
        { room_id: '!z:a.org', stream_ordering: 1 },
        { room_id: '!y:a.org', stream_ordering: 4 },
      ],
      total: 3,
      next_token: '2',
    })
    assert.deepEqual(await server.ok('POST', `${PATH}/c.net/reset_connection`, { token, body: {} }), {})
    const { retry_last_ts, failure_ts } = await server.ok('GET', `${PATH}/c.net`, { token })
    assert.deepEqual([retry_last_ts, failure_ts], [0, null])

    for (const [method, path, status, errcode] of [
      ['GET', '/x.org', 404, 'M_NOT_FOUND'],
      ['GET', '/x.org/rooms', 404, 'M_NOT_FOUND'],
      ['POST', '/x.org/reset_connection', 404, 'M_NOT_FOUND'],
      ['POST', '/c.net/reset_connection', 400, 'M_UNKNOWN'],
      ['GET', '?from=-1', 400, 'M_INVALID_PARAM'],
      ['GET', '?limit=x', 400, 'M_INVALID_PARAM'],
      ['GET', '?dir=up', 400, 'M_INVALID_PARAM'],
      ['GET', '?order_by=size', 400, 'M_INVALID_PARAM'],
      ['GET', '/a.org/rooms?from=-1', 400, 'M_INVALID_PARAM'],
    ] as const) {
      const answer = await server.call(method, PATH + path, { token })
      assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], path)
      assert.equal((await server.call(method, PATH + path, { token: bob.token })).status, 403)
    }
  })
})
