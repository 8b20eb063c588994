import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditEntry } from '@ranvier/admin-api/audit'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { auditWorld } from './every-change.ts'

const AUDIT = '/_ranvier/admin/v1/audit'
const V1 = '/_synapse/admin/v1'

/** What was recorded while `work` ran, in the order of the transactions. */
async function recorded(storage: Storage, work: () => Promise<unknown>) {
  const { audit } = await storage.positions()
  await work()
  return storage.read.auditLog.listAfter(audit, 100)
}

databaseMatrix((open) => {
  test('rows can be neither changed nor deleted nor replaced', async () => {
    await using storage = await open()
    await using world = await auditWorld(storage)
    const { server, admin, bob } = world
    await server.ok('PUT', `${V1}/suspend/${bob.userId}`, { token: admin.token, body: { suspend: true } })
    const [row] = await storage.read.auditLog.list({}, { dir: 'b', limit: 1 })
    const copy = `INSERT INTO audit_log SELECT * FROM audit_log WHERE id = ${row!.id}`

    for (const sql of [
      "UPDATE audit_log SET actor = '@nobody:test'",
      'DELETE FROM audit_log',
      storage.dialect === 'postgres' ? 'TRUNCATE audit_log' : copy.replace('INSERT', 'REPLACE'),
      copy,
    ])
      await assert.rejects(storage.write((tx) => tx.db.run(sql)))

    assert.deepEqual(await storage.read.auditLog.find(row!.id), row)
  })

  test('what is rolled back has no row, also among others that are not', async () => {
    await using storage = await open()
    await using world = await auditWorld(storage)
    const { server, admin, bob, someone } = world
    const { token } = admin
    const others = [await someone(), await someone(), await someone()]
    const external_ids = [{ auth_provider: 'oidc', external_id: 'taken' }]
    const put = (userId: string, body: object) =>
      server.call('PUT', `/_synapse/admin/v2/users/${userId}`, { token, body })
    await put(bob.userId, { external_ids })

    const rows = await recorded(storage, async () => {
      const answers = await Promise.all([
        put(others[0]!.userId, { displayname: 'A' }),
        put(others[1]!.userId, { displayname: 'B', external_ids }),
        put(others[2]!.userId, { displayname: 'C' }),
      ])
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 409, 200],
      )
    })

    assert.deepEqual(rows.map(({ target }) => target).toSorted(), [others[0]!.userId, others[2]!.userId])
    const again = await recorded(storage, () => put(others[0]!.userId, { displayname: 'A' }))
    assert.deepEqual(again, [], 'what changes nothing is not recorded')
  })

  test('before and after are told of the fields that differ, and nothing of the password', async () => {
    await using storage = await open()
    await using world = await auditWorld(storage)
    const { server, admin, bob } = world
    const body = { displayname: 'Robert', locked: true, password: 'hidden-word', logout_devices: false }

    const [row, ...more] = await recorded(storage, () =>
      server.ok('PUT', `/_synapse/admin/v2/users/${bob.userId}`, { token: admin.token, body }),
    )

    assert.deepEqual(more, [])
    assert.deepEqual(row!.changes, [
      { kind: 'user', id: bob.userId, before: { displayname: 'bob' }, after: { displayname: 'Robert' } },
      { kind: 'password', id: bob.userId, after: { password: 'set' } },
      { kind: 'user', id: bob.userId, before: { locked: false }, after: { locked: true } },
    ])
  })

  test('what an administrator does as somebody else is recorded as both; what users do is not', async () => {
    await using storage = await open()
    await using world = await auditWorld(storage)
    const { server, admin, bob, room } = world
    const path = `${V1}/users/${bob.userId}/login`
    const { access_token } = await server.ok('POST', path, { token: admin.token, body: {} })

    const rows = await recorded(storage, async () => {
      // Committed together: only what the puppet says is the administrator's.
      await Promise.all([
        server.say(bob, room, 'mine'),
        server.say({ token: access_token }, room, 'not mine'),
        server.say(admin, room, 'as everybody may'),
      ])
    })

    assert.equal(rows.length, 1)
    const [{ actor, actingAs, operation, target, changes }] = rows as [(typeof rows)[number]]
    assert.deepEqual([actor, actingAs, target], [admin.userId, bob.userId, room])
    assert.equal(operation, 'PUT /_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}')
    assert.deepEqual(
      changes.map(({ kind, after }) => [kind, after!['type'], after!['sender']]),
      [['event', 'm.room.message', bob.userId]],
    )
  })

  test('what only an administrator may do in the client API is recorded, and their log-ins', async () => {
    await using storage = await open()
    await using world = await auditWorld(storage)
    const { server, admin, bob } = world
    const room = await server.createRoom(bob)
    const alias = `/directory/room/${encodeURIComponent('#bobs:test')}`
    const logIn = (user: string) =>
      server.ok('POST', '/login', { body: { type: 'm.login.password', user, password: `pw-${user}` } })

    const rows = await recorded(storage, async () => {
      for (const { token, userId } of [bob, admin])
        await server.ok('PUT', `/profile/${userId}/displayname`, { token, body: { displayname: 'Own' } })
      await server.ok('PUT', alias, { token: bob.token, body: { room_id: room } })
      await logIn('bob')
    })
    assert.deepEqual(rows, [], 'everybody may do this')

    const effects = await recorded(storage, async () => {
      const { token } = admin
      const body = { displayname: 'Given' }
      await server.ok('PUT', `/profile/${bob.userId}/displayname`, { token, body })
      await server.ok('PUT', `/directory/list/room/${room}`, { token, body: { visibility: 'public' } })
      await server.ok('DELETE', alias, { token })
      await logIn('admin')
    })
    assert.deepEqual(
      effects.map(({ operation, actor, target }) => [
        operation.replace('/_matrix/client/v3', ''),
        actor,
        target,
      ]),
      [
        ['PUT /profile/{userId}/{keyName}', admin.userId, bob.userId],
        ['PUT /directory/list/room/{roomId}', admin.userId, room],
        ['DELETE /directory/room/{roomAlias}', admin.userId, '#bobs:test'],
        ['adminLogIn', admin.userId, admin.userId],
      ],
    )
  })

  test('the log is filtered, paged in both directions, and exported in full', async () => {
    await using storage = await open()
    await using world = await auditWorld(storage)
    const { server, admin, bob, someone } = world
    const given = { token: admin.token }
    const carol = await someone()
    const suspend = (userId: string, value: boolean) =>
      server.ok('PUT', `${V1}/suspend/${userId}`, { ...given, body: { suspend: value } })
    const before = server.clock.nowMs() + 1
    for (let i = 0; i < 10; i++) await suspend(i % 2 === 0 ? bob.userId : carol.userId, i % 4 < 2)
    const after = server.clock.nowMs() + 1
    const list = async (query: string) => server.ok('GET', `${AUDIT}?${query}`, given)
    const range = `from_ts=${before}&to_ts=${after}`

    for (const dir of ['f', 'b']) {
      const seen: AuditEntry[] = []
      let from = ''
      do {
        const page = await list(`dir=${dir}&limit=3&${range}${from}`)
        seen.push(...page.entries)
        from = page.next_token === undefined ? '' : `&from=${page.next_token}`
      } while (from !== '')
      assert.equal(seen.length, 10)
      const ids = seen.map(({ id }) => (dir === 'f' ? id : -id))
      assert.deepEqual(
        ids,
        ids.toSorted((a, b) => a - b),
      )
    }
    assert.equal((await list(`target=${bob.userId}&operation=suspendUser`)).entries.length, 5)
    assert.equal((await list(`actor=${bob.userId}`)).entries.length, 0)
    assert.equal((await list(`operation=deleteRoom&${range}`)).entries.length, 0)
    const [entry] = (await list('limit=1')).entries
    assert.deepEqual(await server.ok('GET', `${AUDIT}/${entry.id}`, given), entry)
    assert.deepEqual(Object.keys(entry).length, 13)
    for (const [path, status, errcode] of [
      [`${AUDIT}?limit=-1`, 400, 'M_INVALID_PARAM'],
      [`${AUDIT}?from=nonsense`, 400, 'M_INVALID_PARAM'],
      [`${AUDIT}?dir=x`, 400, 'M_INVALID_PARAM'],
      [`${AUDIT}/0`, 404, 'M_NOT_FOUND'],
      [`${AUDIT}/x%00`, 404, 'M_NOT_FOUND'],
    ] as const) {
      const answer = await server.call('GET', path, given)
      assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], path)
    }

    const answer = await server.raw('GET', `${AUDIT}/export?${range}`, given)
    const lines = answer.text.trimEnd().split('\n')
    assert.equal(answer.headers['content-type'], 'application/x-ndjson')
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      (await list(`dir=f&${range}`)).entries,
    )
  })
})
