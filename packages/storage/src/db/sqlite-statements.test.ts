import assert from 'node:assert/strict'
import { constants } from 'node:sqlite'
import { test } from 'node:test'
import { SqliteConnection } from './sqlite.ts'

test('a statement with a limit is prepared once, whatever the limit is', async () => {
  const db = new SqliteConnection(':memory:')
  await db.run('CREATE TABLE numbers (n INTEGER NOT NULL PRIMARY KEY)')
  await db.runEach(
    'INSERT INTO numbers (n) VALUES (?)',
    [1, 2, 3, 4].map((n) => [n]),
  )
  let prepared = 0
  db.raw.setAuthorizer((action) => {
    if (action === constants.SQLITE_SELECT) prepared++
    return constants.SQLITE_OK
  })
  const page = async (limit: number, offset: number) =>
    (
      await db.all<{ n: number }>(
        'SELECT n FROM numbers WHERE n > ? ORDER BY n LIMIT ? OFFSET ?',
        0,
        limit,
        offset,
      )
    ).map(({ n }) => n)

  assert.deepEqual(await page(2, 0), [1, 2])
  assert.deepEqual(await page(3, 1), [2, 3, 4])
  assert.deepEqual(await page(1, 3), [4])

  assert.equal(prepared, 1)
  db.raw.close()
})
