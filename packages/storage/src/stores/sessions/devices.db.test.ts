import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { PostgresDatabase } from '../../db/postgres.ts'
import { SqliteDatabase } from '../../db/sqlite.ts'
import { openStorage } from '../../open.ts'
import { STALE } from './devices.ts'

databaseMatrix((open, dialect) => {
  test('the report of devices nobody uses walks its index', async () => {
    const options = await open.options()
    await using _storage = await openStorage(options)
    await using database =
      options.dialect === 'sqlite'
        ? new SqliteDatabase(options.file)
        : new PostgresDatabase(options, () => {})
    await database.transaction(async (db) => {
      if (dialect === 'sqlite') return
      await db.run('SET LOCAL enable_seqscan = off')
      await db.run('SET LOCAL enable_sort = off')
      const rows = await db.all<Record<string, string>>(`EXPLAIN ${STALE}`, 0, 10, 0, '@a:b', 'D', 100)
      const plan = rows.map((row) => Object.values(row)[0]).join('\n')
      assert.match(plan, /Index Scan using devices_by_use/)
      assert.doesNotMatch(plan, /Sort/)
    })
    if (dialect !== 'sqlite') return
    const rows = await database.reader.all<{ detail: string }>(
      `EXPLAIN QUERY PLAN ${STALE}`,
      0,
      10,
      0,
      '@a:b',
      'D',
      100,
    )
    const plan = rows.map(({ detail }) => detail).join('\n')
    assert.match(plan, /SEARCH devices USING INDEX devices_by_use/)
    assert.doesNotMatch(plan, /TEMP B-TREE|SCAN/)
  })
})
