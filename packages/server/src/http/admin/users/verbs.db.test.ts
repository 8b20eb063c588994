import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { hashToken } from '../../../accounts/secrets.ts'
import { accountServer } from '../../accounts-fixture.ts'

databaseMatrix((open) => {
  const V1 = '/_synapse/admin/v1'
  const V2 = '/_synapse/admin/v2'

  async function withAdmin() {
    const server = await accountServer({ open })
    const admin = await server.user('admin', { admin: true })
    const bob = await server.user('bob')
    const call = (method: string, path: string, body?: unknown) =>
      server.call(method, path, { token: admin.token, body })
    return { server, admin, bob, call, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  }

  test('who may not call is told why, before anything else is looked at', async () => {
    await using it = await withAdmin()
    const path = `${V2}/users/@bob:test`
    const { userId } = it.admin
    await it.server.storage.write((tx) =>
      tx.tokens.addAccess({
        tokenHash: hashToken('old'),
        userId,
        deviceId: null,
        validUntilMs: 1,
        createdTs: 1,
      }),
    )

    const none = await it.server.call('GET', path)
    const unknown = await it.server.call('GET', path, { token: 'syt_nonsense' })
    const expired = await it.server.call('GET', path, { token: 'old' })
    const notAdmin = await it.server.call('PUT', path, { token: it.bob.token, raw: '{broken' })
    const inQuery = await it.server.call('GET', `${path}?access_token=${it.admin.token}`)
    const both = await it.server.call('GET', `${path}?access_token=${it.admin.token}`, {
      token: it.admin.token,
    })

    assert.deepEqual([none.status, none.body.errcode], [401, 'M_MISSING_TOKEN'])
    assert.deepEqual(
      [unknown.status, unknown.body.errcode, unknown.body.soft_logout],
      [401, 'M_UNKNOWN_TOKEN', false],
    )
    assert.deepEqual(
      [expired.status, expired.body.errcode, expired.body.soft_logout],
      [401, 'M_UNKNOWN_TOKEN', true],
    )
    assert.deepEqual([notAdmin.status, notAdmin.body.errcode], [403, 'M_FORBIDDEN'])
    assert.equal(notAdmin.body.error, 'You are not a server admin')
    assert.equal(inQuery.status, 200)
    assert.deepEqual([both.status, both.body.errcode], [401, 'M_MISSING_TOKEN'])
    const broken = await it.server.call('PUT', path, { token: it.admin.token, raw: '{broken' })
    assert.deepEqual([broken.status, broken.body.errcode], [400, 'M_NOT_JSON'])
  })

  test('an account has to be well formed, local and known', async () => {
    await using it = await withAdmin()
    const paths: [string, string, unknown?][] = [
      ['GET', `${V2}/users/ID`],
      ['POST', `${V1}/deactivate/ID`, {}],
      ['GET', `${V2}/users/ID/devices`],
      ['POST', `${V2}/users/ID/devices`, { device_id: 'x' }],
      ['POST', `${V2}/users/ID/delete_devices`, { devices: [] }],
      ['GET', `${V2}/users/ID/devices/X`],
      ['PUT', `${V2}/users/ID/devices/X`, {}],
      ['DELETE', `${V2}/users/ID/devices/X`],
      ['PUT', `${V1}/users/ID/admin`, { admin: true }],
    ]
    for (const [method, path, body] of paths) {
      const malformed = await it.call(method, path.replace('ID', 'bob'), body)
      const remote = await it.call(method, path.replace('ID', '@bob:elsewhere'), body)
      const unknown = await it.call(method, path.replace('ID', '@nobody:test'), body)
      assert.deepEqual([malformed.status, malformed.body.errcode], [400, 'M_INVALID_PARAM'], path)
      assert.deepEqual([remote.status, remote.body.errcode], [400, 'M_UNKNOWN'], path)
      assert.deepEqual([unknown.status, unknown.body.errcode], [404, 'M_NOT_FOUND'], path)
    }
    const put = await it.call('PUT', `${V2}/users/@bob:elsewhere`, {})
    assert.deepEqual([put.status, put.body.errcode], [400, 'M_UNKNOWN'])
    const encoded = await it.call('GET', `${V2}/users/%40bob%3Atest`)
    assert.equal(encoded.body.name, '@bob:test')
  })

  test('deactivating closes the account for good, and can be repeated', async () => {
    await using it = await withAdmin()
    const path = `${V1}/deactivate/@bob:test`

    const first = await it.server.call('POST', path, { token: it.admin.token })
    assert.deepEqual([first.status, first.body], [200, { id_server_unbind_result: 'success' }])
    const details = (await it.call('GET', `${V2}/users/@bob:test`)).body
    assert.deepEqual([details.deactivated, details.erased, details.displayname], [true, false, 'bob'])
    const blocked = await it.server.call('GET', '/_matrix/client/v3/account/whoami', { token: it.bob.token })
    assert.deepEqual([blocked.status, blocked.body.errcode], [401, 'M_UNKNOWN_TOKEN'])
    assert.equal((await it.call('GET', `${V2}/users/@bob:test/devices`)).body.total, 0)
    const wrong = await it.call('POST', path, { erase: 'yes' })
    assert.deepEqual([wrong.status, wrong.body.errcode], [400, 'M_BAD_JSON'])

    assert.equal((await it.call('POST', path, { erase: true })).status, 200)
    const erased = (await it.call('GET', `${V2}/users/@bob:test`)).body
    assert.deepEqual([erased.erased, erased.displayname, erased.avatar_url], [true, null, null])
    const taken = await it.call('GET', `${V1}/username_available?username=bob`)
    assert.equal(taken.body.errcode, 'M_USER_IN_USE')
  })

  test('resetting a password logs out, unless told not to, and works on deactivated accounts', async () => {
    await using it = await withAdmin()
    const reset = (user: string, body: unknown) => it.call('POST', `${V1}/reset_password/${user}`, body)
    const logIn = (password: string) =>
      it.server.call('POST', '/_matrix/client/v3/login', {
        body: { type: 'm.login.password', user: 'bob', password },
      })
    const whoami = () => it.server.call('GET', '/_matrix/client/v3/account/whoami', { token: it.bob.token })

    assert.deepEqual((await reset('@bob:test', { new_password: 'one', logout_devices: false })).body, {})
    assert.equal((await whoami()).status, 200)
    assert.equal((await reset('@bob:test', { new_password: 'two' })).status, 200)
    assert.equal((await whoami()).status, 401)
    assert.deepEqual([(await logIn('one')).status, (await logIn('two')).status], [403, 200])
    await it.call('POST', `${V1}/deactivate/@bob:test`)
    assert.equal((await reset('@bob:test', { new_password: 'three' })).status, 200)
    assert.equal((await logIn('three')).body.errcode, 'M_USER_DEACTIVATED')

    for (const [user, body, status, errcode] of [
      ['@bob:test', {}, 400, 'M_MISSING_PARAM'],
      ['@bob:test', { new_password: 1 }, 400, 'M_BAD_JSON'],
      ['@bob:test', { new_password: 'x', logout_devices: 'y' }, 400, 'M_BAD_JSON'],
      ['@nobody:test', { new_password: 'x' }, 404, 'M_NOT_FOUND'],
      ['@bob:elsewhere', { new_password: 'x' }, 404, 'M_NOT_FOUND'],
      ['bob', { new_password: 'x' }, 400, 'M_INVALID_PARAM'],
    ] as const) {
      const answer = await reset(user, body)
      assert.deepEqual(
        [answer.status, answer.body.errcode],
        [status, errcode],
        `${user} ${JSON.stringify(body)}`,
      )
    }
  })

  test('the admin flag is read and set', async () => {
    await using it = await withAdmin()
    const path = `${V1}/users/@bob:test/admin`
    assert.deepEqual((await it.call('GET', path)).body, { admin: false })

    assert.deepEqual((await it.call('PUT', path, { admin: true })).body, {})

    assert.deepEqual((await it.call('GET', path)).body, { admin: true })
    assert.equal((await it.server.call('GET', path, { token: it.bob.token })).status, 200, 'works at once')
    assert.deepEqual((await it.call('GET', `${V1}/users/@nobody:test/admin`)).body, { admin: false })
    for (const [body, errcode] of [
      [{}, 'M_MISSING_PARAM'],
      [{ admin: 'false' }, 'M_BAD_JSON'],
    ] as const)
      assert.equal((await it.call('PUT', path, body)).body.errcode, errcode)
    const self = await it.call('PUT', `${V1}/users/@admin:test/admin`, { admin: false })
    assert.deepEqual([self.status, self.body.errcode], [400, 'M_UNKNOWN'])
    const remote = await it.call('GET', `${V1}/users/@x:elsewhere/admin`)
    assert.deepEqual([remote.status, remote.body.errcode], [400, 'M_UNKNOWN'])
  })

  test('devices are made, listed, renamed and deleted', async () => {
    await using it = await withAdmin()
    const path = `${V2}/users/@bob:test/devices`

    const made = await it.call('POST', path, { device_id: 'NEW' })
    assert.deepEqual([made.status, made.body], [201, {}])
    assert.equal((await it.call('POST', path, { device_id: 'NEW' })).status, 201)
    assert.deepEqual((await it.call('GET', `${path}/NEW`)).body, {
      user_id: '@bob:test',
      device_id: 'NEW',
      display_name: null,
      last_seen_ip: null,
      last_seen_user_agent: null,
      last_seen_ts: null,
    })
    assert.equal((await it.call('GET', path)).body.total, 2)
    await it.call('PUT', `${path}/NEW`, { display_name: 'Named' })
    assert.equal((await it.call('GET', `${path}/NEW`)).body.display_name, 'Named')
    const long = await it.call('PUT', `${path}/NEW`, { display_name: 'x'.repeat(101) })
    assert.deepEqual([long.status, long.body.errcode], [400, 'M_TOO_LARGE'])
    assert.equal((await it.server.call('PUT', `${path}/NOPE`, { token: it.admin.token })).status, 200)
    assert.equal((await it.call('PUT', `${path}/NOPE`, { display_name: 'x' })).status, 404)
    assert.equal((await it.call('DELETE', `${path}/NOPE`)).status, 200)
    assert.equal((await it.call('GET', `${path}/NOPE`)).body.errcode, 'M_NOT_FOUND')

    const all = await it.call('POST', `${V2}/users/@bob:test/delete_devices`, {
      devices: ['NEW', it.bob.deviceId, 'NOPE'],
    })
    assert.deepEqual([all.status, all.body], [200, {}])
    assert.deepEqual((await it.call('GET', path)).body, { devices: [], total: 0 })
    const gone = await it.server.call('GET', '/_matrix/client/v3/account/whoami', { token: it.bob.token })
    assert.equal(gone.status, 401)
    for (const [sub, body, errcode] of [
      ['devices', {}, 'M_UNKNOWN'],
      ['devices', { device_id: '' }, 'M_UNKNOWN'],
      ['devices', { device_id: 3 }, 'M_UNKNOWN'],
      ['delete_devices', {}, 'M_MISSING_PARAM'],
      ['delete_devices', undefined, 'M_NOT_JSON'],
    ] as const) {
      const answer = await it.call('POST', `${V2}/users/@bob:test/${sub}`, body)
      assert.deepEqual([answer.status, answer.body.errcode], [400, errcode], `${sub} ${JSON.stringify(body)}`)
    }
  })

  test('a name is available or its 400 says why not', async () => {
    await using it = await withAdmin()
    const ask = (query: string) => it.call('GET', `${V1}/username_available${query}`)

    assert.deepEqual((await ask('?username=carol')).body, { available: true })
    for (const [query, errcode] of [
      ['', 'M_MISSING_PARAM'],
      ['?username=bob', 'M_USER_IN_USE'],
      ['?username=a%20b', 'M_INVALID_USERNAME'],
      ['?username=notices', 'M_EXCLUSIVE'],
    ] as const) {
      const answer = await ask(query)
      assert.deepEqual([answer.status, answer.body.errcode], [400, errcode], query)
    }
  })
})
