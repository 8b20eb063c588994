import { type BulkStatement, bulkSend } from '../../db/bulk.ts'
import type { WriteHandle } from '../../db/types.ts'
import { type AccountBlocks, isSame, type KnownStarts, type ListEntry } from './blocks.ts'
import { noteMoves } from './moves.ts'
import { ACCOUNT_LISTS, keyOf } from './orders.ts'
import { startsIn } from './starts.ts'

const TOUCH: BulkStatement = {
  one: 'UPDATE users SET last_seen_ts = ? WHERE id = ?',
  many: `UPDATE users SET last_seen_ts = seen.ts FROM unnest(?::bigint[], ?::bigint[]) AS seen(ts, id)
    WHERE users.id = seen.id`,
}

interface Move {
  before: ListEntry
  after: ListEntry
}

/** Moves the last activity of accounts forward, in few statements where they stay in their blocks: mostly that is so. */
export async function touchAccounts(
  db: WriteHandle,
  blocks: AccountBlocks,
  seen: ReadonlyMap<string, number>,
): Promise<void> {
  const entries = await db.all<ListEntry>(
    `SELECT id, name, kind, displayname, avatar_url, creation_ts, last_seen_ts FROM users WHERE name = ANY(?)`,
    [...seen.keys()],
  )
  const moves = entries.flatMap((before): Move[] => {
    const last_seen_ts = seen.get(before.name)!
    const isLater = last_seen_ts > (before.last_seen_ts ?? Number.NEGATIVE_INFINITY)
    return isLater ? [{ before, after: { ...before, last_seen_ts } }] : []
  })
  const leaving = await leavingBlocks(db, moves)
  await write(
    db,
    moves.filter((move) => !leaving.has(move)),
  )
  // A block that is cut or joined counts its rows: those of accounts that are still to leave must be as they were.
  const { recuts } = blocks
  for (const [move, starts] of leaving) {
    await write(db, [move])
    await blocks.move(move.before, move.after, blocks.recuts === recuts ? starts : undefined)
  }
  await noteMoves(
    db,
    moves.map(({ before }) => before.id),
  )
}

async function write(db: WriteHandle, moves: readonly Move[]): Promise<void> {
  await bulkSend(
    db,
    TOUCH,
    moves.map(({ after }) => [after.last_seen_ts, after.id]),
  )
}

/** The accounts that do not stay in the blocks and spans they are in, and where these begin. Their last activity alone changes. */
async function leavingBlocks(db: WriteHandle, moves: readonly Move[]): Promise<Map<Move, KnownStarts>> {
  const known = new Map(moves.map((move): [Move, KnownStarts] => [move, { from: [], to: [] }]))
  const staying = new Set(moves)
  for (const list of ACCOUNT_LISTS.filter(({ column }) => column === 'last_seen_ts')) {
    const keys = moves.flatMap(({ before, after }) => [keyOf(list, before), keyOf(list, after)])
    const starts = await startsIn(db, list, keys)
    for (const [i, move] of moves.entries()) {
      const [from, to] = [starts[2 * i]!, starts[2 * i + 1]!]
      known.get(move)!.from.push(from)
      known.get(move)!.to.push(to)
      if (!isSame(from.block, to.block) || !isSame(from.span, to.span)) staying.delete(move)
    }
  }
  for (const move of staying) known.delete(move)
  return known
}
