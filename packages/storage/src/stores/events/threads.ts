import type { EventId } from '@ranvier/protocol/ids/brands'
import { bulkInsert } from '../../db/bulk.ts'
import type { WriteHandle } from '../../db/types.ts'

/** The `rel_type` of a thread's replies. */
export const THREAD = 'm.thread'

/** New replies of one thread in a group of commits. */
export interface NewReplies {
  roomId: string
  rootId: EventId
  lastPosition: number
  replies: number
}

const THREADS = {
  table: 'threads',
  columns: { room_id: 'text', root_id: 'text', last_position: 'bigint', replies: 'bigint' },
  conflict: `ON CONFLICT (room_id, root_id) DO UPDATE SET last_position = excluded.last_position,
    replies = threads.replies + excluded.replies`,
} as const

/** Adds replies to their threads, in the transaction that writes them. No thread may be named twice. */
export async function addReplies(db: WriteHandle, threads: readonly NewReplies[]): Promise<void> {
  await bulkInsert(
    db,
    THREADS,
    threads.map(({ roomId, rootId, lastPosition, replies }) => [roomId, rootId, lastPosition, replies]),
  )
}

/** Takes one reply out of a thread, in the transaction that redacts it. */
export async function removeReply(
  db: WriteHandle,
  { roomId, rootId, position }: { roomId: string; rootId: string; position: number },
): Promise<void> {
  await db.send('UPDATE threads SET replies = replies - 1 WHERE room_id = ? AND root_id = ?', roomId, rootId)
  const wasLast = await db.get(
    'SELECT 1 AS found FROM threads WHERE room_id = ? AND root_id = ? AND last_position = ?',
    roomId,
    rootId,
    position,
  )
  if (wasLast === undefined) return
  const last = await db.get<{ position: number }>(
    `SELECT position FROM events WHERE ${REPLIES} ORDER BY position DESC LIMIT 1`,
    rootId,
    THREAD,
    roomId,
  )
  await setThread(db, roomId, rootId, last && { last: last.position })
}

/** Makes a thread right after replies of it were deleted, in the transaction that deleted them. */
export async function recountThread(db: WriteHandle, roomId: string, rootId: string): Promise<void> {
  const row = await db.get<{ last: number | null; n: number }>(
    `SELECT max(position) AS last, count(*) AS n FROM events WHERE ${REPLIES}`,
    rootId,
    THREAD,
    roomId,
  )
  await setThread(db, roomId, rootId, row?.last == null ? undefined : { last: row.last, replies: row.n })
}

const REPLIES = `relates_to = ? AND rel_type = ? AND room_id = ? AND state_key IS NULL AND redacted_by IS NULL
  AND position IS NOT NULL AND status = 0`

/** `undefined`: nobody replies any more, it is no thread. */
async function setThread(
  db: WriteHandle,
  roomId: string,
  rootId: string,
  thread: { last: number; replies?: number } | undefined,
): Promise<void> {
  if (thread === undefined) {
    await db.send('DELETE FROM threads WHERE room_id = ? AND root_id = ?', roomId, rootId)
    return
  }
  await db.send(
    'UPDATE threads SET last_position = ?, replies = COALESCE(?, replies) WHERE room_id = ? AND root_id = ?',
    thread.last,
    thread.replies ?? null,
    roomId,
    rootId,
  )
}
