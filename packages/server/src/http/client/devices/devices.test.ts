import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountServer } from '../../accounts-fixture.ts'

const DEVICES = '/_matrix/client/v3/devices'
const passwordOf = (user: string) => ({
  type: 'm.login.password',
  identifier: { type: 'm.id.user', user },
  password: `pw-${user}`,
})

async function withTwoDevices() {
  const server = await accountServer()
  const alice = await server.user('alice')
  const body = { ...passwordOf('alice'), device_id: 'OTHER', initial_device_display_name: 'Other' }
  const other = (await server.call('POST', '/_matrix/client/v3/login', { body })).body
  return { server, alice, other }
}

test('devices are listed, shown and renamed', async () => {
  const { server, alice } = await withTwoDevices()
  await using _ = server
  const token = alice.token
  await server.call('GET', '/_matrix/client/v3/account/whoami', {
    token,
    ip: '10.0.0.7',
    userAgent: 'Test/1',
  })

  const list = await server.call('GET', DEVICES, { token, ip: '10.0.0.7', userAgent: 'Test/1' })
  const renamed = await server.call('PUT', `${DEVICES}/OTHER`, { token, body: { display_name: 'Renamed' } })
  const other = await server.call('GET', `${DEVICES}/OTHER`, { token })

  const own = list.body.devices.find((device: { device_id: string }) => device.device_id === alice.deviceId)
  assert.deepEqual(own, {
    device_id: alice.deviceId,
    display_name: "alice's device",
    last_seen_ip: '10.0.0.7',
    last_seen_ts: server.clock.nowMs(),
  })
  assert.equal(list.body.devices.length, 2)
  assert.deepEqual([renamed.status, renamed.body], [200, {}])
  assert.deepEqual(other.body, { device_id: 'OTHER', display_name: 'Renamed' })
})

test('unknown devices are 404, too long names 400', async () => {
  const { server, alice } = await withTwoDevices()
  await using _ = server
  const { token } = alice

  const unknown = await server.call('GET', `${DEVICES}/NOPE`, { token })
  const renamed = await server.call('PUT', `${DEVICES}/NOPE`, { token, body: { display_name: 'x' } })
  const unchanged = await server.call('PUT', `${DEVICES}/NOPE`, { token, body: {} })
  const long = await server.call('PUT', `${DEVICES}/OTHER`, {
    token,
    body: { display_name: 'x'.repeat(101) },
  })

  for (const answer of [unknown, renamed, unchanged])
    assert.deepEqual([answer.status, answer.body.errcode], [404, 'M_NOT_FOUND'])
  assert.deepEqual([long.status, long.body.errcode], [400, 'M_TOO_LARGE'])
})

test('deleting a device wants the password, and ends its session', async () => {
  const { server, alice, other } = await withTwoDevices()
  await using _ = server
  const { token } = alice
  const challenge = await server.call('DELETE', `${DEVICES}/OTHER`, { token })
  assert.deepEqual([challenge.status, challenge.body.flows], [401, [{ stages: ['m.login.password'] }]])
  const { session } = challenge.body

  const wrong = await server.call('DELETE', `${DEVICES}/OTHER`, {
    token,
    body: { auth: { ...passwordOf('alice'), password: 'no', session } },
  })
  assert.deepEqual([wrong.status, wrong.body.errcode, wrong.body.session], [401, 'M_FORBIDDEN', session])
  const right = await server.call('DELETE', `${DEVICES}/OTHER`, {
    token,
    body: { auth: { ...passwordOf('alice'), session } },
  })

  assert.deepEqual([right.status, right.body], [200, {}])
  const gone = await server.call('GET', '/_matrix/client/v3/account/whoami', { token: other.access_token })
  assert.equal(gone.status, 401)
  assert.equal((await server.call('GET', DEVICES, { token })).body.devices.length, 1)
})

test('a proof is good for the request it was given for only', async () => {
  const { server, alice, other } = await withTwoDevices()
  await using _ = server
  const { token } = alice
  const bob = await server.user('bob')
  const path = '/_matrix/client/v3/delete_devices'
  const { session } = (await server.call('POST', path, { token, body: { devices: ['OTHER'] } })).body
  const auth = { ...passwordOf('alice'), session }

  const otherPath = await server.call('DELETE', `${DEVICES}/OTHER`, { token, body: { auth } })
  const otherBody = await server.call('POST', path, { token, body: { devices: [alice.deviceId], auth } })
  const otherUser = await server.call('POST', path, { token: bob.token, body: { devices: ['OTHER'], auth } })
  const otherPassword = await server.call('POST', path, {
    token,
    body: { devices: ['OTHER'], auth: { ...passwordOf('bob'), session } },
  })
  const unknown = await server.call('POST', path, {
    token,
    body: { devices: ['OTHER'], auth: { session: 'x' } },
  })

  for (const refused of [otherPath, otherBody, otherUser])
    assert.deepEqual([refused.status, refused.body.errcode], [403, 'M_FORBIDDEN'])
  assert.deepEqual([otherPassword.status, otherPassword.body.errcode], [403, 'M_FORBIDDEN'])
  assert.equal(otherPassword.body.session, undefined, 'no further attempt is offered')
  assert.equal(unknown.status, 400)
  assert.equal((await server.call('POST', path, { token, body: { devices: ['OTHER'], auth } })).status, 200)
  assert.equal(
    (await server.call('GET', '/_matrix/client/v3/account/whoami', { token: other.access_token })).status,
    401,
  )
  const reused = await server.call('POST', path, { token, body: { devices: ['OTHER'], auth: { session } } })
  assert.equal(reused.status, 400, 'used up')
})

test('a proof given a moment ago counts for further devices if so configured', async () => {
  await using server = await accountServer({ config: { uiAuthSessionTimeoutMs: 15_000 } })
  const { token } = await server.user('alice')
  const auth = passwordOf('alice')
  await server.call('DELETE', `${DEVICES}/A`, { token, body: { auth } })

  const soon = await server.call('DELETE', `${DEVICES}/B`, { token })
  const password = await server.call('POST', '/_matrix/client/v3/account/password', {
    token,
    body: { new_password: 'x' },
  })
  server.clock.advance(15_000)
  const late = await server.call('DELETE', `${DEVICES}/C`, { token })

  assert.deepEqual([soon.status, password.status, late.status], [200, 401, 401])
})

test('changes of the device list are facts of their stream', async () => {
  await using server = await accountServer()
  const heard: string[] = []
  server.storage.subscribe((facts) => {
    for (const fact of facts) if (fact.stream === 'device_lists') heard.push(fact.key)
  })

  const alice = await server.user('alice')
  await server.call('PUT', `${DEVICES}/${alice.deviceId}`, {
    token: alice.token,
    body: { display_name: 'x' },
  })
  await server.call('POST', '/_matrix/client/v3/logout', { token: alice.token })

  assert.deepEqual(heard, ['@alice:test', '@alice:test', '@alice:test'])
  assert.deepEqual(await server.storage.read.devices.changedAmong(['@alice:test', '@bob:test'], 2), [
    '@alice:test',
  ])
})
