import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountServer } from '../../accounts-fixture.ts'

const LOGIN = '/_matrix/client/v3/login'
const WHOAMI = '/_matrix/client/v3/account/whoami'
const passwordOf = (user: string, password = `pw-${user}`) => ({
  type: 'm.login.password',
  identifier: { type: 'm.id.user', user },
  password,
})

test('the flows name what is open', async () => {
  await using server = await accountServer()
  await using closed = await accountServer({ config: { passwordLogin: false, loginTokens: null } })

  assert.deepEqual((await server.call('GET', '/_matrix/client/r0/login')).body, {
    flows: [{ type: 'm.login.password' }, { type: 'm.login.token', get_login_token: true }],
  })
  assert.deepEqual((await closed.call('GET', LOGIN)).body, { flows: [] })
  assert.equal((await closed.call('POST', LOGIN, { body: passwordOf('alice') })).body.errcode, 'M_UNKNOWN')
  assert.equal(
    (await closed.call('POST', LOGIN, { body: { type: 'm.login.token', token: 'x' } })).status,
    400,
  )
})

test('a user logs in by localpart, by full id, in any letter case, and the old way', async () => {
  await using server = await accountServer()
  const { userId } = await server.user('alice')

  for (const user of ['alice', '@alice:test', 'Alice', '@ALICE:test']) {
    const { status, body } = await server.call('POST', LOGIN, { body: passwordOf(user, 'pw-alice') })
    assert.equal(status, 200, user)
    assert.equal(body.user_id, userId)
    assert.equal(body.home_server, 'test')
    assert.match(body.access_token, /^syt_YWxpY2U_[A-Za-z]{20}_[0-9A-Za-z]{6}$/)
    assert.match(body.device_id, /^[A-Z]{10}$/)
    assert.deepEqual(body.well_known, { 'm.homeserver': { base_url: 'https://test/' } })
    const whoami = await server.call('GET', WHOAMI, { token: body.access_token })
    assert.deepEqual(whoami.body, { user_id: userId, is_guest: false, device_id: body.device_id })
  }
  const legacy = { type: 'm.login.password', user: 'alice', password: 'pw-alice' }
  assert.equal((await server.call('POST', LOGIN, { body: legacy })).status, 200)
})

test('a user logs in by email in any letter case and by phone number', async () => {
  await using server = await accountServer()
  const { userId } = await server.user('alice')
  await server.storage.write(async (tx) => {
    await tx.threepids.put(userId, 'email', 'a@example.org', 1)
    await tx.threepids.put(userId, 'msisdn', '447700900123', 1)
  })

  for (const identifier of [
    { type: 'm.id.thirdparty', medium: 'email', address: 'A@Example.org' },
    { type: 'm.id.thirdparty', medium: 'msisdn', address: '447700900123' },
    { type: 'm.id.phone', country: 'GB', phone: '07700 900123' },
    { type: 'm.id.phone', country: 'US', phone: '+44 7700 900123' },
  ]) {
    const body = { type: 'm.login.password', identifier, password: 'pw-alice' }
    const answer = await server.call('POST', LOGIN, { body })
    assert.equal(answer.body.user_id, userId, JSON.stringify(identifier))
  }
  const legacy = { type: 'm.login.password', medium: 'email', address: 'a@example.org', password: 'pw-alice' }
  assert.equal((await server.call('POST', LOGIN, { body: legacy })).status, 200)
})

test('wrong passwords and unknown users are answered alike', async () => {
  await using server = await accountServer()
  await server.user('alice')

  const wrong = await server.call('POST', LOGIN, { body: passwordOf('alice', 'nope') })
  const unknown = await server.call('POST', LOGIN, { body: passwordOf('nobody', 'nope') })
  const remote = await server.call('POST', LOGIN, { body: passwordOf('@alice:elsewhere', 'pw-alice') })

  assert.equal(wrong.status, 403)
  assert.equal(wrong.body.errcode, 'M_FORBIDDEN')
  assert.deepEqual(unknown.body, wrong.body)
  assert.deepEqual(remote.body, wrong.body)
})

test('malformed log-ins are refused with 400', async () => {
  await using server = await accountServer()
  const cases: [unknown, string][] = [
    [{}, 'M_MISSING_PARAM'],
    [{ type: 7 }, 'M_BAD_JSON'],
    [{ type: 'no.such.type' }, 'M_UNKNOWN'],
    [{ type: 'm.login.password' }, 'M_MISSING_PARAM'],
    [{ type: 'm.login.password', user: 'alice' }, 'M_MISSING_PARAM'],
    [{ type: 'm.login.password', identifier: {}, password: 'x' }, 'M_MISSING_PARAM'],
    [{ type: 'm.login.password', identifier: 'alice', password: 'x' }, 'M_INVALID_PARAM'],
    [{ type: 'm.login.password', identifier: { type: 'x' }, password: 'x' }, 'M_UNKNOWN'],
    [{ ...passwordOf('alice'), device_id: '' }, 'M_INVALID_PARAM'],
    [{ ...passwordOf('alice'), password: 3 }, 'M_BAD_JSON'],
  ]
  for (const [body, errcode] of cases) {
    const answer = await server.call('POST', LOGIN, { body })
    assert.deepEqual([answer.status, answer.body.errcode], [400, errcode], JSON.stringify(body))
  }
  assert.equal((await server.call('POST', LOGIN, { raw: '{' })).body.errcode, 'M_NOT_JSON')
})

