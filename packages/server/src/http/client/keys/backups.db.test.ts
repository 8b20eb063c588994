import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type KeyOwner, keyServer } from './keys-fixture.ts'

const VERSION = '/room_keys/version'
const KEYS = '/room_keys/keys'
const CONFIG = { algorithm: 'm.megolm_backup.v1.curve25519-aes-sha2', auth_data: { public_key: 'abc' } }
const ROOM = '!room:test'
const enc = encodeURIComponent

const key = (more: object = {}) => ({
  first_message_index: 10,
  forwarded_count: 5,
  is_verified: false,
  session_data: { ciphertext: 'secret' },
  ...more,
})

databaseMatrix((open) => {
  test('a backup version is made, shown, changed and deleted', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const [alice, bob] = [await server.user('alice'), await server.user('bob')]
    const none = await server.call(alice, 'GET', VERSION)
    assert.deepEqual([none.status, none.body.errcode], [404, 'M_NOT_FOUND'])

    assert.deepEqual(await server.ok(alice, 'POST', VERSION, CONFIG), { version: '1' })
    assert.deepEqual(await server.ok(alice, 'POST', VERSION, CONFIG), { version: '2' })
    const shown = { ...CONFIG, version: '2', count: 0, etag: '0' }
    assert.deepEqual(await server.ok(alice, 'GET', VERSION), shown)
    assert.deepEqual(await server.ok(alice, 'GET', `${VERSION}/1`), { ...shown, version: '1' })
    assert.equal((await server.call(bob, 'GET', `${VERSION}/2`)).status, 404)

    const auth_data = { public_key: 'abc', signatures: {} }
    const update = (body: object) => server.call(alice, 'PUT', `${VERSION}/2`, body)
    assert.deepEqual((await update({ ...CONFIG, auth_data, version: '2' })).body, {})
    assert.deepEqual(await server.ok(alice, 'GET', VERSION), { ...shown, auth_data })
    assert.equal((await update({ ...CONFIG, version: '1' })).body.errcode, 'M_INVALID_PARAM')
    assert.equal((await update({ ...CONFIG, algorithm: 'other' })).body.errcode, 'M_INVALID_PARAM')
    assert.equal((await server.call(alice, 'PUT', `${VERSION}/9`, CONFIG)).status, 404)

    assert.deepEqual(await server.ok(alice, 'DELETE', `${VERSION}/2`), {})
    assert.deepEqual(await server.ok(alice, 'DELETE', `${VERSION}/2`), {})
    assert.equal((await server.call(alice, 'DELETE', `${VERSION}/9`)).body.errcode, 'M_NOT_FOUND')
    assert.equal((await server.call(alice, 'GET', `${VERSION}/2`)).status, 404)
    assert.equal((await server.ok(alice, 'GET', VERSION)).version, '1')
    assert.deepEqual(await server.ok(alice, 'POST', VERSION, CONFIG), { version: '3' })
  })

  test('keys are stored and read one by one, by room, and all at once', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const alice = await server.user('alice')
    await server.ok(alice, 'POST', VERSION, CONFIG)
    const one = `${KEYS}/${enc(ROOM)}/${enc('a/b+c')}?version=1`
    const room = `${KEYS}/${enc(ROOM)}?version=1`
    const all = `${KEYS}?version=1`
    assert.deepEqual(await server.ok(alice, 'GET', room), { sessions: {} })
    assert.deepEqual(await server.ok(alice, 'GET', all), { rooms: {} })
    assert.equal((await server.call(alice, 'GET', one)).body.errcode, 'M_NOT_FOUND')

    assert.deepEqual(await server.ok(alice, 'PUT', one, key()), { count: 1, etag: '1' })
    assert.deepEqual(await server.ok(alice, 'PUT', room, { sessions: { s2: key() } }), {
      count: 2,
      etag: '2',
    })
    const rooms = {
      '!other:test': { sessions: { s3: key({ is_verified: true }) } },
      [ROOM]: { sessions: {} },
    }
    assert.deepEqual(await server.ok(alice, 'PUT', all, { rooms }), { count: 3, etag: '3' })
    assert.deepEqual(await server.ok(alice, 'PUT', all, { rooms: {} }), { count: 3, etag: '3' })

    assert.deepEqual(await server.ok(alice, 'GET', one), key())
    const sessions = { 'a/b+c': key(), s2: key() }
    assert.deepEqual(await server.ok(alice, 'GET', room), { sessions })
    assert.deepEqual(await server.ok(alice, 'GET', all), { rooms: { ...rooms, [ROOM]: { sessions } } })
    const { count, etag } = await server.ok(alice, 'GET', VERSION)
    assert.deepEqual([count, etag], [3, '3'])

    assert.deepEqual(await server.ok(alice, 'DELETE', one), { count: 2, etag: '4' })
    assert.deepEqual(await server.ok(alice, 'DELETE', one), { count: 2, etag: '4' })
    assert.deepEqual(await server.ok(alice, 'DELETE', room), { count: 1, etag: '5' })
    assert.deepEqual(await server.ok(alice, 'DELETE', all), { count: 0, etag: '6' })
    assert.deepEqual(await server.ok(alice, 'GET', all), { rooms: {} })
  })

  test('a key is replaced by a better one only', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const alice = await server.user('alice')
    await server.ok(alice, 'POST', VERSION, CONFIG)
    const path = `${KEYS}/${enc(ROOM)}/s?version=1`
    const kept = async (more: object) => {
      await server.ok(alice, 'PUT', path, key(more))
      return server.ok(alice, 'GET', path)
    }

    assert.deepEqual(await kept({}), key())
    for (const worse of [
      { first_message_index: 11, forwarded_count: 0 },
      { forwarded_count: 6 },
      { session_data: { other: 'of the same worth' } },
    ])
      assert.deepEqual(await kept(worse), key())
    assert.equal((await server.ok(alice, 'GET', VERSION)).etag, '1')
    for (const better of [
      { forwarded_count: 4 },
      { first_message_index: 9, forwarded_count: 9 },
      { is_verified: true, first_message_index: 99 },
    ])
      assert.deepEqual(await kept(better), key(better))
    const verified = key({ is_verified: true, first_message_index: 99 })
    assert.deepEqual(await kept({ is_verified: false, first_message_index: 0 }), verified)
    assert.equal((await server.ok(alice, 'GET', VERSION)).count, 1)
  })

  test('only the current version is written to; what is unknown is not found', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const alice = await server.user('alice')
    const put = (version: string, path = `/${enc(ROOM)}/s`, body: object = key()) =>
      server.call(alice, 'PUT', `${KEYS}${path}?version=${version}`, body)
    const codes = async (answer: ReturnType<typeof put>) => {
      const { status, body } = await answer
      return [status, body.errcode]
    }
    assert.deepEqual(await codes(put('1')), [404, 'M_NOT_FOUND'])
    await server.ok(alice, 'POST', VERSION, CONFIG)
    await server.ok(alice, 'PUT', `${KEYS}/${enc(ROOM)}/s?version=1`, key())
    await server.ok(alice, 'POST', VERSION, CONFIG)

    const old = await put('1')
    assert.deepEqual(old, {
      status: 403,
      body: { errcode: 'M_WRONG_ROOM_KEYS_VERSION', error: 'Wrong backup version.', current_version: '2' },
    })
    assert.deepEqual(await codes(put('1', '', { rooms: {} })), [403, 'M_WRONG_ROOM_KEYS_VERSION'])
    for (const version of ['3', '0', '-1', 'x', '1e0', '99999999999999999999', '%00'])
      assert.deepEqual(await codes(put(version)), [404, 'M_NOT_FOUND'], version)
    assert.equal(
      (await server.ok(alice, 'GET', `${KEYS}?version=1`)).rooms[ROOM].sessions.s.forwarded_count,
      5,
    )
    for (const method of ['GET', 'DELETE'])
      for (const path of ['', `/${enc(ROOM)}`, `/${enc(ROOM)}/s`])
        assert.equal(
          (await server.call(alice, method, `${KEYS}${path}?version=7`)).body.errcode,
          'M_NOT_FOUND',
        )
  })

  test('malformed backups and keys are refused', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const alice = await server.user('alice')
    await server.ok(alice, 'POST', VERSION, CONFIG)
    const one = `${KEYS}/${enc(ROOM)}/s?version=1`
    const { session_data, ...incomplete } = key()
    const refusals: [string, string, object, string][] = [
      ['POST', VERSION, { auth_data: {} }, 'M_MISSING_PARAM'],
      ['POST', VERSION, { ...CONFIG, algorithm: 5 }, 'M_BAD_JSON'],
      ['POST', VERSION, { ...CONFIG, algorithm: 'a\0' }, 'M_INVALID_PARAM'],
      ['POST', VERSION, { ...CONFIG, auth_data: [] }, 'M_BAD_JSON'],
      ['PUT', `${VERSION}/1`, { ...CONFIG, version: 1 }, 'M_BAD_JSON'],
      ['PUT', one, incomplete, 'M_MISSING_PARAM'],
      ['PUT', one, key({ first_message_index: 1.5 }), 'M_BAD_JSON'],
      ['PUT', one, key({ first_message_index: -1 }), 'M_BAD_JSON'],
      ['PUT', one, key({ forwarded_count: 1e300 }), 'M_BAD_JSON'],
      ['PUT', one, key({ is_verified: 'yes' }), 'M_BAD_JSON'],
      ['PUT', one, key({ session_data: 'text' }), 'M_BAD_JSON'],
      ['PUT', one.replace('?version=1', ''), key(), 'M_MISSING_PARAM'],
      ['PUT', `${KEYS}/room/s?version=1`, key(), 'M_INVALID_PARAM'],
      ['PUT', `${KEYS}/${enc(ROOM)}/${'s'.repeat(256)}?version=1`, key(), 'M_INVALID_PARAM'],
      ['PUT', `${KEYS}/${enc(ROOM)}/%00?version=1`, key(), 'M_INVALID_PARAM'],
      ['PUT', `${KEYS}/${enc(ROOM)}?version=1`, {}, 'M_MISSING_PARAM'],
      ['PUT', `${KEYS}/${enc(ROOM)}?version=1`, { sessions: { s: 1 } }, 'M_BAD_JSON'],
      ['PUT', `${KEYS}?version=1`, { rooms: { [ROOM]: {} } }, 'M_BAD_JSON'],
      ['PUT', `${KEYS}?version=1`, { rooms: { room: { sessions: {} } } }, 'M_INVALID_PARAM'],
      ['PUT', `${KEYS}?version=1`, { rooms: { [ROOM]: { sessions: { '': key() } } } }, 'M_INVALID_PARAM'],
    ]

    for (const [method, path, body, errcode] of refusals) {
      const answer = await server.call(alice, method, path, body)
      assert.deepEqual(
        [answer.status, answer.body.errcode],
        [400, errcode],
        `${path} ${JSON.stringify(body)}`,
      )
    }
    assert.equal((await server.ok(alice, 'GET', VERSION)).count, 0)
  })

  test('a large backup goes in, comes out whole, and is deleted in the background', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const alice = await server.user('alice')
    await server.ok(alice, 'POST', VERSION, CONFIG)
    const rooms = Object.fromEntries(
      ['!a:test', '!b:test', '!c:test'].map((room) => [
        room,
        {
          sessions: Object.fromEntries(
            Array.from({ length: 500 }, (_, i) => [`s${i}`, key({ forwarded_count: i })]),
          ),
        },
      ]),
    )

    assert.equal((await server.ok(alice, 'PUT', `${KEYS}?version=1`, { rooms })).count, 1500)
    assert.deepEqual(await server.ok(alice, 'GET', `${KEYS}?version=1`), { rooms })
    assert.deepEqual(await server.ok(alice, 'GET', `${KEYS}/!b:test?version=1`), rooms['!b:test'])
    assert.equal((await server.ok(alice, 'DELETE', `${KEYS}/!c:test?version=1`)).count, 1000)
    assert.equal(Object.keys((await server.ok(alice, 'GET', `${KEYS}?version=1`)).rooms).length, 2)

    await server.ok(alice, 'DELETE', `${VERSION}/1`)
    await server.jobs.runUntilIdle()
    assert.deepEqual(await leftOf(alice), [])

    function leftOf({ userId }: KeyOwner) {
      return storage.read.backupSessions.page(userId, 1, { after: { roomId: '', sessionId: '' }, limit: 10 })
    }
  })
})
