import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type AccountServer, accountServer } from '../../accounts-fixture.ts'

databaseMatrix((open) => {
  const LOGIN = '/_matrix/client/v3/login'
  const userPath = (user: string) => `/_synapse/admin/v2/users/@${user}:test`

  async function withAdmin(options: Parameters<typeof accountServer>[0] = {}) {
    const server = await accountServer({ open, ...options })
    const admin = await server.user('admin', { admin: true })
    const put = (user: string, body: unknown) =>
      server.call('PUT', userPath(user), { token: admin.token, body })
    const get = async (user: string) =>
      (await server.call('GET', userPath(user), { token: admin.token })).body
    return { server, admin, put, get, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  }
  const logIn = (server: AccountServer, user: string, password: string) =>
    server.call('POST', LOGIN, { body: { type: 'm.login.password', user, password } })

  test('an account is created with everything given, and shown as it is', async () => {
    await using it = await withAdmin()
    const wanted = {
      password: 'abc123',
      displayname: 'Bob the Builder',
      avatar_url: 'mxc://test/bob',
      threepids: [
        { medium: 'email', address: 'Bob@Bob.Bob' },
        { medium: 'msisdn', address: '447700900123' },
      ],
      external_ids: [{ auth_provider: 'oidc-x', external_id: '12/3' }],
      admin: true,
      user_type: 'support',
      deactivated: true,
      locked: false,
      something_else: { ignored: true },
    }

    const { status, body } = await it.put('bob', wanted)

    assert.equal(status, 201)
    const nowMs = it.server.clock.nowMs()
    assert.deepEqual(body, {
      name: '@bob:test',
      displayname: 'Bob the Builder',
      avatar_url: 'mxc://test/bob',
      threepids: [
        { medium: 'email', address: 'bob@bob.bob', validated_at: nowMs, added_at: nowMs },
        { medium: 'msisdn', address: '447700900123', validated_at: nowMs, added_at: nowMs },
      ],
      external_ids: [{ auth_provider: 'oidc-x', external_id: '12/3' }],
      admin: true,
      deactivated: false,
      shadow_banned: false,
      is_guest: false,
      erased: false,
      locked: false,
      suspended: false,
      user_type: 'support',
      creation_ts: Math.floor(nowMs / 1000),
      last_seen_ts: null,
      appservice_id: null,
      consent_version: null,
      consent_server_notice_sent: null,
      consent_ts: null,
    })
    assert.deepEqual(await it.get('bob'), body)
    assert.equal((await logIn(it.server, 'bob', 'abc123')).status, 200)
    const devices = await it.server.call('GET', `${userPath('bob')}/devices`, { token: it.admin.token })
    assert.equal(devices.body.total, 1, 'only that of the log-in')
  })

  test('a new account is called by its localpart unless it has no name', async () => {
    await using it = await withAdmin()

    assert.equal((await it.put('one', {})).body.displayname, 'one')
    assert.equal((await it.put('two', { displayname: null, avatar_url: 5 })).body.displayname, 'two')
    assert.equal((await it.put('three', { displayname: '' })).body.displayname, null)

    assert.equal((await it.server.call('GET', '/_matrix/client/v3/profile/@three:test')).status, 404)
  })

  test('only what is given is changed', async () => {
    await using it = await withAdmin()
    const created = await it.put('bob', {
      displayname: 'Bob',
      threepids: [{ medium: 'email', address: 'b@b.b' }],
      external_ids: [{ auth_provider: 'p', external_id: 'x' }],
      user_type: 'bot',
    })

    const nothing = await it.put('bob', {})
    const renamed = await it.put('bob', { displayname: 'Robert' })
    const cleared = await it.put('bob', { displayname: '', threepids: [], external_ids: [], user_type: null })

    assert.deepEqual([nothing.status, nothing.body], [200, created.body])
    assert.deepEqual(renamed.body, { ...created.body, displayname: 'Robert' })
    assert.deepEqual(cleared.body, {
      ...created.body,
      displayname: null,
      threepids: [],
      external_ids: [],
      user_type: null,
    })
    assert.deepEqual(it.server.propagated, ['@bob:test', '@bob:test'])
  })

  test('a new password logs the user out unless told not to', async () => {
    await using it = await withAdmin()
    const bob = await it.server.user('bob')
    const whoami = (token: string) => it.server.call('GET', '/_matrix/client/v3/account/whoami', { token })

    await it.put('bob', { password: 'one', logout_devices: false })
    assert.equal((await whoami(bob.token)).status, 200)
    assert.equal((await logIn(it.server, 'bob', 'one')).status, 200)
    await it.put('bob', { password: 'two' })
    assert.equal((await whoami(bob.token)).status, 401)

    await it.put('admin', { password: 'three' })
    assert.equal((await whoami(it.admin.token)).status, 200, 'who changes their own password stays')
  })

  test('a late conflict leaves nothing behind', async () => {
    await using it = await withAdmin()
    const external_ids = [{ auth_provider: 'p', external_id: 'taken' }]
    await it.put('alice', { external_ids })
    const bob = (
      await it.put('bob', { displayname: 'Bob', external_ids: [{ auth_provider: 'p', external_id: 'b' }] })
    ).body

    const changed = await it.put('bob', {
      displayname: 'Changed',
      threepids: [{ medium: 'email', address: 'x@x.x' }],
      external_ids,
      admin: true,
      password: 'changed',
    })
    const created = await it.put('carol', { external_ids, password: 'x' })

    for (const { status, body } of [changed, created]) {
      assert.deepEqual(
        [status, body.errcode, body.error],
        [409, 'M_UNKNOWN', 'External id is already in use.'],
      )
    }
    assert.deepEqual(await it.get('bob'), bob)
    assert.deepEqual((await it.get('alice')).external_ids, external_ids)
    assert.equal((await it.get('carol')).errcode, 'M_NOT_FOUND')
  })

  test('an address moves silently to the latest account', async () => {
    await using it = await withAdmin()
    const threepids = [{ medium: 'email', address: 'shared@example.org' }]
    await it.put('alice', { threepids })

    await it.put('bob', { threepids })

    assert.deepEqual((await it.get('alice')).threepids, [])
    assert.equal((await it.get('bob')).threepids.length, 1)
  })

  test('an account is deactivated and opened again', async () => {
    await using it = await withAdmin()
    const bob = await it.server.user('bob')
    await it.put('bob', { threepids: [{ medium: 'email', address: 'b@b.b' }] })

    const closed = await it.put('bob', { deactivated: true })
    assert.deepEqual([closed.body.deactivated, closed.body.erased, closed.body.threepids], [true, false, []])
    assert.equal(closed.body.displayname, 'bob', 'the profile stays')
    const old = await it.server.call('GET', '/_matrix/client/v3/account/whoami', { token: bob.token })
    assert.deepEqual([old.status, old.body.soft_logout], [401, false])
    assert.equal(
      (await it.put('bob', { displayname: 'Renamed' })).body.deactivated,
      true,
      'absent is unchanged',
    )

    const opened = await it.put('bob', { deactivated: false })
    assert.deepEqual([opened.status, opened.body.deactivated], [200, false])
    assert.equal((await logIn(it.server, 'bob', 'pw-bob')).status, 403, 'without its old password')
    await it.put('bob', { deactivated: true })
    await it.put('bob', { deactivated: false, password: 'new' })
    assert.equal((await logIn(it.server, 'bob', 'new')).status, 200)
  })

  test('an erased account is not erased any more when it is opened again', async () => {
    await using it = await withAdmin()
    await it.server.user('bob')
    await it.server.call('POST', '/_synapse/admin/v1/deactivate/@bob:test', {
      token: it.admin.token,
      body: { erase: true },
    })
    assert.deepEqual([(await it.get('bob')).erased, (await it.get('bob')).displayname], [true, null])

    await it.put('bob', { deactivated: false })

    assert.equal((await it.get('bob')).erased, false)
    assert.deepEqual((await it.server.call('GET', '/_matrix/client/v3/profile/@bob:test')).body, {})
  })

  test('locking shuts out, and is undone', async () => {
    await using it = await withAdmin()
    const bob = await it.server.user('bob')
    const whoami = () => it.server.call('GET', '/_matrix/client/v3/account/whoami', { token: bob.token })

    assert.equal((await it.put('bob', { locked: true })).body.locked, true)
    assert.equal((await whoami()).body.errcode, 'M_USER_LOCKED')
    await it.put('bob', { locked: false })
    assert.equal((await whoami()).status, 200)
  })

  test('every bad value has its errcode, and nothing is changed', async () => {
    await using it = await withAdmin()
    await it.server.user('bob')
    const before = await it.get('bob')
    const cases: [unknown, string][] = [
      [{ password: 1 }, 'M_UNKNOWN'],
      [{ password: 'x'.repeat(513) }, 'M_UNKNOWN'],
      [{ logout_devices: 'no' }, 'M_UNKNOWN'],
      [{ displayname: 5 }, 'M_INVALID_PARAM'],
      [{ displayname: null }, 'M_INVALID_PARAM'],
      [{ displayname: 'x'.repeat(257) }, 'M_UNKNOWN'],
      [{ avatar_url: 5 }, 'M_INVALID_PARAM'],
      [{ avatar_url: 'x'.repeat(1001) }, 'M_UNKNOWN'],
      [{ threepids: 'x' }, 'M_MISSING_PARAM'],
      [{ threepids: ['x'] }, 'M_MISSING_PARAM'],
      [{ threepids: [{ medium: 'email' }] }, 'M_MISSING_PARAM'],
      [{ threepids: [{ medium: 'fax', address: '1' }] }, 'M_INVALID_PARAM'],
      [{ threepids: [{ medium: 'email', address: 'nobody' }] }, 'M_UNKNOWN'],
      [{ external_ids: [{ auth_provider: 'x' }] }, 'M_MISSING_PARAM'],
      [{ external_ids: {} }, 'M_MISSING_PARAM'],
      [{ admin: 'true' }, 'M_BAD_JSON'],
      [{ admin: 1 }, 'M_BAD_JSON'],
      [{ admin: null }, 'M_BAD_JSON'],
      [{ deactivated: 'false' }, 'M_UNKNOWN'],
      [{ user_type: 'wizard' }, 'M_UNKNOWN'],
      [{ user_type: 3 }, 'M_UNKNOWN'],
      [{ locked: 1 }, 'M_UNKNOWN'],
      [{ locked: true, deactivated: true }, 'M_UNKNOWN'],
    ]
    for (const [body, errcode] of cases) {
      const answer = await it.put('bob', { admin: true, ...(body as object) })
      assert.deepEqual(
        [answer.status, answer.body.errcode],
        [400, errcode],
        JSON.stringify(body).slice(0, 80),
      )
    }
    assert.deepEqual(await it.get('bob'), before)
  })

  test('passwords are refused by a server that keeps none, but not for new accounts', async () => {
    await using it = await withAdmin({ config: { localPasswords: false } })
    assert.equal((await it.put('bob', { password: 'x' })).status, 201)
    await it.put('bob', { deactivated: true })

    const refused = await it.put('bob', { password: 'x', deactivated: false })

    assert.deepEqual([refused.status, refused.body.errcode], [403, 'M_FORBIDDEN'])
    assert.equal((await it.get('bob')).deactivated, true)
  })

  test('nobody demotes themselves, and bad names are refused', async () => {
    await using it = await withAdmin()

    const demoted = await it.put('admin', { admin: false })
    assert.deepEqual([demoted.status, demoted.body.error], [400, 'You may not demote yourself.'])
    await it.server.storage.write((tx) =>
      tx.accounts.create({ userId: '@Old:test' as never, createdTs: 1, displayname: null }),
    )
    for (const [name, errcode] of [
      ['a%20b', 'M_INVALID_USERNAME'],
      ['ADMIN', 'M_INVALID_USERNAME'],
      ['', 'M_INVALID_USERNAME'],
      ['_x', 'M_INVALID_USERNAME'],
      ['123', 'M_INVALID_USERNAME'],
      ['old', 'M_USER_IN_USE'],
      ['notices', 'M_EXCLUSIVE'],
    ] as const) {
      const answer = await it.put(name, {})
      assert.deepEqual([answer.status, answer.body.errcode], [400, errcode], name)
    }
  })

  test('clients of 2021 are sent ones and noughts', async () => {
    await using it = await withAdmin({ compat: '2021' })

    const details = await it.get('admin')
    const list = await it.server.call('GET', '/_synapse/admin/v2/users', { token: it.admin.token })

    assert.deepEqual([details.admin, details.deactivated, details.shadow_banned], [1, 0, 0])
    assert.match(details.password_hash, /^\$2b\$04\$/)
    assert.deepEqual([details.is_guest, details.erased, details.locked], [false, false, false])
    const [item] = list.body.users
    assert.deepEqual(
      [item.is_guest, item.admin, item.deactivated, item.shadow_banned, item.erased],
      [0, 1, 0, 0, false],
    )
  })
})
