import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { EVERYBODY, scopeSql, sharedSql } from './user-directory.ts'
import { queueDirectoryMembers } from './user-directory-queue.ts'

const ALL = { from: '', to: '\u{10FFFF}', withLocked: true, limit: 100 }

databaseMatrix((open) => {
  test('names are found by range, in the order of code points, by kind and place', async () => {
    await using storage = await open()
    await storage.write(async (tx) => {
      const set = (userId: string, names: string[], remote = false) =>
        tx.userDirectory.setNames(userId, EVERYBODY, {
          names: names.map((name) => ({ kind: 'whole', name })),
          remote,
        })
      await set('@a:x', ['bert', 'old'])
      await set('@a:x', ['anna', 'bert'])
      await set('@b:x', ['ann', '\u{1F600}', 'z'])
      await set('@c:y', ['ann'], true)
    })
    const { userDirectory } = storage.read
    const names = async (range: object) =>
      (await userDirectory.namesIn(EVERYBODY, { ...ALL, kind: 'whole', remote: false, ...range })).map(
        ({ userId, name }) => `${userId} ${name}`,
      )

    assert.deepEqual(await names({}), ['@b:x ann', '@a:x anna', '@a:x bert', '@b:x z', '@b:x \u{1F600}'])
    assert.deepEqual(await names({ from: 'ann', to: 'ann\u{10FFFF}' }), ['@b:x ann', '@a:x anna'])
    assert.deepEqual(await names({ limit: 1 }), ['@b:x ann'])
    assert.deepEqual(await names({ remote: true }), ['@c:y ann'])
    assert.deepEqual(await names({ kind: 'word' }), [])
    assert.deepEqual(
      await userDirectory.namesIn('!r' as RoomId, { ...ALL, kind: 'whole', remote: false }),
      [],
    )
  })

  test('an item queued again while it is looked at stays in the queue', async () => {
    await using storage = await open()
    const queue = () =>
      storage.write((tx) => queueDirectoryMembers(tx.db, [{ roomId: '!r', userId: '@a:x' }]))
    await queue()
    const [item] = await storage.read.userDirectory.listQueued(10)
    await queue()

    await storage.write((tx) => tx.userDirectory.done(item!))
    const [again, ...others] = await storage.read.userDirectory.listQueued(10)
    assert.deepEqual([again?.version, others], [2, []])
    await storage.write((tx) => tx.userDirectory.done(again!))
    assert.deepEqual(await storage.read.userDirectory.listQueued(10), [])
  })

  test('every search walks an index, and looking in one place needs no sorting', async () => {
    await using storage = await open()
    const isSqlite = storage.dialect === 'sqlite'
    const plan = (sql: string, ...params: (string | number)[]) =>
      storage.write(async (tx) => {
        for (const what of isSqlite ? [] : ['seqscan', 'sort', 'incremental_sort', 'bitmapscan', 'hashjoin'])
          await tx.db.run(`SET LOCAL enable_${what} = off`)
        const rows = await tx.db.all<Record<string, unknown>>(
          `${isSqlite ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN'} ${sql}`,
          ...params,
        )
        return rows.map((row) => String(row['detail'] ?? row['QUERY PLAN'])).join('; ')
      })

    for (const withLocked of [false, true]) {
      const scope = await plan(scopeSql(withLocked), '*', 0, 0, 'a', 'b', 10)
      assert.doesNotMatch(scope, /SCAN d|TEMP B-TREE|Sort|Seq Scan/)
      assert.match(
        scope,
        isSqlite ? /scope=\? AND kind=\? AND remote=\? AND name>\?/ : /user_directory_names_pkey/,
      )
      const shared = await plan(sharedSql(withLocked), 0, 0, 'a', 'b', '@a:x', '@a:x', 10)
      assert.doesNotMatch(shared, /SCAN [dm]|Seq Scan/)
      assert.match(shared, /room_members_by_user/)
      assert.match(
        shared,
        isSqlite ? /scope=\? AND kind=\? AND remote=\? AND name>\?/ : /user_directory_names_pkey/,
      )
    }
  })
})
