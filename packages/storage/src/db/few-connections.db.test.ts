import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { StorageUnavailableError } from '../errors.ts'
import { PostgresDatabase, type PostgresOptions } from './postgres.ts'

const ALLOWED = 3
const WANTED = 10

databaseMatrix((open, dialect) => {
  if (dialect !== 'postgres') return

  /** Somebody who may have few connections, which only superusers are exempt from. */
  async function limited(allowed: number): Promise<PostgresOptions & AsyncDisposable> {
    const options = await open.emptyOptions()
    assert.equal(options.dialect, 'postgres')
    const name = `few_${randomBytes(6).toString('hex')}`
    const admin = new PostgresDatabase(options, () => {})
    await admin.transaction((db) =>
      db.run(`CREATE ROLE ${name} LOGIN PASSWORD '${name}' CONNECTION LIMIT ${allowed}`),
    )
    return {
      connection: { ...options.connection, user: name, password: name },
      readers: WANTED,
      async [Symbol.asyncDispose]() {
        await admin.transaction((db) => db.run(`DROP ROLE ${name}`))
        await admin[Symbol.asyncDispose]()
      },
    }
  }

  const readMuch = (database: PostgresDatabase) =>
    Promise.all(
      Array.from({ length: 3 * WANTED }, (_, i) =>
        database.reader.get<{ n: number }>('SELECT CAST(? AS BIGINT) AS n, pg_sleep(0.01)', i),
      ),
    )

  test('with fewer connections than wanted, reads wait for those there are, and one is for writes', async () => {
    await using options = await limited(ALLOWED)
    const errors: Error[] = []
    await using database = new PostgresDatabase(options, (error) => errors.push(error))

    const read = await readMuch(database)
    const written = await database.transaction((db) => db.get<{ n: number }>('SELECT CAST(1 AS BIGINT) AS n'))
    await readMuch(database)

    assert.deepEqual(
      read.map((row) => row?.n),
      Array.from({ length: 3 * WANTED }, (_, i) => i),
    )
    assert.equal(written?.n, 1)
    assert.deepEqual(
      errors.map(({ message }) => /cp_max.*max_connections/.test(message)),
      [true],
    )
  })

  test('without a single one, it is not available', async () => {
    await using options = await limited(0)
    await using database = new PostgresDatabase(options, () => {})

    await assert.rejects(readMuch(database), StorageUnavailableError)
    await assert.rejects(
      database.transaction(async () => {}),
      StorageUnavailableError,
    )
  })
})
