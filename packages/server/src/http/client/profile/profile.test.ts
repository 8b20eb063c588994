import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountServer } from '../../accounts-fixture.ts'

const profileOf = (user: string, key = '') => `/_matrix/client/v3/profile/@${user}:test${key && `/${key}`}`

test('a profile is set, read, and told to the rooms', async () => {
  await using server = await accountServer()
  const { userId, token } = await server.user('alice')

  await server.call('PUT', profileOf('alice', 'displayname'), { token, body: { displayname: ' Alice ' } })
  await server.call('PUT', profileOf('alice', 'avatar_url'), { token, body: { avatar_url: 'mxc://test/a' } })
  await server.call('PUT', profileOf('alice', 'm.tz'), { token, body: { 'm.tz': 'Europe/London' } })
  await server.call('PUT', profileOf('alice', 'org.example.x'), {
    token,
    body: { 'org.example.x': { a: [null, 1] } },
  })

  assert.deepEqual((await server.call('GET', profileOf('alice'))).body, {
    displayname: 'Alice',
    avatar_url: 'mxc://test/a',
    'm.tz': 'Europe/London',
    'org.example.x': { a: [null, 1] },
  })
  assert.deepEqual((await server.call('GET', profileOf('alice', 'm.tz'))).body, { 'm.tz': 'Europe/London' })
  assert.deepEqual(server.propagated, [userId, userId], 'not for custom fields')
})

test('fields are deleted, and a profile may be empty', async () => {
  await using server = await accountServer()
  const { token } = await server.user('alice')
  await server.call('PUT', profileOf('alice', 'm.tz'), { token, body: { 'm.tz': 'UTC' } })

  for (const field of ['displayname', 'm.tz', 'm.never'])
    assert.equal((await server.call('DELETE', profileOf('alice', field), { token })).status, 200)

  assert.deepEqual((await server.call('GET', profileOf('alice'))).body, {})
  const field = await server.call('GET', profileOf('alice', 'displayname'))
  assert.deepEqual([field.status, field.body.errcode], [404, 'M_NOT_FOUND'])
})

test('unknown, remote and malformed users are refused', async () => {
  await using server = await accountServer()
  const { token } = await server.user('alice')

  const unknown = await server.call('GET', profileOf('nobody'))
  const remote = await server.call('PUT', '/_matrix/client/v3/profile/@a:else/displayname', {
    token,
    body: { displayname: 'x' },
  })
  const malformed = await server.call('GET', '/_matrix/client/v3/profile/alice')

  assert.deepEqual([unknown.status, unknown.body.errcode], [404, 'M_NOT_FOUND'])
  assert.deepEqual([remote.status, remote.body.errcode], [400, 'M_UNKNOWN'])
  assert.deepEqual([malformed.status, malformed.body.errcode], [400, 'M_INVALID_PARAM'])
})

test('only administrators change the profiles of others', async () => {
  await using server = await accountServer()
  await server.user('alice')
  const bob = await server.user('bob')
  const admin = await server.user('admin', { admin: true })
  const body = { displayname: 'Renamed' }

  const refused = await server.call('PUT', profileOf('alice', 'displayname'), { token: bob.token, body })
  const done = await server.call('PUT', profileOf('alice', 'displayname'), { token: admin.token, body })

  assert.deepEqual([refused.status, refused.body.errcode], [403, 'M_FORBIDDEN'])
  assert.equal(done.status, 200)
  assert.equal((await server.call('GET', profileOf('alice'))).body.displayname, 'Renamed')
})

test('suspended accounts keep their profile, shadow-banned ones change it for themselves', async () => {
  await using server = await accountServer()
  const { userId, token } = await server.user('alice')
  const put = () =>
    server.call('PUT', profileOf('alice', 'displayname'), { token, body: { displayname: 'New' } })

  await server.storage.write((tx) => tx.accounts.update(userId, { suspended: true }))
  const suspended = await put()
  await server.storage.write((tx) => tx.accounts.update(userId, { suspended: false, shadowBanned: true }))
  const shadow = await put()

  assert.deepEqual([suspended.status, suspended.body.errcode], [403, 'M_USER_SUSPENDED'])
  assert.equal(shadow.status, 200)
  assert.equal((await server.call('GET', profileOf('alice'))).body.displayname, 'New')
  assert.deepEqual(server.propagated, [])
})

test('what cannot be kept is refused', async () => {
  await using server = await accountServer()
  const { token } = await server.user('alice')
  const long = 'x'.repeat(40_000)
  const cases: [string, unknown, string][] = [
    ['displayname', {}, 'M_MISSING_PARAM'],
    ['displayname', { displayname: 5 }, 'M_INVALID_PARAM'],
    ['displayname', { displayname: 'x'.repeat(257) }, 'M_UNKNOWN'],
    ['avatar_url', { avatar_url: 'x'.repeat(1001) }, 'M_UNKNOWN'],
    ['Bad Key', { 'Bad Key': 1 }, 'M_INVALID_PARAM'],
    ['a'.repeat(256), {}, 'M_MISSING_PARAM'],
    ['a'.repeat(256), { ['a'.repeat(256)]: 1 }, 'M_KEY_TOO_LARGE'],
    ['__proto__', { a: 1 }, 'M_MISSING_PARAM'],
  ]
  for (const [field, body, errcode] of cases) {
    const answer = await server.call('PUT', profileOf('alice', encodeURIComponent(field)), { token, body })
    assert.deepEqual([answer.status, answer.body.errcode], [400, errcode], `${field.slice(0, 20)} ${errcode}`)
  }
  assert.equal(
    (await server.call('PUT', profileOf('alice', 'org.a'), { token, body: { 'org.a': long } })).status,
    200,
  )
  const second = await server.call('PUT', profileOf('alice', 'org.b'), { token, body: { 'org.b': long } })
  assert.deepEqual([second.status, second.body.errcode], [400, 'M_PROFILE_TOO_LARGE'])
  assert.equal((await server.call('GET', profileOf('alice', 'org.b'))).status, 404, 'nothing of it was kept')
})

test('profiles may be closed to strangers and their fields to their owners', async () => {
  await using server = await accountServer({
    config: { profilesNeedAuth: true, profilesNeedSharedRoom: true, setDisplayname: false },
  })
  const alice = await server.user('alice')
  const bob = await server.user('bob')

  assert.equal((await server.call('GET', profileOf('alice'))).status, 401)
  assert.equal(
    (await server.call('GET', profileOf('alice'), { token: bob.token })).body.errcode,
    'M_FORBIDDEN',
  )
  assert.equal((await server.call('GET', profileOf('alice'), { token: alice.token })).status, 200)
  const body = { displayname: 'x' }
  const refused = await server.call('PUT', profileOf('alice', 'displayname'), { token: alice.token, body })
  assert.deepEqual([refused.status, refused.body.errcode], [403, 'M_FORBIDDEN'])
})
