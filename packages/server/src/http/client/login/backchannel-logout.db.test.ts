import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wiredServer } from '../../wired-server.ts'
import { BACKCHANNEL_LOGOUT } from './backchannel-logout.ts'
import { oidcProvider } from './oidc-fixture.ts'
import { browser, logIn, settingsOf, tokenIn } from './sso-fixture.ts'

const CLIENT = { id: 'ranvier', secret: 's3cret/with+signs' }
const ENABLED = { backchannel_logout_enabled: true }

type Wired = Awaited<ReturnType<typeof wiredServer>>

async function session(server: Wired, page: { text: string }): Promise<string> {
  return (await logIn(server, tokenIn(page.text))).body.access_token
}
const isIn = async (server: Wired, token: string) =>
  (await server.call(token, 'GET', '/account/whoami')).status === 200
const tell = (server: Wired, logout_token: string) => server.page(BACKCHANNEL_LOGOUT, { logout_token })

databaseMatrix((open) => {
  test('who logs out at the provider is logged out of what came of that session, and of nothing else', async () => {
    await using storage = await open()
    await using provider = await oidcProvider(CLIENT)
    await using server = await wiredServer(storage, settingsOf(provider, CLIENT, ENABLED))
    const at = (sid: string) => {
      provider.state.claims = { sub: 'r1', preferred_username: 'ada', sid }
      return browser(server).logIn(provider)
    }
    const one = await session(server, await at('s1'))
    const two = await session(server, await at('s2'))
    const waiting = await at('s1')
    provider.state.claims = { sub: 'r2', preferred_username: 'eve', sid: 's3' }
    const other = await session(server, await browser(server).logIn(provider))

    const answer = await tell(server, provider.logoutToken({ sub: 'r1', sid: 's1' }))

    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.deepEqual(
      [await isIn(server, one), await isIn(server, two), await isIn(server, other)],
      [false, true, true],
    )
    assert.equal((await logIn(server, tokenIn(waiting.text))).status, 403, 'what was not used yet')
    assert.equal((await tell(server, provider.logoutToken({ sub: 'r1', sid: 's1' }))).status, 200, 'again')
    // Somebody else's session stays, whoever is named.
    assert.equal((await tell(server, provider.logoutToken({ sub: 'r1', sid: 's3' }))).status, 200)
    assert.equal(await isIn(server, other), true)

    // A device that is logged in anew is of the new session.
    const device = (await server.ok(two, 'GET', '/account/whoami')).device_id
    const page = await at('s4')
    const body = { type: 'm.login.token', token: tokenIn(page.text), device_id: device }
    const again = (await server.ok(null, 'POST', '/login', body)).access_token
    await tell(server, provider.logoutToken({ sub: 'r1', sid: 's2' }))
    assert.equal(await isIn(server, again), true)
    await tell(server, provider.logoutToken({ sub: 'r1', sid: 's4' }))
    assert.equal(await isIn(server, again), false)
  })

  test('only the provider says so, of a session, to us, and where the operator wants it', async () => {
    await using storage = await open()
    await using provider = await oidcProvider(CLIENT)
    provider.state.claims = { sub: 'r1', preferred_username: 'ada', sid: 's1' }
    let token: string
    {
      await using server = await wiredServer(storage, settingsOf(provider, CLIENT))
      token = await session(server, await browser(server).logIn(provider))
      assert.equal((await tell(server, provider.logoutToken({ sub: 'r1', sid: 's1' }))).status, 400)
    }
    await using server = await wiredServer(storage, settingsOf(provider, CLIENT, ENABLED))
    const good = { sub: 'r1', sid: 's1' }
    for (const [why, bad] of Object.entries({
      nothing: '',
      'no token': 'x.y.z',
      nonce: provider.logoutToken({ ...good, nonce: 'n' }),
      'no session': provider.logoutToken({ sub: 'r1' }),
      'no subject': provider.logoutToken({ sid: 's1' }),
      event: provider.logoutToken({ ...good, events: { other: {} } }),
      'no events': provider.logoutToken({ ...good, events: null }),
      audience: provider.logoutToken({ ...good, aud: 'others' }),
      issuer: provider.logoutToken({ ...good, iss: 'http://others/' }),
      expired: provider.logoutToken({ ...good, exp: 1 }),
      old: provider.logoutToken({ ...good, iat: 1 }),
      forged: provider.logoutToken(good, 'forged'),
      unsigned: provider.logoutToken(good, 'unsigned'),
    })) {
      const answer = await tell(server, bad)
      assert.equal(answer.status, 400, why)
      assert.equal(JSON.parse(answer.text).error, 'invalid_request')
    }
    assert.equal((await server.page(BACKCHANNEL_LOGOUT, {})).status, 400)
    assert.equal(await isIn(server, token), true)
    await tell(server, provider.logoutToken({ sub: 'somebody else', sid: 's1' }))
    assert.equal(await isIn(server, token), true)

    const ignoring = { ...ENABLED, backchannel_logout_ignore_sub: true }
    await using lenient = await wiredServer(storage, settingsOf(provider, CLIENT, ignoring))
    await tell(lenient, provider.logoutToken({ sub: 'named otherwise', sid: 's1' }))
    assert.equal(await isIn(lenient, token), false)
  })
})
