import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountServer } from '../../accounts-fixture.ts'

const PASSWORD = '/_matrix/client/v3/account/password'
const DEACTIVATE = '/_matrix/client/v3/account/deactivate'
const LOGIN = '/_matrix/client/v3/login'
const WHOAMI = '/_matrix/client/v3/account/whoami'
const passwordOf = (user: string, password = `pw-${user}`) => ({ type: 'm.login.password', user, password })

test('changing the password logs the other sessions out and keeps this one', async () => {
  await using server = await accountServer()
  const { token } = await server.user('alice')
  const other = (await server.call('POST', LOGIN, { body: passwordOf('alice') })).body.access_token
  const challenge = await server.call('POST', PASSWORD, { token, body: { new_password: 'new' } })
  assert.equal(challenge.status, 401)

  const auth = { ...passwordOf('alice'), session: challenge.body.session }
  const changed = await server.call('POST', PASSWORD, { token, body: { new_password: 'new', auth } })

  assert.deepEqual([changed.status, changed.body], [200, {}])
  assert.equal((await server.call('GET', WHOAMI, { token })).status, 200)
  assert.equal((await server.call('GET', WHOAMI, { token: other })).status, 401)
  assert.equal((await server.call('POST', LOGIN, { body: passwordOf('alice') })).status, 403)
  assert.equal((await server.call('POST', LOGIN, { body: passwordOf('alice', 'new') })).status, 200)
})

test('with logout_devices false every session stays', async () => {
  await using server = await accountServer()
  const { token } = await server.user('alice')
  const other = (await server.call('POST', LOGIN, { body: passwordOf('alice') })).body.access_token

  const body = { new_password: 'new', logout_devices: false, auth: passwordOf('alice') }
  assert.equal((await server.call('POST', PASSWORD, { token, body })).status, 200)

  assert.equal((await server.call('GET', WHOAMI, { token: other })).status, 200)
})

test('a password change needs a password, and a server that keeps them', async () => {
  await using server = await accountServer()
  await using without = await accountServer({ config: { localPasswords: false } })
  const { token } = await server.user('alice')
  const { token: tokenWithout } = await without.user('alice')

  const missing = await server.call('POST', PASSWORD, { token, body: { auth: passwordOf('alice') } })
  const disabled = await without.call('POST', PASSWORD, { token: tokenWithout, body: { new_password: 'x' } })
  const anonymous = await server.call('POST', PASSWORD, { body: { new_password: 'x' } })

  assert.deepEqual([missing.status, missing.body.errcode], [400, 'M_MISSING_PARAM'])
  assert.deepEqual([disabled.status, disabled.body.errcode], [403, 'M_FORBIDDEN'])
  assert.deepEqual([anonymous.status, anonymous.body.errcode], [401, 'M_MISSING_TOKEN'])
})

test('who deactivates their account is gone from everywhere', async () => {
  await using server = await accountServer()
  const alice = await server.user('alice')
  await server.storage.write((tx) => tx.threepids.put(alice.userId, 'email', 'a@example.org', 1))
  const { session } = (await server.call('POST', DEACTIVATE, { token: alice.token, body: { erase: true } }))
    .body

  const body = { erase: true, auth: { ...passwordOf('alice'), session } }
  const done = await server.call('POST', DEACTIVATE, { token: alice.token, body })

  assert.deepEqual([done.status, done.body], [200, { id_server_unbind_result: 'success' }])
  assert.equal((await server.call('GET', WHOAMI, { token: alice.token })).status, 401)
  assert.equal((await server.call('POST', LOGIN, { body: passwordOf('alice') })).body.errcode, 'M_FORBIDDEN')
  assert.equal((await server.call('GET', '/_matrix/client/v3/profile/@alice:test')).status, 404)
  assert.deepEqual(await server.storage.read.devices.list(alice.userId), [])
  assert.deepEqual(await server.storage.read.threepids.list(alice.userId), [])
  const job = await server.storage.read.jobs.findLive('part-rooms', alice.userId)
  assert.deepEqual(job?.params, { erase: true })
})

test('addresses are listed', async () => {
  await using server = await accountServer()
  const alice = await server.user('alice')
  await server.storage.write((tx) => tx.threepids.put(alice.userId, 'email', 'a@example.org', 5))

  const { body } = await server.call('GET', '/_matrix/client/v3/account/3pid', { token: alice.token })

  assert.deepEqual(body.threepids, [
    { medium: 'email', address: 'a@example.org', validated_at: 5, added_at: 5 },
  ])
})

test('capabilities say what is served', async () => {
  await using server = await accountServer({ config: { setAvatarUrl: false, loginTokens: null } })
  const { token } = await server.user('alice')

  const { capabilities } = (await server.call('GET', '/_matrix/client/v3/capabilities', { token })).body

  assert.equal(capabilities['m.room_versions'].default, '12')
  assert.equal(capabilities['m.room_versions'].available['12'], 'stable')
  assert.deepEqual(capabilities['m.change_password'], { enabled: true })
  assert.deepEqual(capabilities['m.get_login_token'], { enabled: false })
  assert.deepEqual(capabilities['m.profile_fields'], { enabled: true, disallowed: ['avatar_url'] })
  assert.deepEqual(capabilities['m.set_avatar_url'], { enabled: false })
  assert.deepEqual(capabilities['m.forget_forced_upon_leave'], { enabled: false })
})
