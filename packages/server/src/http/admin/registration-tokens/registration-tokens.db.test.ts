import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wholeServer } from '../whole-server-fixture.ts'

const PATH = '/_synapse/admin/v1/registration_tokens'

databaseMatrix((open) => {
  test('tokens are made, listed, changed and deleted', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token } = await server.person('admin', { admin: true })
    const soon = server.clock.nowMs() + 10_000

    const named = await server.ok('POST', `${PATH}/new`, {
      token,
      body: { token: 'a.B_~-9', uses_allowed: 2, expiry_time: soon, length: 'ignored' },
    })
    assert.deepEqual(named, {
      token: 'a.B_~-9',
      uses_allowed: 2,
      pending: 0,
      completed: 0,
      expiry_time: soon,
    })
    const random = await server.ok('POST', `${PATH}/new`, { token, body: {} })
    assert.match(random.token, /^[A-Za-z0-9._~-]{16}$/)
    assert.deepEqual([random.uses_allowed, random.expiry_time], [null, null])
    const long = await server.ok('POST', `${PATH}/new`, { token, body: { length: 64, uses_allowed: 0 } })
    assert.equal(long.token.length, 64)

    assert.deepEqual(await server.ok('GET', `${PATH}/${named.token}`, { token }), named)
    const list = async (query = '') =>
      (await server.ok('GET', PATH + query, { token })).registration_tokens
        .map((each: { token: string }) => each.token)
        .sort()
    assert.deepEqual(await list(), [named.token, random.token, long.token].sort())
    assert.deepEqual(await list('?valid=true'), [named.token, random.token].sort())
    assert.deepEqual(await list('?valid=false'), [long.token])
    server.clock.advance(20_000)
    assert.deepEqual(await list('?valid=false'), [named.token, long.token].sort())

    assert.deepEqual(await server.ok('PUT', `${PATH}/${named.token}`, { token, body: {} }), named)
    const changed = await server.ok('PUT', `${PATH}/${named.token}`, {
      token,
      body: { uses_allowed: null, pending: 9 },
    })
    assert.deepEqual(changed, { ...named, uses_allowed: null })
    const never = await server.ok('PUT', `${PATH}/${named.token}`, { token, body: { expiry_time: null } })
    assert.deepEqual(never, { ...changed, expiry_time: null })
    assert.deepEqual(await server.ok('GET', `${PATH}/${named.token}`, { token }), never)

    assert.deepEqual(await server.ok('DELETE', `${PATH}/${named.token}`, { token }), {})
    assert.deepEqual(await list(), [random.token, long.token].sort())
  })

  test('a token that has been used up is not valid any more', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage, {
      config: (config) => ({
        ...config,
        registration: { ...config.registration, enabled: true, requiresToken: true },
      }),
    })
    const { token } = await server.person('admin', { admin: true })
    await server.ok('POST', `${PATH}/new`, { token, body: { token: 'once', uses_allowed: 1 } })
    const validity = '/_matrix/client/v1/register/m.login.registration_token/validity?token=once'
    assert.deepEqual(await server.ok('GET', validity), { valid: true })

    await storage.write((tx) => tx.registrationTokens.reserve('once', server.clock.nowMs()))
    assert.equal((await server.ok('GET', `${PATH}/once`, { token })).pending, 1)
    assert.deepEqual(await server.ok('GET', `${PATH}?valid=true`, { token }), { registration_tokens: [] })

    await storage.write((tx) => tx.registrationTokens.release('once', true))
    const used = await server.ok('GET', `${PATH}/once`, { token })
    assert.deepEqual([used.pending, used.completed], [0, 1])
    assert.deepEqual(await server.ok('GET', validity), { valid: false })
  })

  test('what cannot be a token, or is there already, is refused', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token } = await server.person('admin', { admin: true })
    const { token: userToken } = await server.person('bob')
    await server.ok('POST', `${PATH}/new`, { token, body: { token: 'taken' } })

    const refused: [string, string, unknown][] = [
      ...[
        { token: 1 },
        { token: null },
        { token: '' },
        { token: 'x'.repeat(65) },
        { token: 'a b' },
        { token: 'ä' },
        { token: 'taken' },
        { length: '8' },
        { length: 0 },
        { length: 65 },
        { length: 1.5 },
        { length: null },
      ].map((body): [string, string, unknown] => ['POST', '/new', body]),
      ...['/new', '/taken'].flatMap((path) =>
        [
          { uses_allowed: -1 },
          { uses_allowed: 1.5 },
          { uses_allowed: true },
          { uses_allowed: '1' },
          { expiry_time: server.clock.nowMs() - 1 },
          { expiry_time: '1' },
          { expiry_time: 1.5 },
          { expiry_time: 2 ** 63 },
          { uses_allowed: 2 ** 63 },
        ].map((body): [string, string, unknown] => [path === '/new' ? 'POST' : 'PUT', path, body]),
      ),
    ]
    for (const [method, path, body] of refused) {
      const answer = await server.call(method, PATH + path, { token, body })
      assert.deepEqual([answer.status, answer.body.errcode], [400, 'M_INVALID_PARAM'], JSON.stringify(body))
    }
    const all = await server.ok('GET', PATH, { token })
    assert.equal(all.registration_tokens.length, 1, 'nothing was made of what was refused')

    const badBool = await server.call('GET', `${PATH}?valid=yes`, { token })
    assert.deepEqual([badBool.status, badBool.body.errcode], [400, 'M_INVALID_PARAM'])
    const noBody = await server.call('POST', `${PATH}/new`, { token })
    assert.deepEqual([noBody.status, noBody.body.errcode], [400, 'M_NOT_JSON'])
    const list = await server.call('POST', `${PATH}/new`, { token, body: [] })
    assert.deepEqual([list.status, list.body.errcode], [400, 'M_BAD_JSON'])
    for (const [method, body] of [['GET'], ['PUT', {}], ['DELETE']] as const) {
      const answer = await server.call(method, `${PATH}/nothing`, { token, body })
      assert.deepEqual([answer.status, answer.body.errcode], [404, 'M_NOT_FOUND'])
    }
    const notAdmin = await server.call('POST', `${PATH}/new`, { token: userToken, body: { token: 1 } })
    assert.deepEqual([notAdmin.status, notAdmin.body.errcode], [403, 'M_FORBIDDEN'])
  })

  test('when every token of a length is taken, a random one is not to be had', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token } = await server.person('admin', { admin: true })
    const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-'
    await storage.write(async (tx) => {
      for (const each of characters)
        await tx.registrationTokens.add({ token: each, usesAllowed: null, expiryTs: null })
    })

    const answer = await server.call('POST', `${PATH}/new`, { token, body: { length: 1 } })

    assert.deepEqual([answer.status, answer.body.errcode], [500, 'M_UNKNOWN'])
  })
})
