import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { SqliteDatabase } from './sqlite.ts'

const ROWS_EACH = 1_000
const TIMES = 40

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'checkpoints-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function fill(database: SqliteDatabase, time: number): Promise<void> {
  await database.transaction(async (db) => {
    for (let i = 0; i < ROWS_EACH; i++) await db.run('INSERT INTO rows VALUES (?)', time * ROWS_EACH + i)
  })
}

/** Rows of the database without its log, as they were at a checkpoint. */
function rowsWithoutLog(file: string, copy: string): number {
  copyFileSync(file, copy)
  const database = new DatabaseSync(copy)
  try {
    const isThere = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'rows'").get() !== undefined
    return isThere ? (database.prepare('SELECT COUNT(*) AS n FROM rows').get() as { n: number }).n : 0
  } catch {
    return 0 // copied in the middle of a checkpoint
  } finally {
    database.close()
  }
}

test('the log is copied into the database while transactions go on, and nothing of them is missing', async (t) => {
  const path = folder(t)
  const file = join(path, 'x.db')
  const database = new SqliteDatabase(file)
  await database.transaction(async (db) => void (await db.run('CREATE TABLE rows (id INTEGER PRIMARY KEY)')))
  let time = 0

  // Far below the limit at which `COMMIT` would copy it.
  for (; time < TIMES; time++) await fill(database, time)
  while (rowsWithoutLog(file, join(path, `copy${time}`)) === 0) await fill(database, time++)

  const count = 'SELECT COUNT(*) AS n FROM rows'
  assert.equal((await database.reader.get<{ n: number }>(count))?.n, time * ROWS_EACH)
  await database[Symbol.asyncDispose]()
  const again = new DatabaseSync(file)
  assert.equal(
    (again.prepare('PRAGMA integrity_check').get() as object as { integrity_check: string }).integrity_check,
    'ok',
  )
  assert.equal((again.prepare(count).get() as { n: number }).n, time * ROWS_EACH)
  again.close()
})
