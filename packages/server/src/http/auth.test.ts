import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, ECHO, refused, start } from './server-fixture.ts'

test('the token comes in the header or the query, never in both', async (t) => {
  const server = await start(t)

  assert.equal((await ask(server, 'GET', ECHO, { as: 'alice' })).status, 200)
  assert.equal((await ask(server, 'GET', `${ECHO}?access_token=alice`)).status, 200)
  await refused(ask(server, 'GET', ECHO), 401, 'M_MISSING_TOKEN')
  await refused(ask(server, 'GET', `${ECHO}?access_token=`), 401, 'M_MISSING_TOKEN')
  await refused(ask(server, 'GET', `${ECHO}?access_token=alice`, { as: 'alice' }), 401, 'M_MISSING_TOKEN')
  await refused(ask(server, 'GET', `${ECHO}?access_token=a&access_token=b`), 401, 'M_MISSING_TOKEN')
  for (const authorization of ['Bearer', 'Bearer ', 'bearer alice', 'Bearer a b', 'Basic alice', 'alice'])
    await refused(ask(server, 'GET', ECHO, { headers: { authorization } }), 401, 'M_MISSING_TOKEN')
})

test('a token that is unknown or past its time is told apart by soft_logout', async (t) => {
  const server = await start(t)

  const unknown = await ask(server, 'GET', ECHO, { as: 'nobody' })
  assert.deepEqual(
    [unknown.status, unknown.errcode, unknown.body['soft_logout']],
    [401, 'M_UNKNOWN_TOKEN', false],
  )
  const expired = await ask(server, 'GET', ECHO, { as: 'expired' })
  assert.deepEqual(
    [expired.status, expired.errcode, expired.body['soft_logout']],
    [401, 'M_UNKNOWN_TOKEN', true],
  )
})

test('locked accounts and guests come in only where they may', async (t) => {
  const server = await start(t)

  const locked = await ask(server, 'GET', ECHO, { as: 'locked' })
  assert.deepEqual([locked.status, locked.errcode, locked.body['soft_logout']], [401, 'M_USER_LOCKED', true])
  assert.equal((await ask(server, 'PUT', ECHO, { as: 'locked', body: '{"name":"x"}' })).status, 200)
  await refused(ask(server, 'GET', ECHO, { as: 'guest' }), 403, 'M_GUEST_ACCESS_FORBIDDEN')
  assert.equal((await ask(server, 'PUT', ECHO, { as: 'guest', body: '{"name":"x"}' })).status, 200)
})

test('checks run in order: token, admin flag, query, body', async (t) => {
  const server = await start(t)
  const url = '/_synapse/admin/v1/thing/@a:b'

  await refused(ask(server, 'POST', `${url}?limit=x`, { body: '{' }), 401, 'M_MISSING_TOKEN')
  await refused(ask(server, 'POST', `${url}?limit=x`, { as: 'alice', body: '{' }), 403, 'M_FORBIDDEN')
  await refused(ask(server, 'POST', `${url}?limit=x`, { as: 'root', body: '{' }), 400, 'M_INVALID_PARAM')
  await refused(ask(server, 'POST', url, { as: 'root', body: '{' }), 400, 'M_NOT_JSON')
  assert.deepEqual((await ask(server, 'POST', url, { as: 'root', body: '{"erase":true}' })).body, {
    body: { erase: true },
  })
  assert.deepEqual((await ask(server, 'POST', url, { as: 'root' })).body, { body: {} })
})

test('who is no administrator any more is shown nothing, not even his mistakes', async (t) => {
  let isAdmin = true
  const server = await start(t, { isAdmin: async () => isAdmin })
  const read = (limit: string) =>
    ask(server, 'GET', `/_synapse/admin/v1/things?limit=${limit}`, { as: 'root' })
  assert.deepEqual((await read('3')).body, { limit: 3 })
  await refused(read('x'), 400, 'M_INVALID_PARAM')

  isAdmin = false

  await refused(read('3'), 403, 'M_FORBIDDEN')
  isAdmin = true
  assert.deepEqual((await read('4')).body, { limit: 4 })
  isAdmin = false
  await refused(read('x'), 403, 'M_FORBIDDEN')
})

test('optional tokens may be absent but not wrong', async (t) => {
  const server = await start(t)

  assert.deepEqual((await ask(server, 'GET', '/_matrix/client/v3/optional?q=a+b%21&q=c')).body, {
    user: null,
    q: 'a b!',
  })
  assert.equal(
    (await ask(server, 'GET', '/_matrix/client/v3/optional', { as: 'alice' })).body['user'],
    '@alice:test',
  )
  await refused(ask(server, 'GET', '/_matrix/client/v3/optional', { as: 'nobody' }), 401, 'M_UNKNOWN_TOKEN')
})
