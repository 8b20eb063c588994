import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type AccountServer, accountServer } from '../../accounts-fixture.ts'

databaseMatrix((open) => {
  const REGISTER = '/_matrix/client/v3/register'
  const DUMMY = { type: 'm.login.dummy' }
  const register = (server: AccountServer, body: unknown, path = REGISTER) =>
    server.call('POST', path, { body })

  test('an empty request is answered with what to prove', async () => {
    await using server = await accountServer({ open })

    const { status, body } = await register(server, {})

    assert.equal(status, 401)
    assert.deepEqual(body.flows, [{ stages: ['m.login.dummy'] }])
    assert.deepEqual([body.params, body.completed, typeof body.session], [{}, [], 'string'])
    assert.equal(body.errcode, undefined)
  })

  test('an account is made in one request, with or without a session', async () => {
    await using server = await accountServer({ open })

    const { status, body } = await register(server, {
      username: 'Alice',
      password: 'pässwörd',
      device_id: 'PHONE',
      initial_device_display_name: 'my phone',
      auth: DUMMY,
    })

    assert.equal(status, 200)
    assert.deepEqual([body.user_id, body.device_id, body.home_server], ['@alice:test', 'PHONE', 'test'])
    const device = await server.call('GET', '/_matrix/client/v3/devices/PHONE', { token: body.access_token })
    assert.equal(device.body.display_name, 'my phone')
    const profile = await server.call('GET', '/_matrix/client/v3/profile/@alice:test')
    assert.deepEqual(profile.body, { displayname: 'alice' })
    const login = { type: 'm.login.password', user: 'alice', password: 'pa\u0308sswo\u0308rd' }
    assert.equal((await server.call('POST', '/_matrix/client/v3/login', { body: login })).status, 200)
  })

  test('what was said first need not be said again, and asking again logs in again', async () => {
    await using server = await accountServer({ open })
    const first = await register(server, { username: 'alice', password: 'pw', device_id: 'A' })
    const auth = { ...DUMMY, session: first.body.session }

    const second = await register(server, { auth })
    const third = await register(server, { username: 'alice', password: 'pw', device_id: 'A', auth })

    assert.deepEqual([second.body.user_id, second.body.device_id], ['@alice:test', 'A'])
    assert.deepEqual([third.status, third.body.user_id], [200, '@alice:test'])
    assert.notEqual(third.body.access_token, second.body.access_token)
    server.clock.advance(3_600_001)
    assert.equal((await register(server, { auth })).status, 400, 'an hour later nobody asks again')
  })

  test('with inhibit_login there is no session', async () => {
    await using server = await accountServer({ open })

    const { body } = await register(server, {
      username: 'alice',
      password: 'pw',
      inhibit_login: true,
      auth: DUMMY,
    })

    assert.deepEqual(body, { user_id: '@alice:test', home_server: 'test' })
  })

  test('without a user name the server makes one up', async () => {
    await using server = await accountServer({ open })

    const { body } = await register(server, { password: 'pw', auth: DUMMY })

    assert.match(body.user_id, /^@[a-z][0-9a-f]{12}:test$/)
  })

  test('names that cannot be had are refused before anything is proven', async () => {
    await using server = await accountServer({ open })
    await server.user('alice')
    const cases: [string, string][] = [
      ['alice', 'M_USER_IN_USE'],
      ['ALICE', 'M_USER_IN_USE'],
      ['', 'M_INVALID_USERNAME'],
      ['al ice', 'M_INVALID_USERNAME'],
      ['al!ce', 'M_INVALID_USERNAME'],
      ['ålice', 'M_INVALID_USERNAME'],
      ['_alice', 'M_INVALID_USERNAME'],
      ['12345', 'M_INVALID_USERNAME'],
      ['a'.repeat(250), 'M_INVALID_USERNAME'],
      ['notices', 'M_EXCLUSIVE'],
    ]
    for (const [username, errcode] of cases) {
      const answer = await register(server, { username, password: 'pw' })
      assert.deepEqual([answer.status, answer.body.errcode], [400, errcode], username)
      if (username === 'ALICE') continue // this path does not fold: the name has to be valid as it stands
      const path = `/_matrix/client/v3/register/available?username=${encodeURIComponent(username)}`
      const available = await server.call('GET', path)
      assert.deepEqual([available.status, available.body.errcode], [400, errcode], username)
    }
    const passwordless = await register(server, { username: 'bob', password: '', auth: DUMMY })
    assert.deepEqual([passwordless.status, passwordless.body.errcode], [400, 'M_MISSING_PARAM'])
    const available = await server.call('GET', '/_matrix/client/v3/register/available?username=bob')
    assert.deepEqual(available.body, { available: true })
    const missing = await server.call('GET', '/_matrix/client/v3/register/available')
    assert.equal(missing.body.errcode, 'M_MISSING_PARAM')
  })

  test('closed registration is closed for everybody', async () => {
    await using server = await accountServer({ open, config: { registration: false, guests: false } })

    const user = await register(server, { username: 'alice', password: 'pw', auth: DUMMY })
    const guest = await register(server, {}, `${REGISTER}?kind=guest`)
    const available = await server.call('GET', '/_matrix/client/v3/register/available?username=bob')
    const kind = await register(server, {}, `${REGISTER}?kind=robot`)

    assert.deepEqual([user.status, user.body.errcode], [403, 'M_FORBIDDEN'])
    assert.deepEqual([guest.status, guest.body.errcode], [403, 'M_GUEST_ACCESS_FORBIDDEN'])
    assert.deepEqual([available.status, available.body.errcode], [403, 'M_FORBIDDEN'])
    assert.deepEqual([kind.status, kind.body.errcode], [400, 'M_INVALID_PARAM'])
  })

  test('guests get numbers for names and little else', async () => {
    await using server = await accountServer({ open })
    const { body } = await register(server, { initial_device_display_name: 'x' }, `${REGISTER}?kind=guest`)
    assert.match(body.user_id, /^@[0-9]+:test$/)

    const whoami = await server.call('GET', '/_matrix/client/v3/account/whoami', { token: body.access_token })
    const password = await server.call('POST', '/_matrix/client/v3/account/password', {
      token: body.access_token,
      body: {},
    })
    const admin = await server.call('GET', '/_synapse/admin/v2/users', { token: body.access_token })

    assert.equal(whoami.body.is_guest, true)
    assert.deepEqual([password.status, password.body.errcode], [403, 'M_GUEST_ACCESS_FORBIDDEN'])
    assert.deepEqual([admin.status, admin.body.errcode], [403, 'M_GUEST_ACCESS_FORBIDDEN'])
  })

  test('a guest becomes a full account of the same name, and the guest token dies', async () => {
    await using server = await accountServer({ open })
    const guest = (await register(server, {}, `${REGISTER}?kind=guest`)).body
    const username = guest.user_id.slice(1, guest.user_id.indexOf(':'))
    const wish = { username, password: 'pw', guest_access_token: guest.access_token, auth: DUMMY }

    const taken = await register(server, { ...wish, guest_access_token: undefined })
    const upgraded = await register(server, wish)

    assert.equal(taken.status, 400)
    assert.equal(upgraded.body.user_id, guest.user_id)
    const old = await server.call('GET', '/_matrix/client/v3/account/whoami', { token: guest.access_token })
    assert.equal(old.status, 401)
    const now = await server.call('GET', '/_matrix/client/v3/account/whoami', {
      token: upgraded.body.access_token,
    })
    assert.equal(now.body.is_guest, false)
  })

  test('a registration token lets as many in as it says', async () => {
    await using server = await accountServer({ open, config: { registrationRequiresToken: true } })
    await server.storage.write((tx) =>
      tx.registrationTokens.add({ token: 'welcome', usesAllowed: 1, expiryTs: null }),
    )
    const stage = (token: string, session?: string) => ({
      type: 'm.login.registration_token',
      token,
      session,
    })
    const validity = async () =>
      (
        await server.call(
          'GET',
          '/_matrix/client/v1/register/m.login.registration_token/validity?token=welcome',
        )
      ).body
    const pendingAndDone = async () => {
      const known = await server.storage.read.registrationTokens.find('welcome')
      return [known?.pending, known?.completed]
    }

    const wrong = await register(server, { username: 'alice', auth: stage('no') })
    assert.deepEqual([wrong.status, wrong.body.errcode], [401, 'M_UNAUTHORIZED'])
    assert.deepEqual(wrong.body.flows, [{ stages: ['m.login.registration_token'] }])
    const half = await register(server, { username: 'alice', auth: stage('welcome', wrong.body.session) })
    assert.deepEqual([half.status, half.body.errcode], [400, 'M_MISSING_PARAM'], 'no password yet')
    assert.deepEqual(await pendingAndDone(), [1, 0])
    assert.deepEqual(await validity(), { valid: false })

    const done = await register(server, {
      password: 'pw',
      username: 'alice',
      auth: { session: wrong.body.session },
    })
    assert.equal(done.body.user_id, '@alice:test')
    assert.deepEqual(await pendingAndDone(), [0, 1])
    const second = await register(server, { username: 'bob', password: 'pw', auth: stage('welcome') })
    assert.equal(second.status, 401)
  })

  test('a registration that is given up gives its token back', async () => {
    await using server = await accountServer({ open, config: { registrationRequiresToken: true } })
    await server.storage.write((tx) =>
      tx.registrationTokens.add({ token: 'welcome', usesAllowed: 1, expiryTs: null }),
    )
    const auth = { type: 'm.login.registration_token', token: 'welcome' }
    await register(server, { username: 'alice', auth })

    server.clock.advance(3_700_000)
    const late = await register(server, { username: 'bob', password: 'pw', auth })

    assert.equal(late.status, 200)
  })

  test('the fallback page passes a stage in a browser', async () => {
    await using server = await accountServer({ open, config: { registrationRequiresToken: true } })
    await server.storage.write((tx) =>
      tx.registrationTokens.add({ token: 'welcome', usesAllowed: null, expiryTs: null }),
    )
    const { session } = (await register(server, { username: 'alice', password: 'pw' })).body
    const page = `/_matrix/client/v3/auth/m.login.registration_token/fallback/web?session=${session}`

    const form = await server.call('GET', page)
    const wrong = await server.call('POST', page, { raw: 'token=no' })
    const right = await server.call('POST', page, { raw: 'token=welcome' })
    const done = await register(server, { auth: { session } })

    assert.match(form.text, /<form method="post">/)
    assert.match(wrong.text, /not valid/)
    assert.match(right.text, /onAuthDone/)
    assert.equal(done.body.user_id, '@alice:test')
    assert.equal((await server.call('GET', page.replace(/session=.*/, 'session=x'))).status, 400)
    assert.equal((await server.call('GET', page.replace('registration_token', 'sorcery'))).status, 404)
  })

  test('passwords must fit the policy', async () => {
    const passwordPolicy = {
      minimumLength: 8,
      requireDigit: true,
      requireSymbol: true,
      requireLowercase: true,
      requireUppercase: true,
    }
    await using server = await accountServer({ open, config: { passwordPolicy } })
    const cases: [string, string][] = [
      ['Ab1!', 'M_PASSWORD_TOO_SHORT'],
      ['Abcdefg!', 'M_PASSWORD_NO_DIGIT'],
      ['Abcdefg1', 'M_PASSWORD_NO_SYMBOL'],
      ['abcdef1!', 'M_PASSWORD_NO_UPPERCASE'],
      ['ABCDEF1!', 'M_PASSWORD_NO_LOWERCASE'],
      ['x'.repeat(513), 'M_UNKNOWN'],
    ]
    for (const [password, errcode] of cases) {
      const answer = await register(server, { username: 'alice', password, auth: DUMMY })
      assert.deepEqual([answer.status, answer.body.errcode], [400, errcode], password)
    }
    assert.equal(
      (await register(server, { username: 'alice', password: 'Abcdef1!', auth: DUMMY })).status,
      200,
    )
  })

  test('registrations from one address are limited', async () => {
    await using server = await accountServer({
      open,
      rateLimits: { rc_registration: { perSecond: 0.1, burst: 1 } },
    })

    const first = await register(server, { username: 'alice', password: 'pw', auth: DUMMY })
    const second = await register(server, { username: 'bob', password: 'pw', auth: DUMMY })

    assert.deepEqual([first.status, second.status], [200, 429])
  })

  test('a server that sends no mail says so', async () => {
    await using server = await accountServer({ open })
    const body = { email: 'a@example.org', client_secret: 's', send_attempt: 1 }
    for (const path of [
      '/_matrix/client/v3/register/email/requestToken',
      '/_matrix/client/v3/account/password/email/requestToken',
      '/_matrix/client/v3/account/3pid/msisdn/requestToken',
    ]) {
      const answer = await server.call('POST', path, { body })
      assert.deepEqual([answer.status, answer.body.errcode], [400, 'M_THREEPID_MEDIUM_NOT_SUPPORTED'])
    }
  })
})
