import type { UserId } from '@ranvier/protocol/ids/brands'
import { bulkInsert } from '../../db/bulk.ts'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'

/**
 * A short log of accounts that came or changed in what lists show, so that what a process knows of all of them
 * (`columns.ts`) follows what any process writes. Positions are dense and their order is that of the commits: who
 * writes here holds the counter of the stream `accounts` (`AccountBlocks.lock`).
 */

/** So many are kept at least: a process that has not looked for longer begins anew. */
const KEPT = 50_000
/** They are removed so many at once. */
const BATCH = 1_000

const APPEND = `INSERT INTO user_moves (position, account)
  SELECT COALESCE(MAX(position), 0) + ?, CAST(? AS BIGINT) FROM user_moves RETURNING position`

const MOVES = { table: 'user_moves', columns: { position: 'bigint', account: 'bigint' } } as const

export async function noteMove(db: WriteHandle, account: number): Promise<void> {
  const { position } = (await db.get<{ position: number }>(APPEND, 1, account))!
  if (position % BATCH === 0) await forgetBefore(db, position)
}

/** The same for several, in two or three statements. */
export async function noteMoves(db: WriteHandle, accounts: readonly number[]): Promise<void> {
  if (accounts.length === 0) return
  const last = await lastMove(db)
  await bulkInsert(
    db,
    MOVES,
    accounts.map((account, i) => [last + 1 + i, account]),
  )
  const position = last + accounts.length
  if (Math.floor(position / BATCH) > Math.floor(last / BATCH)) await forgetBefore(db, position)
}

async function forgetBefore(db: WriteHandle, position: number): Promise<void> {
  await db.send('DELETE FROM user_moves WHERE position <= ?', position - KEPT)
}

/** Everything may have changed: nobody can follow, as a position is left out. */
export async function noteAllMoved(db: WriteHandle): Promise<void> {
  const { position } = (await db.get<{ position: number }>(APPEND, 2, 0))!
  await db.send('DELETE FROM user_moves WHERE position < ?', position)
}

export async function lastMove(db: ReadHandle): Promise<number> {
  const row = await db.get<{ last: number }>('SELECT COALESCE(MAX(position), 0) AS last FROM user_moves')
  return row!.last
}

/** The accounts that have moved since, and until when; `undefined` when that is no longer known. */
export async function movedSince(
  db: ReadHandle,
  position: number,
): Promise<{ accounts: number[]; last: number } | undefined> {
  const rows = await db.all<{ position: number; account: number }>(
    'SELECT position, account FROM user_moves WHERE position > ? ORDER BY position',
    position,
  )
  if (rows.length === 0) return { accounts: [], last: position }
  if (rows[0]!.position !== position + 1) return undefined
  return { accounts: [...new Set(rows.map((row) => row.account))], last: rows.at(-1)!.position }
}

/** The same by name. */
export async function movedUsersSince(
  db: ReadHandle,
  position: number,
): Promise<{ userIds: UserId[]; last: number } | undefined> {
  const moved = await movedSince(db, position)
  if (moved === undefined || moved.accounts.length === 0) return moved && { userIds: [], last: moved.last }
  const rows = await db.all<{ name: UserId }>('SELECT name FROM users WHERE id = ANY(?)', moved.accounts)
  return { userIds: rows.map(({ name }) => name), last: moved.last }
}
