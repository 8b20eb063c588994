import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix, type OpenDatabase } from '@ranvier/testkit/databases'
import { ConflictError, UnstorableNumberError, UnstorableTextError } from '../errors.ts'
import { ddl } from '../migrations/ddl.ts'
import { type BulkInsert, bulkInsert } from './bulk.ts'
import { PostgresDatabase } from './postgres.ts'
import { SqliteDatabase } from './sqlite.ts'
import type { Database } from './types.ts'

async function openDatabase(open: OpenDatabase): Promise<Database> {
  const options = await open.emptyOptions()
  const database =
    options.dialect === 'sqlite' ? new SqliteDatabase(options.file) : new PostgresDatabase(options, () => {})
  await database.transaction((db) =>
    ddl(
      db,
      `CREATE TABLE things (name TEXT NOT NULL, size BIGINT, weight DOUBLE, bytes BLOB, PRIMARY KEY (name)) /* by key */;
       CREATE TABLE notes (id BIGINT NOT NULL PRIMARY KEY, text TEXT)`,
    ),
  )
  return database
}

const INSERT_NOTE = 'INSERT INTO notes (id, text) VALUES (?, ?)'
const things: BulkInsert = { table: 'things', columns: { name: 'text', size: 'bigint', bytes: 'bytea' } }

