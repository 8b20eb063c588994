import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openStorage, type Storage } from './open.ts'

/** A row and a position together: a copy that has one without the other is no copy of any moment. */
const addRow = (storage: Storage) =>
  storage.write(async (tx) => {
    const position = await tx.takePosition('jobs')
    const sql = `INSERT INTO client_txns (user_id, device_id, scope, txn_id, response, created_ts) VALUES (?, '', '', '', ?, 0)`
    await tx.db.run(sql, `${position}`, 'x'.repeat(1_000))
  })

async function countRows(storage: Storage): Promise<number> {
  return storage.write(
    async (tx) => (await tx.db.get<{ n: number }>('SELECT COUNT(*) AS n FROM client_txns'))!.n,
  )
}

test('a copy of SQLite made while others write is of one moment, and complete', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ranvier-backup-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  await using storage = await openStorage({ dialect: 'sqlite', file: join(folder, 'live.db') })
  for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 200 }, () => addRow(storage)))
  const rowsBefore = await countRows(storage)
  let copying = true
  let written = 0
  const writing = (async () => {
    while (copying) {
      await addRow(storage)
      written++
    }
  })()
  const seen: [number, number][] = []

  await storage.backup(join(folder, 'copy.db'), (done, total) => seen.push([done, total]))
  copying = false
  await writing

  await using copy = await openStorage({ dialect: 'sqlite', file: join(folder, 'copy.db') })
  const rows = await countRows(copy)
  assert.equal((await copy.positions()).jobs, rows)
  assert.ok(rows >= rowsBefore && rows <= rowsBefore + written)
  assert.ok(written > 0, 'nothing was written while it was copied')
  assert.ok(seen.length > 0 && seen.every(([done, total]) => done <= total))
})
