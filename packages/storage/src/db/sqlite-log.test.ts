import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { SqliteDatabase } from './sqlite.ts'
import { WriteAheadLog } from './sqlite-log.ts'

function openIn(t: TestContext): SqliteDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'ranvier-log-'))
  const database = new SqliteDatabase(join(folder, 'x.db'))
  t.after(async () => {
    await database[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })
  return database
}

const create = (database: SqliteDatabase, table: string) =>
  database.transaction((db) => db.run(`CREATE TABLE ${table} (x BIGINT)`))

test('between a commit and its flush, what readers see is known to be unflushed', async (t) => {
  const database = openIn(t)
  await create(database, 'one')
  assert.equal(database.unflushed, undefined)
  let isDone = false
  const writing = create(database, 'two').then(() => {
    isDone = true
  })

  while (database.unflushed === undefined) await setImmediate()
  const seen = await database.reader.all("SELECT name FROM sqlite_schema WHERE name = 'two'")
  const { unflushed } = database

  assert.equal(seen.length, 1)
  assert.equal(isDone, false)
  await unflushed
  await writing
  assert.equal(database.unflushed, undefined)
})

test('after a flush that failed nothing is built on the log, and who tries is told what to do', async () => {
  const log = new WriteAheadLog(join(tmpdir(), 'no such folder', 'x.db'))
  log.checkSound()

  await assert.rejects(log.flush(), { name: 'StorageUnavailableError', message: /ENOENT/ })

  assert.throws(() => log.checkSound(), /disk did not keep what was written to .*start the server again/)
})
