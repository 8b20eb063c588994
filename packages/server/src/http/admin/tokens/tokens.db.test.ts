import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Scope, TOKEN_SCOPES, type TokenScope } from '@ranvier/admin-api/areas'
import { calls } from '@ranvier/admin-api/client/generated/calls'
import type { OperationId } from '@ranvier/admin-api/openapi/operations'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type WholeServer, wholeServer } from '../whole-server-fixture.ts'
import { CALLS, namesIn, OPEN_CALLS } from './scope-table.ts'

const TOKENS = '/_ranvier/admin/v1/tokens'
const V1 = '/_synapse/admin/v1'
const V2 = '/_synapse/admin/v2'

interface Made {
  token: string
  details: { id: number; state: string; last_used_ts: number | null; last_used_ip: string | null }
}

async function world(storage: Storage) {
  const server = await wholeServer(storage)
  const admin = await server.person('admin', { admin: true })
  const bob = await server.person('bob')
  const make = (scopes: TokenScope[], { by = admin.token, expiresTs = null as number | null } = {}) =>
    server.ok('POST', TOKENS, { token: by, body: { name: scopes.join(), scopes, expires_ts: expiresTs } })
  const state = async (id: number) =>
    (await server.ok('GET', `${TOKENS}/${id}`, { token: admin.token })).state as string
  return { server, admin, bob, make: make as (...args: Parameters<typeof make>) => Promise<Made>, state }
}

/** Any values: what is asked is whether the call may be made at all. */
const VALUES: Record<string, string> = {
  userId: '@nobody:test',
  roomId: '!none:test',
  roomIdOrAlias: '!none:test',
}
const pathOf = (id: OperationId) =>
  calls[id][1].replace(/:([^/]+)/g, (_, name: string) => encodeURIComponent(VALUES[name] ?? 'x'))

const status = async (server: WholeServer, token: string, method: string, path: string, body?: object) =>
  (await server.call(method, path, { token, ...(body && { body }) })).status

test('the table of what calls take is whole', () => {
  const known = [...Object.values(CALLS), OPEN_CALLS].flatMap(namesIn)

  assert.deepEqual(known.toSorted(), Object.keys(calls).toSorted())
})

