import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AccountServer, accountServer } from '../../accounts-fixture.ts'

const WHOAMI = '/_matrix/client/v3/account/whoami'

async function logIn(server: AccountServer) {
  await server.user('alice')
  const body = { type: 'm.login.password', user: 'alice', password: 'pw-alice', refresh_token: true }
  return (await server.call('POST', '/_matrix/client/v3/login', { body })).body
}
const refresh = (server: AccountServer, token: string) =>
  server.call('POST', '/_matrix/client/v3/refresh', { body: { refresh_token: token } })
const statusWith = async (server: AccountServer, token: string) =>
  (await server.call('GET', WHOAMI, { token })).status

test('who asks for a refresh token gets one, and an access token that expires', async () => {
  await using server = await accountServer()
  const login = await logIn(server)
  assert.match(login.refresh_token, /^syr_YWxpY2U_/)
  assert.equal(login.expires_in_ms, 300_000)
  assert.equal(await statusWith(server, login.access_token), 200)

  server.clock.advance(300_000)
  const expired = await server.call('GET', WHOAMI, { token: login.access_token })
  assert.deepEqual(
    [expired.status, expired.body.errcode, expired.body.soft_logout],
    [401, 'M_UNKNOWN_TOKEN', true],
  )

  const fresh = await refresh(server, login.refresh_token)
  assert.deepEqual(Object.keys(fresh.body).sort(), ['access_token', 'expires_in_ms', 'refresh_token'])
  const whoami = await server.call('GET', WHOAMI, { token: fresh.body.access_token })
  assert.equal(whoami.body.device_id, login.device_id)
})

test('the old pair works until the new access token is used', async () => {
  await using server = await accountServer()
  const first = await logIn(server)
  const second = (await refresh(server, first.refresh_token)).body

  assert.equal(await statusWith(server, first.access_token), 200)
  const again = await refresh(server, first.refresh_token)
  assert.equal(again.status, 200, 'the answer may have been lost')
  assert.equal(await statusWith(server, second.access_token), 200)

  assert.equal(await statusWith(server, first.access_token), 401)
  const late = await refresh(server, first.refresh_token)
  assert.deepEqual([late.status, late.body.errcode], [401, 'M_UNKNOWN_TOKEN'])
})

test('the old pair works until the new refresh token is used', async () => {
  await using server = await accountServer()
  const first = await logIn(server)
  const second = (await refresh(server, first.refresh_token)).body

  assert.equal((await refresh(server, second.refresh_token)).status, 200)

  assert.equal((await refresh(server, first.refresh_token)).status, 401)
  assert.equal(await statusWith(server, first.access_token), 401)
  assert.equal(await statusWith(server, second.access_token), 200)
})

test('logging out ends the refresh token too', async () => {
  await using server = await accountServer()
  const login = await logIn(server)

  await server.call('POST', '/_matrix/client/v3/logout', { token: login.access_token })

  assert.equal((await refresh(server, login.refresh_token)).status, 401)
})

test('a session ends when its lifetime does, however often it is refreshed', async () => {
  await using server = await accountServer({ config: { sessionLifetimeMs: 400_000 } })
  const login = await logIn(server)
  server.clock.advance(200_000)
  const fresh = (await refresh(server, login.refresh_token)).body
  assert.equal(fresh.expires_in_ms, 200_000)

  server.clock.advance(200_000)

  assert.equal((await refresh(server, fresh.refresh_token)).status, 401)
  assert.equal(await statusWith(server, fresh.access_token), 401)
})

test('garbage is refused', async () => {
  await using server = await accountServer()

  assert.equal((await refresh(server, 'syr_nonsense')).body.errcode, 'M_UNKNOWN_TOKEN')
  const missing = await server.call('POST', '/_matrix/client/v3/refresh', { body: {} })
  assert.deepEqual([missing.status, missing.body.errcode], [400, 'M_MISSING_PARAM'])
})
