import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { PostgresDatabase } from '../db/postgres.ts'
import { SqliteDatabase } from '../db/sqlite.ts'
import type { Database } from '../db/types.ts'
import { DatabaseTooNewError } from '../errors.ts'
import { openStorage, type StorageOptions } from '../open.ts'
import { migrations } from './index.ts'
import { SCHEMA_VERSION } from './run.ts'

function rawDatabase(options: StorageOptions): Database {
  return options.dialect === 'sqlite'
    ? new SqliteDatabase(options.file)
    : new PostgresDatabase(options, () => {})
}

/** What the schema is made of, as text that can be compared: tables with their columns, and indices. */
async function describeSchema(options: StorageOptions): Promise<string[]> {
  await using database = rawDatabase(options)
  const sql =
    options.dialect === 'sqlite'
      ? "SELECT type || ' ' || name || ' ' || COALESCE(sql, '') AS line FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'"
      : `SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' '
           || COALESCE(collation_name, '') || ' ' || COALESCE(column_default, '') AS line
         FROM information_schema.columns WHERE table_schema = 'public'
         UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'`
  return (await database.reader.all<{ line: string }>(sql)).map((row) => row.line).sort()
}

databaseMatrix((open) => {
  test('an empty database gets the whole schema', async () => {
    const [empty, known] = [await open.emptyOptions(), await open.options()]
    await (await openStorage(empty))[Symbol.asyncDispose]()
    await (await openStorage(known))[Symbol.asyncDispose]()

    const schema = await describeSchema(empty)

    assert.deepEqual(schema, await describeSchema(known))
    for (const table of ['streams', 'jobs', 'events', 'users'])
      assert.ok(schema.some((line) => line.includes(table)))
  })

  test('the schema asks for code as new as the most demanding step does', async () => {
    const options = await open.emptyOptions()
    await (await openStorage(options))[Symbol.asyncDispose]()

    await using database = rawDatabase(options)
    const row = await database.reader.get<{ compatible_since: number }>(
      'SELECT compatible_since FROM schema_version',
    )
    assert.equal(row?.compatible_since, Math.max(...migrations.map((step) => step.compatibleSince)))
  })

  test('opening it again changes nothing', async () => {
    const options = await open.emptyOptions()
    await (await openStorage(options))[Symbol.asyncDispose]()
    const before = await describeSchema(options)

    await using storage = await openStorage(options)
    await storage.write((tx) => tx.takePosition('events'))
    await storage[Symbol.asyncDispose]()
    await using again = await openStorage(options)

    assert.deepEqual(await describeSchema(options), before)
    assert.equal((await again.positions()).events, 1)
  })

  test('the documented way to make an administrator works as it stands', async () => {
    const options = await open.options()
    await using _storage = await openStorage(options)
    await using database = rawDatabase(options)

    await database.transaction((db) => db.run("UPDATE users SET admin = 1 WHERE name = '@foo:bar.com'"))
  })

  const setVersion = async (options: StorageOptions, version: number, compatibleSince: number) => {
    await using database = rawDatabase(options)
    await database.transaction(async (db) => {
      await db.run('DELETE FROM schema_version')
      await db.run(
        'INSERT INTO schema_version (version, compatible_since) VALUES (?, ?)',
        version,
        compatibleSince,
      )
    })
  }

  test('a database of a release that this one cannot work beside is refused, and left alone', async () => {
    const options = await open.options()
    await (await openStorage(options))[Symbol.asyncDispose]()
    await setVersion(options, SCHEMA_VERSION + 5, SCHEMA_VERSION + 3)
    const before = await describeSchema(options)

    await assert.rejects(openStorage(options), (error: Error) => {
      assert.ok(error instanceof DatabaseTooNewError)
      assert.match(
        error.message,
        new RegExp(`version ${SCHEMA_VERSION + 5}.*version ${SCHEMA_VERSION + 3} or later`),
      )
      return true
    })
    assert.deepEqual(await describeSchema(options), before)
  })

  test('a newer database that says this release still works is opened as it is', async () => {
    const options = await open.options()
    await (await openStorage(options))[Symbol.asyncDispose]()
    await setVersion(options, SCHEMA_VERSION + 1, SCHEMA_VERSION)

    await using storage = await openStorage(options)

    assert.equal((await storage.positions()).events, 0)
    await using database = rawDatabase(options)
    const row = await database.reader.get<{ version: number }>('SELECT version FROM schema_version')
    assert.equal(row?.version, SCHEMA_VERSION + 1)
  })
})
