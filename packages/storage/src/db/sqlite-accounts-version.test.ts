import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { SqliteDatabase } from './sqlite.ts'

async function openIn(t: TestContext): Promise<{ database: SqliteDatabase; file: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'ranvier-version-'))
  const file = join(folder, 'x.db')
  const database = new SqliteDatabase(file)
  t.after(async () => {
    await database[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })
  for (const table of ['users', 'user_threepids', 'user_external_ids', 'users_in_rooms'])
    await run(database, `CREATE TABLE ${table} (name TEXT)`)
  await run(database, "INSERT INTO users VALUES ('a')")
  return { database, file }
}

const run = (database: SqliteDatabase, sql: string) => database.transaction((db) => db.run(sql))

test('the version of accounts moves with each commit that may change them, and with no other', async (t) => {
  const { database } = await openIn(t)
  const moves = async (sql: string) => {
    const before = database.accountsVersion()
    await null // a turn of its own
    assert.equal(database.accountsVersion(), before)
    await run(database, sql)
    return database.accountsVersion() !== before
  }

  for (const sql of [
    "INSERT INTO users VALUES ('b')",
    "UPDATE users SET name = 'c' WHERE name = 'b'",
    "INSERT INTO user_threepids VALUES ('a')",
    'DELETE FROM user_external_ids',
    "WITH them AS (SELECT 'a' AS name) UPDATE users SET name = 'd' WHERE name IN (SELECT name FROM them)",
    'update Users set name = name',
  ])
    assert.equal(await moves(sql), true, sql)
  for (const sql of ["INSERT INTO users_in_rooms VALUES ('a')", 'UPDATE users_in_rooms SET name = name'])
    assert.equal(await moves(sql), false, sql)
})

test('the version of accounts moves with the commit: what is read before it is of the version before', async (t) => {
  const { database } = await openIn(t)
  const before = database.accountsVersion()
  let within: number | undefined

  await database.transaction(async (db) => {
    await db.run("UPDATE users SET name = 'b'")
    within = database.accountsVersion()
    assert.deepEqual(await database.reader.all('SELECT name FROM users'), [{ name: 'a' }])
  })

  assert.equal(within, before)
  assert.notEqual(database.accountsVersion(), before)
})

test('whatever another connection commits moves the version of accounts, also between two transactions', async (t) => {
  const { database, file } = await openIn(t)
  const byHand = new DatabaseSync(file)
  t.after(() => byHand.close())
  const first = database.accountsVersion()

  byHand.exec("UPDATE users SET name = 'by hand'")
  await null

  const second = database.accountsVersion()
  assert.notEqual(second, first)
  assert.equal(database.accountsVersion(), second)
  byHand.exec("UPDATE users SET name = 'again'")
  await run(database, "INSERT INTO users_in_rooms VALUES ('a')")
  assert.notEqual(database.accountsVersion(), second)
})
