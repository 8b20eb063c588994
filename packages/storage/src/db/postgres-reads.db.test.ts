import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { StorageUnavailableError } from '../errors.ts'
import { PostgresDatabase } from './postgres.ts'

const QUICK = 'SELECT CAST(? AS BIGINT) AS n, pg_backend_pid() AS pid'
/** Fails for 0, by itself. */
const DIVIDED = 'SELECT 6 / CAST(? AS BIGINT) AS n'
const SLOW = 'SELECT CAST(? AS BIGINT) AS n, pg_backend_pid() AS pid, pg_sleep(0.05)'
/** Ends its connection for 0. */
const ENDING =
  'SELECT CASE WHEN CAST(? AS BIGINT) = 0 THEN pg_terminate_backend(pg_backend_pid()) END AS ended'

interface Row {
  n: number
  pid: number
}

databaseMatrix((open, dialect) => {
  if (dialect !== 'postgres') return

  async function database(readers: number): Promise<PostgresDatabase> {
    const options = await open.emptyOptions()
    assert.equal(options.dialect, 'postgres')
    return new PostgresDatabase({ ...options, readers }, () => {})
  }

  /** From now on it is known to be quick, also while the machine is busy. */
  async function makeKnown(db: PostgresDatabase, sql: string): Promise<void> {
    for (let tries = 0; tries < 50; tries++) {
      const atMs = performance.now()
      await db.reader.get(sql, 1)
      if (performance.now() - atMs < 5) return
    }
  }

  const numbers = (db: PostgresDatabase, sql: string, count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => db.reader.get<Row>(sql, i)))

  test('reads of one turn share a connection, and each has its own answer', async () => {
    await using db = await database(4)
    await makeKnown(db, QUICK)

    const rows = await numbers(db, QUICK, 40)

    assert.deepEqual(
      rows.map((row) => row?.n),
      Array.from({ length: 40 }, (_, i) => i),
    )
    assert.ok(new Set(rows.map((row) => row?.pid)).size <= 3, 'sixteen go over one')
  })

  test('what several ask in one turn is asked once, and each has rows of its own', async () => {
    await using db = await database(4)
    await db.transaction((tx) => tx.run('CREATE SEQUENCE asked'))
    const next = `SELECT nextval('asked') AS n, CAST(? AS TEXT) AS what`
    const ask = (what: string) => db.reader.all<{ n: number; what: string }>(next, what)
    await ask('a') // is known to be quick from now on

    const [a, same, b] = await Promise.all([ask('a'), ask('a'), ask('b')])

    assert.deepEqual(a, [{ n: 2, what: 'a' }])
    assert.deepEqual(same, a)
    assert.deepEqual(b, [{ n: 3, what: 'b' }])
    assert.notEqual(same, a)
    assert.notEqual(same[0], a[0])
    assert.deepEqual(await ask('a'), [{ n: 4, what: 'a' }])
  })

  test('what was read is forgotten young', async () => {
    await using db = await database(1)
    const long = `SELECT repeat('x', 50000) || CAST(? AS TEXT) AS text`
    await makeKnown(db, long)
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as (how: { type: 'minor' | 'major' }) => void
    const oldMb = () => {
      const old = getHeapSpaceStatistics().filter(({ space_name: name }) => name === 'old_space')
      return old.reduce((sum, { space_used_size: bytes }) => sum + bytes, 0) / 1e6
    }
    // What is still there the second time becomes old.
    const readSome = async (from: number) => {
      for (let i = from; i < from + 100; i++) {
        await db.reader.get(long, i)
        collect({ type: 'minor' })
      }
    }
    await readSome(0)
    collect({ type: 'major' })
    const before = oldMb()

    await readSome(100)

    assert.ok(oldMb() - before < 2, `${(oldMb() - before).toFixed(1)} MB of 5 that were read`)
  })

  test('nobody waits behind a statement that was slow', async () => {
    await using db = await database(4)
    await numbers(db, SLOW, 1)
    await makeKnown(db, QUICK)

    const slow = db.reader.get<Row>(SLOW, 1)
    const quick = db.reader.get<Row>(QUICK, 2)

    assert.equal(await Promise.race([slow, quick]).then((row) => row?.n), 2)
    assert.notEqual((await slow)?.pid, (await quick)?.pid)
  })

  test('one that fails fails alone, and its connection goes on', async () => {
    await using db = await database(1)
    await db.reader.get(DIVIDED, 1)
    await db.reader.get(QUICK, 1)

    const results = await Promise.allSettled([
      db.reader.get<Row>(DIVIDED, 3),
      db.reader.get<Row>(DIVIDED, 0),
      db.reader.get<Row>(DIVIDED, 2),
    ])

    assert.deepEqual(
      results.map((result) => (result.status === 'fulfilled' ? result.value?.n : 'refused')),
      [2, 'refused', 3],
    )
    assert.equal((await db.reader.get<Row>(QUICK, 5))?.n, 5)
  })

  test('a connection that ends takes its reads with it, and the next ones have another', async () => {
    await using db = await database(1)
    const before = await db.reader.get<Row>(QUICK, 1)
    await makeKnown(db, ENDING)
    await makeKnown(db, QUICK)

    const results = await Promise.allSettled([
      db.reader.get(ENDING, 0),
      db.reader.get(QUICK, 1),
      db.reader.get(QUICK, 2),
    ])

    for (const result of results.slice(1))
      assert.ok(result.status === 'rejected' && result.reason instanceof StorageUnavailableError)
    const after = await db.reader.get<Row>(QUICK, 7)
    assert.equal(after?.n, 7)
    assert.notEqual(after?.pid, before?.pid)
  })
})
