import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { hashToken } from '../../../accounts/secrets.ts'
import { accountServer } from '../../accounts-fixture.ts'

databaseMatrix((open) => {
  const ADMIN = '/_synapse/admin/v1/whois'
  const WHOAMI = '/_matrix/client/v3/account/whoami'

  test('connections are listed once for each token and address, with the latest agent', async () => {
    await using server = await accountServer({ open })
    const admin = await server.user('admin', { admin: true })
    const { token } = await server.user('bob')
    await server.call('GET', WHOAMI, { token, ip: '10.0.0.1', userAgent: 'old' })
    server.clock.advance(1000)
    await server.call('GET', WHOAMI, { token, ip: '10.0.0.1', userAgent: 'new' })
    const firstSeen = server.clock.nowMs()
    server.clock.advance(1000)
    await server.call('GET', WHOAMI, { token, ip: '10.0.0.2', userAgent: 'other' })

    const { body } = await server.call('GET', `${ADMIN}/@bob:test`, { token: admin.token })

    const connections = [
      { ip: '10.0.0.2', last_seen: firstSeen + 1000, user_agent: 'other' },
      { ip: '10.0.0.1', last_seen: firstSeen, user_agent: 'new' },
    ]
    assert.deepEqual(body, { user_id: '@bob:test', devices: { '': { sessions: [{ connections }] } } })
    const details = await server.call('GET', '/_synapse/admin/v2/users/@bob:test', { token: admin.token })
    assert.equal(details.body.last_seen_ts, firstSeen + 1000)
  })

  test('it answers under every path, to administrators and to the user', async () => {
    await using server = await accountServer({ open })
    const admin = await server.user('admin', { admin: true })
    const bob = await server.user('bob')
    const carol = await server.user('carol')

    for (const prefix of [
      ADMIN,
      ...['r0', 'v3', 'unstable', 'api/v1'].map((v) => `/_matrix/client/${v}/admin/whois`),
    ]) {
      for (const { token } of [admin, bob]) {
        const answer = await server.call('GET', `${prefix}/@bob:test`, { token })
        assert.deepEqual([answer.status, answer.body.user_id], [200, '@bob:test'], prefix)
      }
      const other = await server.call('GET', `${prefix}/@bob:test`, { token: carol.token })
      assert.deepEqual([other.status, other.body.errcode], [403, 'M_FORBIDDEN'])
      assert.equal((await server.call('GET', `${prefix}/@bob:test`)).body.errcode, 'M_MISSING_TOKEN')
    }
  })

  test('unknown users were seen nowhere, remote and malformed ones are refused', async () => {
    await using server = await accountServer({ open })
    const { token } = await server.user('admin', { admin: true })

    const unknown = await server.call('GET', `${ADMIN}/@nobody:test`, { token })
    const remote = await server.call('GET', `${ADMIN}/@bob:elsewhere`, { token })
    const malformed = await server.call('GET', `${ADMIN}/bob`, { token })

    assert.deepEqual(unknown.body.devices, { '': { sessions: [{ connections: [] }] } })
    assert.deepEqual([remote.status, remote.body.errcode], [400, 'M_UNKNOWN'])
    assert.deepEqual([malformed.status, malformed.body.errcode], [400, 'M_INVALID_PARAM'])
  })

  test('what a puppet does is booked on the administrator', async () => {
    await using server = await accountServer({ open })
    const admin = await server.user('admin', { admin: true })
    const bob = await server.user('bob')
    await server.storage.write((tx) =>
      tx.tokens.addAccess({
        tokenHash: hashToken('puppet'),
        userId: admin.userId,
        puppetsUserId: bob.userId,
        deviceId: null,
        validUntilMs: null,
        createdTs: 1,
      }),
    )
    const whoami = await server.call('GET', WHOAMI, { token: 'puppet', ip: '10.9.9.9' })
    assert.deepEqual(whoami.body, { user_id: '@bob:test', is_guest: false })

    const ips = async (user: string) =>
      (await server.storage.read.userIps.list(user)).map((connection) => connection.ip)
    await server.accounts.seen.flush()

    assert.deepEqual(await ips('@bob:test'), [])
    assert.deepEqual(await ips('@admin:test'), ['10.9.9.9'])
  })

  test('rows are written by a timer, and old ones go', async () => {
    await using server = await accountServer({ open, config: { userIpsMaxAgeMs: 3_600_000 } })
    const { token } = await server.user('bob')
    await server.call('GET', WHOAMI, { token, ip: '10.0.0.1' })
    assert.deepEqual(await server.storage.read.userIps.list('@bob:test'), [])

    server.clock.advance(5_000)
    await server.accounts.seen.flush()
    assert.equal((await server.storage.read.userIps.list('@bob:test')).length, 1)
    server.clock.advance(7_200_000)
    await server.call('GET', WHOAMI, { token, ip: '10.0.0.2' })
    await server.accounts.seen.flush()

    const left = (await server.storage.read.userIps.list('@bob:test')).map((connection) => connection.ip)
    assert.deepEqual(left, ['10.0.0.2'])
  })
})
