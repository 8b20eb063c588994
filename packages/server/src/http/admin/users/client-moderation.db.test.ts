import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type Person, type WholeServer, wholeServer } from '../whole-server-fixture.ts'

const FLAGS = [
  { name: 'suspend', member: 'suspended', errcode: 'M_USER_SUSPENDED' },
  { name: 'lock', member: 'locked', errcode: 'M_USER_LOCKED' },
] as const

const pathOf = (name: string, userId: string) =>
  `/_matrix/client/v1/admin/${name}/${encodeURIComponent(userId)}`

/** A scoped token of the administrator. */
async function scoped(server: WholeServer, { token }: Person, scopes: string[]): Promise<string> {
  const body = { name: 'script', scopes, expires_ts: null }
  return (await server.ok('POST', '/_ranvier/admin/v1/tokens', { token, body })).token
}

databaseMatrix((open) => {
  for (const { name, member, errcode } of FLAGS) {
    test(`${name}: what administrators set takes effect at once, and is what they read`, async () => {
      await using storage = await open()
      await using server = await wholeServer(storage)
      const { token } = await server.person('admin', { admin: true })
      const bob = await server.person('bob')
      const path = pathOf(name, bob.userId)
      const speak = async () =>
        (await server.call('POST', '/createRoom', { token: bob.token, body: {} })).body.errcode
      assert.equal(await speak(), undefined)
      assert.deepEqual(await server.ok('GET', path, { token }), { [member]: false })

      assert.deepEqual(await server.ok('PUT', path, { token, body: { [member]: true } }), { [member]: true })

      assert.equal(await speak(), errcode)
      assert.deepEqual(await server.ok('GET', path, { token }), { [member]: true })
      const account = await server.ok('GET', `/_synapse/admin/v2/users/${bob.userId}`, { token })
      assert.equal(account[member], true, 'it is the flag of the admin API')

      await server.ok('PUT', path, { token, body: { [member]: false } })
      assert.equal(await speak(), undefined)
    })

    test(`${name}: who may not, and whom not`, async () => {
      await using storage = await open()
      await using server = await wholeServer(storage)
      const admin = await server.person('admin', { admin: true })
      const other = await server.person('other', { admin: true })
      const bob = await server.person('bob')
      const gone = await server.person('gone')
      await server.ok('POST', `/_synapse/admin/v1/deactivate/${gone.userId}`, {
        token: admin.token,
        body: {},
      })
      const outcome = async (
        method: string,
        userId: string,
        { token, body = { [member]: true } }: { token?: string; body?: object } = admin,
      ) => {
        const given = { ...(token && { token }), ...(method === 'PUT' && { body }) }
        const answer = await server.call(method, pathOf(name, userId), given)
        return [answer.status, answer.body.errcode]
      }

      for (const method of ['GET', 'PUT']) {
        assert.deepEqual(await outcome(method, bob.userId, {}), [401, 'M_MISSING_TOKEN'])
        for (const userId of [bob.userId, '@nobody:test', '@a:elsewhere'])
          assert.deepEqual(await outcome(method, userId, bob), [403, 'M_FORBIDDEN'], 'before any look-up')
        assert.deepEqual(await outcome(method, '@a:elsewhere'), [400, 'M_INVALID_PARAM'])
        assert.deepEqual(await outcome(method, 'bob'), [400, 'M_INVALID_PARAM'])
        assert.deepEqual(await outcome(method, '@nobody:test'), [404, 'M_NOT_FOUND'])
        assert.deepEqual(await outcome(method, gone.userId), [404, 'M_NOT_FOUND'])
        assert.deepEqual(await outcome(method, other.userId), [403, 'M_FORBIDDEN'])
      }
      assert.deepEqual(await outcome('PUT', admin.userId), [403, 'M_FORBIDDEN'])
      assert.deepEqual(await outcome('GET', admin.userId), [200, undefined])
      const { token } = admin
      assert.deepEqual(await outcome('PUT', bob.userId, { token, body: {} }), [400, 'M_MISSING_PARAM'])
      assert.deepEqual(await outcome('PUT', bob.userId, { token, body: { [member]: 1 } }), [
        400,
        'M_BAD_JSON',
      ])
      const accounts = await Promise.all(
        [admin, other, bob, gone].map(({ userId }) => storage.read.accounts.get(userId)),
      )
      assert.deepEqual(
        accounts.map((account) => account[member]),
        [false, false, false, false],
      )
    })

    test(`${name}: scoped tokens and the audit log know the call`, async () => {
      await using storage = await open()
      await using server = await wholeServer(storage)
      const admin = await server.person('admin', { admin: true })
      const bob = await server.person('bob')
      const path = pathOf(name, bob.userId)
      const reads = await scoped(server, admin, ['moderation:read'])
      const writes = await scoped(server, admin, ['moderation:write'])
      const body = { [member]: true }

      assert.equal((await server.call('GET', path, { token: reads })).status, 200)
      assert.equal((await server.call('PUT', path, { token: reads, body })).body.errcode, 'M_FORBIDDEN')
      await server.ok('PUT', path, { token: writes, body })

      const operation = name === 'lock' ? 'setLocked' : 'setSuspended'
      const list = `/_ranvier/admin/v1/audit?target=${bob.userId}&operation=${operation}`
      const log = await server.ok('GET', list, { token: admin.token })
      assert.deepEqual(
        log.entries.map(({ actor }: { actor: string }) => actor),
        [admin.userId],
      )
    })
  }

  test('administrators alone are told that they can moderate', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const told = async ({ token }: Person) =>
      (await server.ok('GET', '/capabilities', { token })).capabilities['m.account_moderation']

    assert.deepEqual(await told(admin), { suspend: true, lock: true })
    assert.equal(await told(bob), undefined)
  })
})
