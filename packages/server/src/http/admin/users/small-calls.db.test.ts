import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { accountServer } from '../../accounts-fixture.ts'

databaseMatrix((open) => {
  const V1 = '/_synapse/admin/v1'
  const V2 = '/_synapse/admin/v2'

  async function withAdmin() {
    const server = await accountServer({ open })
    const admin = await server.user('admin', { admin: true })
    const bob = await server.user('bob')
    const call = (method: string, path: string, body?: unknown) =>
      server.call(method, path, { token: admin.token, body })
    return { server, admin, bob, call, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  }

  test('each call says in its own way that a user is malformed, remote or unknown', async () => {
    await using it = await withAdmin()
    const suspend = { suspend: true }
    for (const [method, path, body, malformed, unknown] of [
      ['POST', `${V1}/users/ID/shadow_ban`, undefined, 'M_UNKNOWN', 404],
      ['DELETE', `${V1}/users/ID/shadow_ban`, undefined, 'M_UNKNOWN', 404],
      ['GET', `${V1}/users/ID/override_ratelimit`, undefined, 'M_UNKNOWN', 404],
      ['POST', `${V1}/users/ID/override_ratelimit`, {}, 'M_UNKNOWN', 404],
      ['DELETE', `${V1}/users/ID/override_ratelimit`, undefined, 'M_UNKNOWN', 404],
      ['POST', `${V1}/users/ID/login`, {}, 'M_UNKNOWN', 404],
      ['GET', `${V1}/users/ID/accountdata`, undefined, 'M_UNKNOWN', 404],
      ['PUT', `${V1}/suspend/ID`, suspend, 'M_INVALID_PARAM', 404],
      ['GET', `${V1}/experimental_features/ID`, undefined, 'M_INVALID_PARAM', 200],
      ['PUT', `${V1}/experimental_features/ID`, { features: { msc3881: true } }, 'M_INVALID_PARAM', 404],
      ['GET', `${V1}/search_users/ID?term=x`, undefined, 'M_INVALID_PARAM', 200],
    ] as const) {
      const on = (userId: string) => it.call(method, path.replace('ID', userId), body)
      const where = `${method} ${path}`
      const broken = await on('bob')
      assert.deepEqual([broken.status, broken.body.errcode], [400, malformed], where)
      const remote = await on('@bob:elsewhere')
      assert.deepEqual([remote.status, remote.body.errcode], [400, 'M_UNKNOWN'], where)
      const missing = await on('@nobody:test')
      assert.equal(missing.status, unknown, where)
      if (unknown === 404) assert.equal(missing.body.errcode, 'M_NOT_FOUND', where)
      const notAdmin = await it.server.call(method, path.replace('ID', '@bob:test'), { token: it.bob.token })
      assert.deepEqual([notAdmin.status, notAdmin.body.errcode], [403, 'M_FORBIDDEN'], where)
      const nobody = await it.server.call(method, path.replace('ID', '@bob:test'))
      assert.deepEqual([nobody.status, nobody.body.errcode], [401, 'M_MISSING_TOKEN'], where)
    }
  })

  test('what is asked about rooms, anybody may be asked about', async () => {
    await using it = await withAdmin()
    const answers = [
      ['joined_rooms', { joined_rooms: [], total: 0 }],
      ['memberships', { memberships: {} }],
      ['sent_invite_count?from_ts=0', { invite_count: 0 }],
      ['cumulative_joined_room_count?from_ts=0', { cumulative_joined_room_count: 0 }],
    ] as const
    for (const [call, body] of answers)
      for (const user of ['@bob:test', '@nobody:test', '@x:elsewhere', 'nonsense']) {
        const answer = await it.call('GET', `${V1}/users/${user}/${call}`)
        assert.deepEqual([answer.status, answer.body], [200, body])
      }
    for (const call of ['sent_invite_count', 'cumulative_joined_room_count'])
      for (const [query, errcode] of [
        ['', 'M_MISSING_PARAM'],
        ['?from_ts=-1', 'M_INVALID_PARAM'],
        ['?from_ts=yesterday', 'M_INVALID_PARAM'],
      ] as const) {
        const answer = await it.call('GET', `${V1}/users/@bob:test/${call}${query}`)
        assert.deepEqual([answer.status, answer.body.errcode], [400, errcode])
      }
  })

  test('shadow bans and suspensions are switched, shown, and may be switched again', async () => {
    await using it = await withAdmin()
    const details = async () => (await it.call('GET', `${V2}/users/@bob:test`)).body
    const ban = `${V1}/users/@bob:test/shadow_ban`

    for (const method of ['POST', 'POST', 'DELETE', 'DELETE']) {
      const answer = await it.call(method, ban)
      assert.deepEqual([answer.status, answer.body], [200, {}])
      assert.equal((await details()).shadow_banned, method === 'POST')
    }
    for (const suspend of [true, true, false]) {
      const answer = await it.call('PUT', `${V1}/suspend/@bob:test`, { suspend })
      assert.deepEqual([answer.status, answer.body], [200, { 'user_@bob:test_suspended': suspend }])
      assert.equal((await details()).suspended, suspend)
    }
    for (const [body, errcode] of [
      [{}, 'M_MISSING_PARAM'],
      [{ suspend: 'yes' }, 'M_BAD_JSON'],
      [{ suspend: 1 }, 'M_BAD_JSON'],
      [undefined, 'M_NOT_JSON'],
    ] as const) {
      const answer = await it.call('PUT', `${V1}/suspend/@bob:test`, body)
      assert.deepEqual([answer.status, answer.body.errcode], [400, errcode])
    }
  })

  test('an override is set, read and deleted; only whole numbers from 0 on will do', async () => {
    await using it = await withAdmin()
    const path = `${V1}/users/@bob:test/override_ratelimit`
    const set = (body?: unknown) => it.call('POST', path, body)

    assert.deepEqual((await it.call('GET', path)).body, {})
    const wanted = { messages_per_second: 10, burst_count: 11 }
    assert.deepEqual((await set(wanted)).body, wanted)
    assert.deepEqual((await it.call('GET', path)).body, wanted)
    assert.deepEqual((await set({ burst_count: 3 })).body, { messages_per_second: 0, burst_count: 3 })
    assert.deepEqual((await set()).body, { messages_per_second: 0, burst_count: 0 })
    for (const method of ['DELETE', 'DELETE']) assert.deepEqual((await it.call(method, path)).body, {})
    assert.deepEqual((await it.call('GET', path)).body, {})

    for (const key of ['messages_per_second', 'burst_count'])
      for (const value of ['1', -1, 1.5, true, null, [], 2 ** 60]) {
        const answer = await set({ [key]: value })
        assert.deepEqual([answer.status, answer.body.errcode], [400, 'M_INVALID_PARAM'], String(value))
      }
    assert.deepEqual((await it.call('GET', path)).body, {})
    const nulls = 'INSERT INTO ratelimit_overrides (user_id) VALUES (?)'
    await it.server.storage.write((tx) => tx.db.run(nulls, '@bob:test'))
    assert.deepEqual((await it.call('GET', path)).body, { messages_per_second: 0, burst_count: 0 })
  })

  test('account data is shown whole, alone and by room', async () => {
    await using it = await withAdmin()
    const path = `${V1}/users/@bob:test/accountdata`
    assert.deepEqual((await it.call('GET', path)).body, { account_data: { global: {}, rooms: {} } })

    await it.server.storage.write(async (tx) => {
      await tx.accountData.set(it.bob.userId, null, 'm.direct', '{"@a:test":["!r"]}')
      await tx.accountData.set(it.bob.userId, '!r:test' as RoomId, 'm.tag', '{"tags":{}}')
      await tx.accountData.set(it.bob.userId, '!r:test' as RoomId, '__proto__', '{"x":1}')
    })

    assert.equal(
      (await it.call('GET', path)).text,
      '{"account_data":{"global":{"m.direct":{"@a:test":["!r"]}},' +
        '"rooms":{"!r:test":{"m.tag":{"tags":{}},"__proto__":{"x":1}}}}}',
    )
  })

  test('a user is found by address and by identity at a provider', async () => {
    await using it = await withAdmin()
    await it.call('PUT', `${V2}/users/@bob:test`, {
      threepids: [{ medium: 'email', address: 'Bob@Example.org' }],
      external_ids: [{ auth_provider: 'oidc-a', external_id: 'b/ö b' }],
    })

    const byMail = await it.call('GET', `${V1}/threepid/email/users/bob%40example.org`)
    const bySso = await it.call('GET', `${V1}/auth_providers/oidc-a/users/${encodeURIComponent('b/ö b')}`)
    assert.deepEqual([byMail.body, bySso.body], [{ user_id: '@bob:test' }, { user_id: '@bob:test' }])

    for (const path of [
      'threepid/email/users/else@example.org',
      'threepid/pigeon/users/bob@example.org',
      'auth_providers/oidc-b/users/b',
      'auth_providers/oidc-a/users/nobody',
    ]) {
      const answer = await it.call('GET', `${V1}/${path}`)
      assert.deepEqual([answer.status, answer.body.errcode], [404, 'M_NOT_FOUND'], path)
    }
  })

  test('experimental features are kept one by one', async () => {
    await using it = await withAdmin()
    const path = `${V1}/experimental_features/@bob:test`
    const put = (features?: unknown) => it.call('PUT', path, { features })
    const off = { msc3881: false, msc3575: false, msc4222: false }
    assert.deepEqual((await it.call('GET', path)).body, { features: off })

    assert.deepEqual((await put({ msc3881: true, msc4222: true })).body, {})
    assert.deepEqual((await put({ msc3881: false })).body, {})

    assert.deepEqual((await it.call('GET', path)).body, { features: { ...off, msc4222: true } })
    for (const features of [undefined, {}, [], 'x', { msc1: true }, { msc3881: 1 }]) {
      const answer = await put(features)
      assert.deepEqual([answer.status, answer.body.errcode], [400, 'M_UNKNOWN'], JSON.stringify(features))
    }
  })

  test('accounts are searched by part of their id, without their password hashes', async () => {
    await using it = await withAdmin()
    const found = await it.call('GET', `${V1}/search_users/@admin:test?term=BO`)

    assert.deepEqual(found.body, [
      { name: '@bob:test', password_hash: null, is_guest: false, admin: false, user_type: null },
    ])
    const all = await it.call('GET', `${V1}/search_users/@admin:test?term=`)
    assert.deepEqual(
      all.body.map((user: { name: string }) => user.name),
      ['@admin:test', '@bob:test'],
    )
    const missing = await it.call('GET', `${V1}/search_users/@admin:test`)
    assert.deepEqual([missing.status, missing.body.errcode], [400, 'M_MISSING_PARAM'])
  })

  test('the window to replace cross-signing keys needs a user with a master key', async () => {
    await using it = await withAdmin()
    const open = (user: string) =>
      it.call('POST', `${V1}/users/${user}/_allow_cross_signing_replacement_without_uia`)
    for (const user of ['@bob:test', '@nobody:test', '@x:elsewhere', 'nonsense']) {
      const answer = await open(user)
      assert.deepEqual([answer.status, answer.body.errcode], [404, 'M_NOT_FOUND'], user)
    }

    await it.server.storage.write((tx) =>
      tx.crossSigning.set({ userId: it.bob.userId, usage: 'master', publicKey: 'k', key: '{}' }),
    )
    const answer = await open('@bob:test')

    const untilMs = it.server.clock.nowMs() + 600_000
    assert.deepEqual([answer.status, answer.body], [200, { updatable_without_uia_before_ms: untilMs }])
    const keys = await it.server.storage.read.crossSigning.keysOf(it.bob.userId)
    assert.equal(keys.master?.replaceableUntilTs, untilMs)
  })
})