databaseMatrix((open) => {
  test('each scope opens its calls and no other', async () => {
    await using storage = await open()
    const { server, make } = await world(storage)
    await using _ = server
    const tokens = new Map<TokenScope, string>()
    for (const scope of TOKEN_SCOPES) tokens.set(scope, (await make([scope])).token)

    for (const [needed, names] of Object.entries(CALLS) as [Scope, string][]) {
      const [area, access] = needed.split(':')
      const open = new Set<TokenScope>([needed, `${area}:write` as Scope, '*:write'])
      if (access === 'read') open.add('*:read')
      for (const id of namesIn(names) as OperationId[]) {
        const [method] = calls[id]
        for (const [scope, token] of tokens) {
          // The stream of events would not end: it is asked for with a place that is none.
          const path = id === 'streamEvents' ? `${pathOf(id)}?since=x` : pathOf(id)
          const answer = await server.raw(method, path, {
            token,
            ...(method !== 'GET' && { body: {} }),
          })
          const cell = `${scope} × ${id}: ${answer.status} ${answer.text.slice(0, 200)}`
          if (open.has(scope)) assert.ok(answer.status !== 403 && answer.status < 500, cell)
          else {
            assert.equal(answer.status, 403, cell)
            const { errcode, error } = JSON.parse(answer.text)
            assert.equal(errcode, 'M_FORBIDDEN', cell)
            assert.ok(error.endsWith(`has not the scope ${needed}`), cell)
          }
        }
      }
    }
  })

  test('it is shown once, listed with its last use, and is no token of a client', async () => {
    await using storage = await open()
    const { server, admin, bob, make } = await world(storage)
    await using _ = server
    const { token, details } = await make(['users:read'])
    assert.deepEqual([details.state, details.last_used_ts], ['active', null])

    const inHeader = await server.call('GET', `${V2}/users/${bob.userId}`, { token, ip: '192.0.2.1' })
    const inQuery = await server.call('GET', `${V2}/users/${bob.userId}?access_token=${token}`)
    assert.deepEqual([inHeader.status, inQuery.status], [200, 200])
    const listed = await server.raw('GET', TOKENS, { token: admin.token })
    assert.doesNotMatch(listed.text, /rva_/)
    const [{ last_used_ip, last_used_ts, name }] = JSON.parse(listed.text).tokens
    assert.deepEqual([last_used_ip, name, typeof last_used_ts], ['192.0.2.1', 'users:read', 'number'])

    const { token: all } = await make(['*:write'])
    for (const [method, path] of [
      ['GET', '/account/whoami'],
      ['GET', '/sync'],
      ['POST', '/logout'],
      ['POST', '/createRoom'],
      ['GET', '/_matrix/client/v1/media/config'],
    ] as const) {
      const answer = await server.call(method, path, { token: all, body: {} })
      assert.deepEqual([answer.status, answer.body.errcode], [401, 'M_UNKNOWN_TOKEN'], path)
    }
    const whois = await status(server, all, 'GET', `/admin/whois/${bob.userId}`)
    assert.equal(whois, 200, 'a call of the admin API under the path of the client API')
  })

  test('a token ends when it expires, is revoked, or its owner loses what it stands on', async () => {
    await using storage = await open()
    const { server, admin, make, state } = await world(storage)
    await using _ = server
    const ask = (token: string) => status(server, token, 'GET', `${V2}/users`)
    const short = await make(['*:read'], { expiresTs: server.clock.nowMs() + 10_000 })
    assert.equal(await ask(short.token), 200)
    server.clock.advance(10_000)
    assert.equal(await ask(short.token), 401)
    assert.equal(await state(short.details.id), 'expired')

    const parent = await make(['*:write'])
    const child = await make(['users:read'], { by: parent.token })
    const other = await make(['users:read'])
    for (let i = 0; i < 2; i++)
      await server.ok('DELETE', `${TOKENS}/${parent.details.id}`, { token: admin.token })
    assert.deepEqual(
      [await ask(parent.token), await ask(child.token), await ask(other.token)],
      [401, 401, 200],
    )
    assert.equal(await state(child.details.id), 'revoked')

    const losses: [string, (name: string) => Promise<unknown>][] = [
      [
        'demoted',
        (id) => server.ok('PUT', `${V1}/users/${id}/admin`, { token: admin.token, body: { admin: false } }),
      ],
      ['lock', (id) => server.ok('PUT', `${V2}/users/${id}`, { token: admin.token, body: { locked: true } })],
      ['deactivate', (id) => server.ok('POST', `${V1}/deactivate/${id}`, { token: admin.token, body: {} })],
      // As in the documentation: by hand, on the running server.
      ['sql', (id) => storage.write((tx) => tx.db.run('UPDATE users SET admin = 0 WHERE name = ?', id))],
    ]
    for (const [name, lose] of losses) {
      const owner = await server.person(name, { admin: true })
      const { token, details } = await make(['*:read'], { by: owner.token })
      assert.equal(await ask(token), 200)
      await lose(owner.userId)
      assert.equal(await ask(token), 401, name)
      await storage.write((tx) => tx.accounts.update(owner.userId, { locked: false, deactivated: false }))
      await storage.write((tx) => tx.db.run('UPDATE users SET admin = 1 WHERE name = ?', owner.userId))
      assert.equal(await ask(token), 401, `${name}: for good`)
      assert.equal(await state(details.id), 'owner_lost_rights')
    }
  })

  test('nothing wider is had with a token than the token', async () => {
    await using storage = await open()
    const { server, admin, bob, make } = await world(storage)
    await using _ = server
    const other = await server.person('other', { admin: true })
    const expiresTs = server.clock.nowMs() + 60_000
    const { token } = await make(['access:write', 'media:read'], { expiresTs })
    const mint = (scopes: string[], expires: number | null) =>
      status(server, token, 'POST', TOKENS, { name: 'x', scopes, expires_ts: expires })

    assert.deepEqual(
      [
        await mint(['media:read', 'access:read'], expiresTs),
        await mint(['media:write'], expiresTs),
        await mint(['*:read'], expiresTs),
        await mint(['media:read'], null),
        await mint(['media:read'], expiresTs + 1),
      ],
      [200, 403, 403, 403, 403],
    )
    const loginAs = (userId: string, validUntil: number | null) =>
      status(server, token, 'POST', `${V1}/users/${userId}/login`, { valid_until_ms: validUntil })
    assert.deepEqual(
      [
        await loginAs(bob.userId, expiresTs),
        await loginAs(bob.userId, null),
        await loginAs(other.userId, expiresTs),
      ],
      [200, 403, 403],
    )

    const users = (await make(['users:write', 'moderation:write'])).token
    const put = (userId: string, body: object) => status(server, users, 'PUT', `${V2}/users/${userId}`, body)
    const reset = { new_password: 'taken over' }
    assert.deepEqual(
      [
        await put(bob.userId, { displayname: 'Bob' }),
        await put(bob.userId, { admin: true }),
        await put('@new:test', { admin: true }),
        await put(admin.userId, { displayname: 'Admin' }),
        await status(server, users, 'POST', `${V1}/reset_password/${other.userId}`, reset),
        await status(server, users, 'PUT', `${V1}/suspend/${other.userId}`, { suspend: true }),
        await status(server, users, 'PUT', `${V1}/suspend/${bob.userId}`, { suspend: true }),
      ],
      [200, 403, 403, 403, 403, 403, 200],
    )

    const path = `${V1}/users/${other.userId}/login`
    const puppet = (await server.ok('POST', path, { token: admin.token, body: {} })).access_token
    const inTheirName = { name: 'x', scopes: ['*:read'], expires_ts: null }
    assert.equal(await status(server, puppet, 'POST', TOKENS, inTheirName), 403)
  })

  test('what a token did says so in the audit log, and bad wishes are refused', async () => {
    await using storage = await open()
    const { server, admin, bob, make } = await world(storage)
    await using _ = server
    const { token, details } = await make(['moderation:write'])
    await server.ok('PUT', `${V1}/suspend/${bob.userId}`, { token, body: { suspend: true } })

    const { entries } = await server.ok('GET', '/_ranvier/admin/v1/audit?limit=1', { token: admin.token })
    assert.deepEqual(entries[0].token, { id: details.id, name: 'moderation:write' })
    assert.equal(entries[0].actor, admin.userId)

    const good = { name: 'x', scopes: ['users:read'], expires_ts: null }
    for (const [body, errcode] of [
      [{ ...good, name: '' }, 'M_INVALID_PARAM'],
      [{ ...good, name: 'x'.repeat(101) }, 'M_INVALID_PARAM'],
      [{ ...good, name: '\ud800' }, 'M_BAD_JSON'],
      [{ ...good, name: 3 }, 'M_BAD_JSON'],
      [{ ...good, scopes: [] }, 'M_INVALID_PARAM'],
      [{ ...good, scopes: ['users'] }, 'M_BAD_JSON'],
      [{ ...good, scopes: ['everything:write'] }, 'M_BAD_JSON'],
      [{ ...good, expires_ts: 1 }, 'M_INVALID_PARAM'],
      [{ ...good, expires_ts: 2 ** 60 }, 'M_INVALID_PARAM'],
      [{ name: 'x', scopes: ['users:read'] }, 'M_MISSING_PARAM'],
    ] as const) {
      const answer = await server.call('POST', TOKENS, { token: admin.token, body })
      assert.deepEqual([answer.status, answer.body.errcode], [400, errcode], JSON.stringify(body))
    }
    const withNull = await server.call('POST', TOKENS, {
      token: admin.token,
      body: { ...good, name: 'a\0b' },
    })
    assert.equal(withNull.status, 400)
    assert.equal(await status(server, admin.token, 'DELETE', `${TOKENS}/999`), 404)
    assert.equal(await status(server, admin.token, 'GET', `${TOKENS}/x`), 404)
  })
})
