import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { AS_TOKEN, bridgedServer } from './bridge-fixture.ts'

const asUser = (path: string, userId: string, more = '') =>
  `${path}?user_id=${encodeURIComponent(userId)}${more}`
const TYPE = 'm.login.application_service'

databaseMatrix((open) => {
  test('an application service acts as its sender, or as a user of its own', async () => {
    await using server = await bridgedServer(await open())
    const whoami = (query = '') => server.call(AS_TOKEN, 'GET', `/account/whoami${query}`)

    assert.equal((await whoami()).body.user_id, '@ircbot:test')
    const early = await whoami('?user_id=@irc_alice:test')
    assert.deepEqual([early.status, early.body.errcode], [403, 'M_FORBIDDEN'], 'not registered yet')

    assert.equal(await server.bridged('irc_alice'), '@irc_alice:test')

    assert.equal((await whoami('?user_id=@irc_alice:test')).body.user_id, '@irc_alice:test')
    await server.register('carol')
    for (const userId of ['@carol:test', '@irc_alice:elsewhere', 'nonsense', '']) {
      const refused = await whoami(`?user_id=${userId}`)
      assert.deepEqual([refused.status, refused.body.errcode], [403, 'M_FORBIDDEN'], userId)
    }
  })

  test('a user of an application service has the devices it says, and only those', async () => {
    await using server = await bridgedServer(await open())
    const userId = await server.bridged('irc_alice')
    const device = asUser('/devices/D', userId)

    const unknown = await server.call(
      AS_TOKEN,
      'GET',
      asUser('/account/whoami', userId, '&org.matrix.msc3202.device_id=D'),
    )
    assert.deepEqual([unknown.status, unknown.body.errcode], [400, 'M_UNKNOWN_DEVICE'])
    const made = await server.call(AS_TOKEN, 'PUT', device, { display_name: 'IRC' })
    const again = await server.call(AS_TOKEN, 'PUT', device, { display_name: 'IRC 2' })
    assert.deepEqual([made.status, again.status], [201, 200])
    const whoami = await server.ok(AS_TOKEN, 'GET', asUser('/account/whoami', userId, '&device_id=D'))
    assert.equal(whoami.device_id, 'D')
    assert.equal((await server.ok(AS_TOKEN, 'GET', device)).display_name, 'IRC 2')

    await server.ok(AS_TOKEN, 'DELETE', device, {})

    assert.equal((await server.call(AS_TOKEN, 'GET', device)).status, 404)
  })

  test('a namespace is for its application service alone, which has no other', async () => {
    await using server = await bridgedServer(await open())
    const password = { password: 'long enough', auth: { type: 'm.login.dummy' } }
    const refused = async (token: string | null, body: object) => {
      const answer = await server.call(token, 'POST', '/register', body)
      return [answer.status, answer.body.errcode]
    }

    assert.deepEqual(await refused(null, { username: 'irc_bob', ...password }), [400, 'M_EXCLUSIVE'])
    assert.deepEqual(await refused(null, { username: 'ircbot', ...password }), [400, 'M_EXCLUSIVE'])
    const available = await server.call(null, 'GET', '/register/available?username=irc_bob')
    assert.deepEqual([available.status, available.body.errcode], [400, 'M_EXCLUSIVE'])
    assert.deepEqual(await refused(AS_TOKEN, { type: TYPE, username: 'bob' }), [400, 'M_EXCLUSIVE'])
    assert.deepEqual(await refused(AS_TOKEN, { type: TYPE, username: 'irc_ä' }), [400, 'M_INVALID_USERNAME'])
    assert.deepEqual(await refused(AS_TOKEN, { type: TYPE }), [400, 'M_MISSING_PARAM'])
    assert.deepEqual(await refused(null, { type: TYPE, username: 'irc_bob' }), [401, 'M_MISSING_TOKEN'])
    assert.deepEqual(await refused('wrong', { type: TYPE, username: 'irc_bob' }), [401, 'M_UNKNOWN_TOKEN'])
    await server.bridged('irc_bob')
    assert.deepEqual(await refused(AS_TOKEN, { type: TYPE, username: 'irc_bob' }), [400, 'M_USER_IN_USE'])
    assert.equal(
      (await server.call(null, 'POST', '/register', { username: 'carl', ...password })).status,
      200,
    )
  })

  test('it logs its users in without a password, and nobody else', async () => {
    await using server = await bridgedServer(await open())
    const userId = await server.bridged('irc_alice')
    await server.register('carol')
    const logIn = (token: string | null, user: string) =>
      server.call(token, 'POST', '/login', { type: TYPE, identifier: { type: 'm.id.user', user } })

    const { flows } = await server.ok(null, 'GET', '/login')
    assert.ok(flows.some((flow: { type: string }) => flow.type === TYPE))
    const session = await logIn(AS_TOKEN, 'irc_alice')
    assert.equal(session.body.user_id, userId)
    assert.equal((await server.ok(session.body.access_token, 'GET', '/account/whoami')).user_id, userId)
    const others = await logIn(AS_TOKEN, 'carol')
    assert.deepEqual([others.status, others.body.errcode], [400, 'M_EXCLUSIVE'])
    const nobody = await logIn(AS_TOKEN, 'irc_nobody')
    assert.deepEqual([nobody.status, nobody.body.errcode], [403, 'M_FORBIDDEN'])
    assert.equal((await logIn(null, 'irc_alice')).body.errcode, 'M_MISSING_TOKEN')
    assert.equal((await logIn(session.body.access_token, 'irc_alice')).body.errcode, 'M_UNKNOWN_TOKEN')
  })

  test('aliases in its namespace are for it alone', async () => {
    await using server = await bridgedServer(await open())
    const carol = await server.register('carol')
    const path = `/directory/room/${encodeURIComponent('#irc_chan:test')}`
    const { room_id } = await server.ok(carol, 'POST', '/createRoom', {})

    const put = await server.call(carol, 'PUT', path, { room_id })
    const created = await server.call(carol, 'POST', '/createRoom', { room_alias_name: 'irc_chan' })
    assert.deepEqual([put.status, put.body.errcode], [400, 'M_EXCLUSIVE'])
    assert.deepEqual([created.status, created.body.errcode], [400, 'M_EXCLUSIVE'])

    const outside = await server.call(AS_TOKEN, 'POST', '/createRoom', { room_alias_name: 'other' })
    assert.deepEqual([outside.status, outside.body.errcode], [400, 'M_EXCLUSIVE'])
    const own = await server.ok(AS_TOKEN, 'POST', '/createRoom', { room_alias_name: 'irc_chan' })
    assert.equal((await server.ok(null, 'GET', path)).room_id, own.room_id)

    const hers = `/directory/room/${encodeURIComponent('#irc_hers:test')}`
    await server.ok(AS_TOKEN, 'PUT', hers, { room_id }) // it is not in her room
    const kept = await server.call(carol, 'DELETE', hers)
    assert.deepEqual([kept.status, kept.body.errcode], [400, 'M_EXCLUSIVE'])
    await server.ok(AS_TOKEN, 'DELETE', hers)
  })

  test('its users confirm nothing with passwords, and its requests are not seen as theirs', async () => {
    await using server = await bridgedServer(await open())
    const userId = await server.bridged('irc_alice')
    await server.ok(AS_TOKEN, 'PUT', asUser('/devices/D', userId), {})

    const device = await server.ok(AS_TOKEN, 'GET', asUser('/devices/D', userId))
    assert.equal(device.last_seen_ts, undefined)
    await server.ok(AS_TOKEN, 'POST', asUser('/account/deactivate', userId), {})

    const gone = await server.call(AS_TOKEN, 'GET', asUser('/account/whoami', userId))
    assert.deepEqual([gone.status, gone.body.errcode], [403, 'M_USER_DEACTIVATED'])
  })
})
