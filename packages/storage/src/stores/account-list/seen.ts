import { type BulkStatement, bulkSend } from '../../db/bulk.ts'
import type { WriteHandle } from '../../db/types.ts'
import { type AccountBlocks, isSame, type ListEntry } from './blocks.ts'
import { noteMoves } from './moves.ts'
import { ACCOUNT_LISTS, keyOf } from './orders.ts'
import { startsIn } from './starts.ts'

const touchFrom = (seen: string) =>
  `UPDATE users SET last_seen_ts = seen.ts FROM ${seen} WHERE users.name = seen.name`
const TOUCH: BulkStatement = {
  one: touchFrom('(SELECT ? AS name, ? AS ts) AS seen'),
  many: touchFrom('unnest(?::text[], ?::bigint[]) AS seen(name, ts)'),
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
  for (const move of leaving) {
    await write(db, [move])
    await blocks.move(move.before, move.after)
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
    moves.map(({ after }) => [after.name, after.last_seen_ts]),
  )
}

/** The accounts that do not stay in the blocks and spans they are in. Their last activity alone changes. */
async function leavingBlocks(db: WriteHandle, moves: readonly Move[]): Promise<Set<Move>> {
  const leaving = new Set<Move>()
  for (const list of ACCOUNT_LISTS.filter(({ column }) => column === 'last_seen_ts')) {
    const keys = moves.flatMap(({ before, after }) => [keyOf(list, before), keyOf(list, after)])
    const starts = await startsIn(db, list, keys)
    for (const [i, move] of moves.entries()) {
      const [from, to] = [starts[2 * i]!, starts[2 * i + 1]!]
      if (!isSame(from.block, to.block) || !isSame(from.span, to.span)) leaving.add(move)
    }
  }
  return leaving
}