databaseMatrix((open, dialect) => {
  test('values come back as they went in', async () => {
    await using database = await openDatabase(open)
    const bytes = new Uint8Array([0, 255, 1])

    await database.transaction((db) =>
      db.run(
        'INSERT INTO things (name, size, weight, bytes) VALUES (?, ?, ?, ?)',
        'é \u{1f9a6}',
        Number.MAX_SAFE_INTEGER,
        0.25,
        bytes,
      ),
    )
    const row = await database.reader.get<Record<string, unknown>>('SELECT * FROM things')

    assert.deepEqual(
      { ...row, bytes: Uint8Array.from(row?.['bytes'] as Uint8Array) },
      {
        name: 'é \u{1f9a6}',
        size: Number.MAX_SAFE_INTEGER,
        weight: 0.25,
        bytes,
      },
    )
  })

  test('counts, sums and negative numbers are numbers', async () => {
    await using database = await openDatabase(open)
    await database.transaction(async (db) => {
      await db.run(INSERT_NOTE, -5, 'a')
      await db.run(INSERT_NOTE, 2 ** 40, null)
    })

    const row = await database.reader.get(
      'SELECT COUNT(*) AS count, SUM(id) AS sum, MIN(id) AS least, MAX(text) AS text FROM notes',
    )

    assert.deepEqual({ ...(row as object) }, { count: 2, sum: 2 ** 40 - 5, least: -5, text: 'a' })
  })

  test('a list is one parameter, also an empty one and one of texts with quotes', async () => {
    await using database = await openDatabase(open)
    await database.transaction(async (db) => {
      for (const [id, text] of ["it's", 'say "x"', 'a,b', '{}', 'null'].entries())
        await db.run(INSERT_NOTE, id, text)
    })
    const ids = async (sql: string, ...params: (readonly (string | number)[])[]) =>
      (
        await database.reader.all<{ id: number }>(`SELECT id FROM notes WHERE ${sql} ORDER BY id`, ...params)
      ).map((row) => row.id)

    assert.deepEqual(await ids('text = ANY(?)', ["it's", 'say "x"', 'a,b', '{}', 'null']), [0, 1, 2, 3, 4])
    assert.deepEqual(await ids('id = ANY(?)', [1, 3, 99]), [1, 3])
    assert.deepEqual(await ids('id = ANY(?)', []), [])
    assert.deepEqual(await ids('id != ALL(?)', [1, 3]), [0, 2, 4])
    assert.deepEqual(await ids('id != ALL(?)', []), [0, 1, 2, 3, 4])
  })

  test('text is ordered by code point', async () => {
    await using database = await openDatabase(open)
    const texts = ['@b:x', '@B:x', '@a.b:x', '@a-b:x', '@_a:x', 'é', 'z', '\uffee', '\u{1f9a6}']
    await database.transaction(async (db) => {
      for (const [id, text] of texts.entries()) await db.run(INSERT_NOTE, id, text)
    })

    const rows = await database.reader.all<{ text: string }>('SELECT text FROM notes ORDER BY text')

    const byCodePoint = texts.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    assert.deepEqual(
      rows.map((row) => row.text),
      byCodePoint,
    )
  })

  test('text with U+0000 is refused wherever it stands', async () => {
    await using database = await openDatabase(open)
    const refused = (work: Promise<unknown>) => assert.rejects(work, UnstorableTextError)

    await refused(database.reader.get('SELECT 1 FROM notes WHERE text = ?', 'a\0b'))
    await refused(database.reader.all('SELECT 1 FROM notes WHERE text = ANY(?)', ['ok', '\0']))
    await refused(database.transaction((db) => db.run(INSERT_NOTE, 1, 'a\0')))
    await refused(database.transaction((db) => bulkInsert(db, things, [['\0', 1, null]])))
    assert.equal((await database.reader.all('SELECT * FROM notes')).length, 0)
  })

  test('an integer beyond 53 bits is refused wherever it stands', async () => {
    await using database = await openDatabase(open)
    const refused = (work: Promise<unknown>) => assert.rejects(work, UnstorableNumberError)

    await refused(database.reader.get('SELECT 1 FROM notes WHERE id > ?', 2 ** 63))
    await refused(database.reader.get('SELECT 1 FROM notes WHERE id > ?', 2 ** 53))
    await refused(database.reader.all('SELECT 1 FROM notes WHERE id = ANY(?)', [1, -1e300]))
    await refused(database.transaction((db) => db.run(INSERT_NOTE, 2 ** 64, 'a')))
    assert.deepEqual(
      await database.reader.all('SELECT id FROM notes WHERE id > ?', Number.MIN_SAFE_INTEGER),
      [],
    )
  })

  test('a taken key is a ConflictError, whichever way the statement was run', async () => {
    await using database = await openDatabase(open)
    await database.transaction((db) => db.run(INSERT_NOTE, 1, 'first'))

    for (const run of ['run', 'get', 'all'] as const) {
      await assert.rejects(
        database.transaction((db) => db[run](`${INSERT_NOTE} RETURNING id`, 1, 'second')),
        ConflictError,
      )
    }

    assert.deepEqual(
      { ...(await database.reader.get<object>('SELECT * FROM notes')) },
      { id: 1, text: 'first' },
    )
  })

  test('run tells how many rows changed; get gives undefined for none', async () => {
    await using database = await openDatabase(open)
    await database.transaction(async (db) => {
      for (let id = 0; id < 3; id++) await db.run(INSERT_NOTE, id, 'x')
      assert.equal(await db.run('UPDATE notes SET text = ? WHERE id >= ?', 'y', 1), 2)
      assert.equal(await db.run(`${INSERT_NOTE} ON CONFLICT (id) DO NOTHING`, 1, 'z'), 0)
      assert.equal(await db.run('DELETE FROM notes WHERE id = ?', 7), 0)
    })

    assert.equal(await database.reader.get('SELECT * FROM notes WHERE id = ?', 7), undefined)
  })

  test('one statement serves values of different types, one after another', async () => {
    await using database = await openDatabase(open)

    await database.transaction(async (db) => {
      const sql = 'INSERT INTO things (name, size, weight, bytes) VALUES (?, ?, ?, ?)'
      await db.run(sql, 'a', null, null, null)
      await db.run(sql, 'b', 3, 3, Buffer.from('x'))
      await db.run(sql, 'c', -1, 1e-3, null)
    })

    const rows = await database.reader.all<{ size: number | null; weight: number | null }>(
      'SELECT size, weight FROM things ORDER BY name',
    )
    assert.deepEqual(
      rows.map((row) => ({ ...row })),
      [
        { size: null, weight: null },
        { size: 3, weight: 3 },
        { size: -1, weight: 1e-3 },
      ],
    )
  })

  test('many rows go in at once, with nulls, bytes and a conflict clause', async () => {
    await using database = await openDatabase(open)
    const keep: BulkInsert = { ...things, conflict: 'ON CONFLICT (name) DO UPDATE SET size = excluded.size' }
    const rows = Array.from({ length: 300 }, (_, i) => [`n${i}`, i % 2 ? i : null, new Uint8Array([i % 256])])

    await database.transaction((db) => bulkInsert(db, things, rows))
    await database.transaction((db) => bulkInsert(db, keep, [['n1', 77, null]]))
    await database.transaction((db) => bulkInsert(db, things, []))

    const found = await database.reader.all<{ name: string; size: number | null; bytes: Uint8Array }>(
      'SELECT name, size, bytes FROM things',
    )
    assert.equal(found.length, 300)
    const byName = new Map(found.map((row) => [row.name, row]))
    assert.equal(byName.get('n0')?.size, null)
    assert.equal(byName.get('n1')?.size, 77)
    assert.deepEqual([...byName.get('n299')!.bytes], [299 % 256])
  })

  test('readers see nothing of a transaction until it has committed, and nothing of one that failed', async () => {
    await using database = await openDatabase(open)
    const count = async () => (await database.reader.all('SELECT * FROM notes')).length

    await assert.rejects(
      database.transaction(async (db) => {
        await db.run(INSERT_NOTE, 1, 'a')
        assert.equal((await db.all('SELECT * FROM notes')).length, 1)
        assert.equal(await count(), 0)
        throw new Error('on purpose')
      }),
      /on purpose/,
    )
    assert.equal(await count(), 0)
    await database.transaction((db) => db.run(INSERT_NOTE, 1, 'a'))
    assert.equal(await count(), 1)
  })

  test('a statement that is wrong is an error of the database, and the next transaction works', async () => {
    await using database = await openDatabase(open)

    await assert.rejects(database.reader.all('SELECT nothing FROM nowhere'))
    await assert.rejects(database.transaction((db) => db.run('INSERT INTO nowhere VALUES (1)')))
    await assert.rejects(database.transaction((db) => db.run(INSERT_NOTE, 'no number', 'x')))

    await database.transaction((db) => db.run(INSERT_NOTE, 1, 'a'))
    assert.equal((await database.reader.all('SELECT * FROM notes')).length, 1)
  })

  test('the handle for reads cannot write', {
    skip: dialect === 'postgres' && 'reads are by type only',
  }, async () => {
    await using database = await openDatabase(open)

    await assert.rejects(database.reader.all("INSERT INTO notes (id, text) VALUES (1, 'x') RETURNING id"))
  })

  test('statements of ever new texts are answered, and the first ones still are', async () => {
    await using database = await openDatabase(open)
    for (let i = 0; i < 1_200; i++) {
      const row = await database.reader.get<{ n: number; m: number }>(`SELECT ? + 0 AS n, ${i} AS m`, 7)
      assert.deepEqual([row!.n, row!.m], [7, i])
    }
    const first = await database.reader.get<{ n: number }>('SELECT ? + 0 AS n, 0 AS m', 8)
    assert.equal(first!.n, 8)
    if (dialect === 'postgres') {
      const kept = await database.reader.get<{ n: number }>(
        'SELECT COUNT(*) AS n FROM pg_prepared_statements',
      )
      assert.ok(kept!.n <= 1_000, String(kept!.n))
    }
  })
})
