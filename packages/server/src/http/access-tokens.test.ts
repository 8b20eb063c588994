import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { hashToken } from '../accounts/secrets.ts'
import { type AccountServer, accountServer } from './accounts-fixture.ts'

const WHOAMI = '/_matrix/client/v3/account/whoami'
const statusWith = async (server: AccountServer, token: string) =>
  (await server.call('GET', WHOAMI, { token })).status

/** A token with which `owner` acts as `target`. */
async function addPuppet(server: AccountServer, token: string, owner: UserId, target: UserId): Promise<void> {
  await server.storage.write((tx) =>
    tx.tokens.addAccess({
      tokenHash: hashToken(token),
      userId: owner,
      puppetsUserId: target,
      deviceId: null,
      validUntilMs: null,
      createdTs: 1,
    }),
  )
}

test('tokens are not in the database', async () => {
  await using server = await accountServer()
  const { token } = await server.user('alice')
  const byHand = new DatabaseSync(server.file, { readOnly: true })
  const rows = byHand.prepare('SELECT * FROM access_tokens').all()
  byHand.close()

  assert.equal(rows.length, 1)
  assert.ok(!JSON.stringify(rows).includes(token))
})

test("a user's own log-outs leave puppet tokens alone, the administrator's end them", async () => {
  await using server = await accountServer()
  const admin = await server.user('admin', { admin: true })
  const bob = await server.user('bob')
  await addPuppet(server, 'one', admin.userId, bob.userId)
  await addPuppet(server, 'two', admin.userId, bob.userId)
  for (const token of ['one', 'two']) assert.equal(await statusWith(server, token), 200)

  await server.call('POST', '/_matrix/client/v3/logout', { token: 'two' })
  assert.deepEqual([await statusWith(server, 'two'), await statusWith(server, bob.token)], [401, 200])
  await server.call('POST', '/_matrix/client/v3/logout/all', { token: bob.token })
  assert.deepEqual([await statusWith(server, bob.token), await statusWith(server, 'one')], [401, 200])
  await server.call('POST', '/_matrix/client/v3/logout/all', { token: admin.token })
  assert.equal(await statusWith(server, 'one'), 401)
})

test('logging out everywhere with a puppet token logs the user out and keeps the puppet', async () => {
  await using server = await accountServer()
  const admin = await server.user('admin', { admin: true })
  const bob = await server.user('bob')
  await addPuppet(server, 'puppet', admin.userId, bob.userId)

  await server.call('POST', '/_matrix/client/v3/logout/all', { token: 'puppet' })

  assert.deepEqual([await statusWith(server, bob.token), await statusWith(server, 'puppet')], [401, 200])
})

test('a puppet has the rights of who it acts for', async () => {
  await using server = await accountServer()
  const admin = await server.user('admin', { admin: true })
  const other = await server.user('other', { admin: true })
  const bob = await server.user('bob')
  await addPuppet(server, 'as-bob', admin.userId, bob.userId)
  await addPuppet(server, 'as-other', admin.userId, other.userId)

  const asBob = await server.call('GET', '/_synapse/admin/v2/users', { token: 'as-bob' })
  const asOther = await server.call('GET', '/_synapse/admin/v2/users', { token: 'as-other' })
  assert.deepEqual([asBob.status, asOther.status], [403, 200])

  await server.storage.write((tx) => tx.accounts.update(bob.userId, { locked: true }))
  assert.equal(await statusWith(server, 'as-bob'), 401, 'a locked user cannot be acted for')
})

test('a flag set by an administrator works on the next request, one set by SQL within half a minute', async () => {
  await using server = await accountServer()
  const { userId, token } = await server.user('alice')
  assert.equal(await statusWith(server, token), 200)

  await server.storage.write((tx) => tx.accounts.update(userId, { locked: true }))
  assert.equal(await statusWith(server, token), 401)
  await server.storage.write((tx) => tx.accounts.update(userId, { locked: false }))
  assert.equal(await statusWith(server, token), 200)

  const byHand = new DatabaseSync(server.file)
  byHand.exec("UPDATE users SET locked = 1 WHERE name = '@alice:test'")
  byHand.close()
  server.clock.advance(30_001)
  assert.equal(await statusWith(server, token), 401)
})

test('a token that expires while it is remembered is refused', async () => {
  await using server = await accountServer({ config: { nonrefreshableTokenLifetimeMs: 10_000 } })
  const { token } = await server.user('alice')
  assert.equal(await statusWith(server, token), 200)

  server.clock.advance(10_000)

  assert.equal(await statusWith(server, token), 401)
})