test('logging in on a known device ends its old session and keeps its name', async () => {
  await using server = await accountServer()
  await server.user('alice')
  const first = await server.call('POST', LOGIN, {
    body: { ...passwordOf('alice'), device_id: 'PHONE', initial_device_display_name: 'one' },
  })

  const second = await server.call('POST', LOGIN, {
    body: { ...passwordOf('alice'), device_id: 'PHONE', initial_device_display_name: 'two' },
  })

  const old = await server.call('GET', WHOAMI, { token: first.body.access_token })
  assert.deepEqual([old.status, old.body.errcode, old.body.soft_logout], [401, 'M_UNKNOWN_TOKEN', false])
  const device = await server.call('GET', '/_matrix/client/v3/devices/PHONE', {
    token: second.body.access_token,
  })
  assert.equal(device.body.display_name, 'one')
})

test('locked accounts may only log out, deactivated ones cannot log in', async () => {
  await using server = await accountServer()
  const alice = await server.user('alice')
  await server.storage.write((tx) => tx.accounts.update(alice.userId, { locked: true }))

  const blocked = await server.call('GET', WHOAMI, { token: alice.token })
  const login = await server.call('POST', LOGIN, { body: passwordOf('alice') })
  const logout = await server.call('POST', '/_matrix/client/v3/logout', { token: alice.token })

  assert.deepEqual(
    [blocked.status, blocked.body.errcode, blocked.body.soft_logout],
    [401, 'M_USER_LOCKED', true],
  )
  assert.deepEqual([login.status, login.body.errcode], [401, 'M_USER_LOCKED'])
  assert.equal(logout.status, 200)
  await server.storage.write((tx) => tx.accounts.update(alice.userId, { locked: false, deactivated: true }))
  const deactivated = await server.call('POST', LOGIN, { body: passwordOf('alice') })
  assert.deepEqual([deactivated.status, deactivated.body.errcode], [403, 'M_USER_DEACTIVATED'])
})

test('logging out ends one session, logging out everywhere all of them', async () => {
  await using server = await accountServer()
  const one = await server.user('alice')
  const two = (await server.call('POST', LOGIN, { body: passwordOf('alice') })).body.access_token
  const three = (await server.call('POST', LOGIN, { body: passwordOf('alice') })).body.access_token

  await server.call('POST', '/_matrix/client/v3/logout', { token: one.token })
  assert.equal((await server.call('GET', WHOAMI, { token: one.token })).status, 401)
  assert.equal((await server.call('GET', WHOAMI, { token: two })).status, 200)
  const devices = await server.call('GET', '/_matrix/client/v3/devices', { token: two })
  assert.equal(devices.body.devices.length, 2)

  assert.deepEqual((await server.call('POST', '/_matrix/client/r0/logout/all', { token: two })).body, {})
  assert.equal((await server.call('GET', WHOAMI, { token: two })).status, 401)
  assert.equal((await server.call('GET', WHOAMI, { token: three })).status, 401)
})

test('failed log-ins of one account are limited, other accounts are not', async () => {
  const rateLimits = { 'rc_login.failed_attempts': { perSecond: 0.1, burst: 2 } }
  await using server = await accountServer({ rateLimits })
  await server.user('alice')
  await server.user('bob')
  for (let i = 0; i < 2; i++) await server.call('POST', LOGIN, { body: passwordOf('alice', 'nope') })

  const third = await server.call('POST', LOGIN, { body: passwordOf('ALICE', 'pw-alice') })
  const other = await server.call('POST', LOGIN, { body: passwordOf('bob') })

  assert.deepEqual([third.status, third.body.errcode], [429, 'M_LIMIT_EXCEEDED'])
  assert.equal(third.headers['retry-after'], '10')
  assert.equal(other.status, 200)
  server.clock.advance(10_000)
  assert.equal((await server.call('POST', LOGIN, { body: passwordOf('alice') })).status, 200)
})

test('log-ins from one address are limited', async () => {
  await using server = await accountServer({
    rateLimits: { 'rc_login.address': { perSecond: 0.1, burst: 1 } },
  })
  await server.user('alice')

  const first = await server.call('POST', LOGIN, { body: passwordOf('alice') })
  const second = await server.call('POST', LOGIN, { body: passwordOf('alice') })

  assert.deepEqual([first.status, second.status], [200, 429])
})

test('a login token logs another client in once, after the password was shown', async () => {
  await using server = await accountServer()
  const alice = await server.user('alice')
  const path = '/_matrix/client/v1/login/get_token'
  const challenge = await server.call('POST', path, { token: alice.token, body: {} })
  assert.deepEqual([challenge.status, challenge.body.flows], [401, [{ stages: ['m.login.password'] }]])

  const auth = { ...passwordOf('alice'), session: challenge.body.session }
  const granted = await server.call('POST', path, { token: alice.token, body: { auth } })
  assert.equal(granted.body.expires_in_ms, 120_000)
  const login = { type: 'm.login.token', token: granted.body.login_token }
  const first = await server.call('POST', LOGIN, { body: login })
  const again = await server.call('POST', LOGIN, { body: login })

  assert.equal(first.body.user_id, alice.userId)
  assert.deepEqual([again.status, again.body.errcode], [403, 'M_FORBIDDEN'])
})

test('a login token is good for two minutes', async () => {
  await using server = await accountServer({
    config: { loginTokens: { requireUiAuth: false, lifetimeMs: 120_000 } },
  })
  const alice = await server.user('alice')
  const { body } = await server.call('POST', '/_matrix/client/v1/login/get_token', { token: alice.token })

  server.clock.advance(120_000)
  const late = await server.call('POST', LOGIN, { body: { type: 'm.login.token', token: body.login_token } })

  assert.equal(late.status, 403)
})
