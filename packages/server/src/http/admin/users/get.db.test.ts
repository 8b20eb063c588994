import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { accountServer } from '../../accounts-fixture.ts'
import { userDetails } from './shape.ts'

const ALICE = '@alice:test' as UserId
const USERS = '/_synapse/admin/v2/users'
const V1 = '/_synapse/admin/v1'

async function shown(options: Parameters<typeof accountServer>[0] = {}) {
  const server = await accountServer(options)
  const admin = await server.user('admin', { admin: true })
  const alice = await server.user('alice')
  const { accounts, storage } = server
  const compat = options.compat ?? 'current'
  return {
    server,
    admin,
    alice,
    async show() {
      const { status, body } = await server.call('GET', `${USERS}/${ALICE}`, { token: admin.token })
      assert.equal(status, 200)
      return body
    },
    /** What stands in the database. */
    async truth() {
      const details = await storage.read.accounts.findDetails(ALICE)
      return JSON.parse(JSON.stringify(userDetails(details!, { accounts, compat })))
    },
    async ok(method: string, path: string, body?: unknown, token = admin.token) {
      const answer = await server.call(method, path, { token, body })
      assert.equal(answer.status < 300, true, answer.text)
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

databaseMatrix((open) => {
  test('what an account is shown as follows each change of it, whoever makes it', async () => {
    const config = { approval: { enabled: true, requiredForNew: false } }
    await using it = await shown({ open, config, compat: '2021' })
    const { ok, alice, server } = it
    const { storage, clock } = server
    const put = (body: object) => () => ok('PUT', `${USERS}/${ALICE}`, body)
    const email = { medium: 'email', address: 'alice@test' }
    const identity = { authProvider: 'oidc', externalId: '1' }

    const changes: Record<string, () => Promise<unknown>> = {
      'her own name': () =>
        ok('PUT', `/_matrix/client/v3/profile/${ALICE}/displayname`, { displayname: 'Al' }, alice.token),
      'her own picture': () =>
        ok('PUT', `/_matrix/client/v3/profile/${ALICE}/avatar_url`, { avatar_url: 'mxc://a/b' }, alice.token),
      'a name by an administrator': put({ displayname: 'Alice A.' }),
      'a picture by an administrator': put({ avatar_url: 'mxc://c/d' }),
      'an address': put({ threepids: [email] }),
      'her removal of the address': () =>
        ok('POST', '/_matrix/client/v3/account/3pid/delete', email, alice.token),
      'an identity by an administrator': put({
        external_ids: [{ auth_provider: 'saml', external_id: 'x' }],
      }),
      'an identity by single sign-on': () =>
        storage.write((tx) => tx.threepids.addExternalId(ALICE, identity)),
      'the type': put({ user_type: 'bot' }),
      'the flag of administrators': () => ok('PUT', `${V1}/users/${ALICE}/admin`, { admin: true }),
      'no flag any more': put({ admin: false }),
      'a new password': () =>
        ok('POST', `${V1}/reset_password/${ALICE}`, { new_password: 'another-one', logout_devices: false }),
      locking: put({ locked: true }),
      unlocking: put({ locked: false }),
      suspension: () => ok('PUT', `${V1}/suspend/${ALICE}`, { suspend: true }),
      'the end of it': () => ok('PUT', `${V1}/suspend/${ALICE}`, { suspend: false }),
      'a shadow ban': () => ok('POST', `${V1}/users/${ALICE}/shadow_ban`),
      'its end': () => ok('DELETE', `${V1}/users/${ALICE}/shadow_ban`),
      approval: put({ approved: false }),
      consent: () => storage.write((tx) => tx.accounts.update(ALICE, { consentVersion: '2', consentTs: 7 })),
      'being seen': async () => {
        clock.advance(600_000)
        await ok('GET', '/_matrix/client/v3/account/whoami', undefined, alice.token)
      },
      deactivation: () => ok('POST', `${V1}/deactivate/${ALICE}`, {}),
      erasure: () => ok('POST', `${V1}/deactivate/${ALICE}`, { erase: true }),
      'being opened again': put({ deactivated: false, password: 'a-new-password' }),
    }

    for (const [what, change] of Object.entries(changes)) {
      await it.show()
      const before = await it.show()
      await change()
      const after = await it.show()
      assert.notDeepEqual(after, before, what)
      assert.deepEqual(after, await it.truth(), what)
      assert.deepEqual(await it.show(), after, what)
    }
  })

  test('an account that was not there is found when it is, and one that was read before a change is not kept', async () => {
    await using it = await shown({ open })
    const path = `${USERS}/@bob:test`
    const get = () => it.server.call('GET', path, { token: it.admin.token })
    assert.equal((await get()).status, 404)
    await it.ok('PUT', path, { displayname: 'Bob 0' })

    for (let i = 1; i < 20; i++) {
      const [, ...meanwhile] = await Promise.all([
        it.ok('PUT', path, { displayname: `Bob ${i}` }),
        ...Array.from({ length: 10 }, get),
      ])
      assert.equal((await get()).body.displayname, `Bob ${i}`)
      for (const { body } of meanwhile) assert.match(body.displayname, /^Bob \d+$/)
    }
  })

  test('who is no administrator any more is shown nothing, though it is in memory', async () => {
    await using it = await shown({ open })
    const other = await it.server.user('other', { admin: true })
    const asOther = () => it.server.call('GET', `${USERS}/${ALICE}`, { token: other.token })
    await asOther()
    assert.equal((await asOther()).status, 200)

    await it.ok('PUT', `${V1}/users/${other.userId}/admin`, { admin: false })

    assert.equal((await asOther()).status, 403)
    await it.ok('PUT', `${V1}/users/${other.userId}/admin`, { admin: true })
    assert.equal((await asOther()).status, 200)
  })
})

test('what is changed by hand in the database of a running server is shown at once', async () => {
  await using it = await shown()
  const { server, admin } = it
  const byHand = new DatabaseSync(server.file)
  await it.show()
  assert.equal((await it.show()).admin, false)

  byHand.exec("UPDATE users SET admin = 1, displayname = 'By hand' WHERE name = '@alice:test'")
  const changed = await it.show()
  byHand.exec("UPDATE users SET admin = 0 WHERE name = '@admin:test'")
  const refused = await server.call('GET', `${USERS}/${ALICE}`, { token: admin.token })
  byHand.close()

  assert.deepEqual([changed.admin, changed.displayname], [true, 'By hand'])
  assert.equal(refused.status, 403)
})
