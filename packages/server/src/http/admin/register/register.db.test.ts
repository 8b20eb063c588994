import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { registrationMac } from '../../../accounts/registration/register-with-secret.ts'
import { type AccountServer, accountServer, SECRET } from '../../accounts-fixture.ts'

databaseMatrix((open) => {
  const PATH = '/_synapse/admin/v1/register'

  async function nonceOf(server: AccountServer): Promise<string> {
    return (await server.call('GET', PATH)).body.nonce
  }
  function signed(nonce: string, more: Record<string, unknown> = {}, secret = SECRET) {
    const body = { nonce, username: 'bob', password: 'abc123', admin: false, ...more }
    const userType = typeof body['user_type' as never] === 'string' ? body['user_type' as never] : ''
    return { ...body, mac: registrationMac(secret, { ...body, userType }) }
  }

  test('the MAC is HMAC-SHA1 of the parts between NULs', () => {
    // Computed with `openssl dgst -sha1 -hmac shared`.
    const of = { nonce: 'n', username: 'u', password: 'p', admin: true, userType: '' }
    assert.equal(registrationMac('shared', of), '5050d8a114bc8f13c5bc0ef228e3c37072acbb81')
    assert.equal(
      registrationMac('shared', { ...of, admin: false, userType: 'bot' }),
      '4f1af3d5d4786c3419c82cebcd812256dc169e98',
    )
  })

  test('who knows the secret makes an administrator', async () => {
    await using server = await accountServer({ open, config: { registration: false } })
    const nonce = await nonceOf(server)
    assert.match(nonce, /^[0-9a-f]{128}$/)

    const { status, body } = await server.call('POST', PATH, {
      body: signed(nonce, { username: 'Bob', admin: true }),
    })

    assert.equal(status, 200)
    assert.deepEqual(Object.keys(body).sort(), ['access_token', 'device_id', 'home_server', 'user_id'])
    assert.deepEqual([body.user_id, body.home_server], ['@bob:test', 'test'])
    const self = await server.call('GET', '/_synapse/admin/v2/users/@bob:test', { token: body.access_token })
    assert.deepEqual([self.body.admin, self.body.displayname], [true, 'bob'])
  })

  test('a nonce is good once, and for a minute', async () => {
    await using server = await accountServer({ open })
    const used = await nonceOf(server)
    await server.call('POST', PATH, { body: { ...signed(used), mac: 'x' } })
    const old = await nonceOf(server)
    server.clock.advance(59_000)
    const young = await server.call('POST', PATH, { body: signed(old, { username: 'young' }) })
    const older = await nonceOf(server)
    server.clock.advance(61_000)

    assert.equal(young.status, 200)
    for (const nonce of [used, old, older, 'made up']) {
      const { status, body } = await server.call('POST', PATH, { body: signed(nonce) })
      assert.deepEqual([status, body.errcode, body.error], [400, 'M_UNKNOWN', 'unrecognised nonce'])
    }
  })

  test('what is missing or wrong is named in order', async () => {
    await using server = await accountServer({ open })
    const cases: [Record<string, unknown>, number, string, RegExp][] = [
      [{ nonce: undefined }, 400, 'M_BAD_JSON', /nonce/],
      [{ nonce: 1234 }, 400, 'M_UNKNOWN', /nonce/],
      [{ username: undefined, password: 1 }, 400, 'M_BAD_JSON', /username/],
      [{ username: 1 }, 400, 'M_UNKNOWN', /Invalid username/],
      [{ username: 'a\0b' }, 400, 'M_UNKNOWN', /Invalid username/],
      [{ username: 'a'.repeat(1000) }, 400, 'M_UNKNOWN', /Invalid username/],
      [{ password: undefined }, 400, 'M_BAD_JSON', /password/],
      [{ password: 'abc\0' }, 400, 'M_UNKNOWN', /Invalid password/],
      [{ password: 'a'.repeat(1000) }, 400, 'M_UNKNOWN', /Invalid password/],
      [{ user_type: 'wizard', mac: 'x' }, 400, 'M_UNKNOWN', /Invalid user type/],
      [{ mac: undefined }, 400, 'M_BAD_JSON', /mac/],
      [{ mac: 'x' }, 403, 'M_UNKNOWN', /HMAC incorrect/],
      [{ password: 'other' }, 403, 'M_UNKNOWN', /HMAC incorrect/],
      [{ refresh_token: 'yes' }, 400, 'M_UNKNOWN', /refresh_token/],
      [{ device_id: '' }, 400, 'M_INVALID_PARAM', /device/],
    ]
    for (const [change, status, errcode, error] of cases) {
      const body = { ...signed(await nonceOf(server)), ...change }
      const answer = await server.call('POST', PATH, { body })
      assert.deepEqual(
        [answer.status, answer.body.errcode],
        [status, errcode],
        JSON.stringify(change).slice(0, 60),
      )
      assert.match(answer.body.error, error)
    }
  })

  test('names are held to the rules', async () => {
    await using server = await accountServer({ open })
    await server.user('bob')
    for (const [username, errcode] of [
      ['BOB', 'M_USER_IN_USE'],
      ['a b', 'M_INVALID_USERNAME'],
      ['notices', 'M_EXCLUSIVE'],
    ] as const) {
      const answer = await server.call('POST', PATH, { body: signed(await nonceOf(server), { username }) })
      assert.deepEqual([answer.status, answer.body.errcode], [400, errcode])
    }
  })

  test('display name, user type, device and refresh token are taken over', async () => {
    await using server = await accountServer({ open })
    const admin = await server.user('admin', { admin: true })
    const detailsOf = async (name: string) =>
      (await server.call('GET', `/_synapse/admin/v2/users/@${name}:test`, { token: admin.token })).body

    const bot = await server.call('POST', PATH, {
      body: signed(await nonceOf(server), {
        username: 'bot',
        user_type: 'bot',
        displayname: 'Robot',
        device_id: 'D',
        refresh_token: true,
      }),
    })
    await server.call('POST', PATH, {
      body: signed(await nonceOf(server), { username: 'plain', displayname: null, user_type: null }),
    })
    await server.call('POST', PATH, {
      body: signed(await nonceOf(server), { username: 'none', displayname: '' }),
    })
    const quiet = await server.call('POST', PATH, {
      body: signed(await nonceOf(server), { username: 'quiet', inhibit_login: true }),
    })

    assert.deepEqual(
      [bot.body.device_id, bot.body.expires_in_ms, typeof bot.body.refresh_token],
      ['D', 300_000, 'string'],
    )
    assert.deepEqual(
      [(await detailsOf('bot')).displayname, (await detailsOf('bot')).user_type],
      ['Robot', 'bot'],
    )
    assert.equal((await detailsOf('plain')).displayname, 'plain')
    assert.equal((await detailsOf('none')).displayname, null)
    assert.deepEqual(quiet.body, { user_id: '@quiet:test', home_server: 'test' })
  })

  test('without a secret the feature is off, though nonces are still given', async () => {
    await using server = await accountServer({ open, config: { registrationSharedSecret: null } })
    const nonce = await nonceOf(server)

    const { status, body } = await server.call('POST', PATH, { body: signed(nonce) })

    assert.deepEqual([status, body.errcode], [400, 'M_UNKNOWN'])
    assert.match(body.error, /not enabled/)
  })
})
