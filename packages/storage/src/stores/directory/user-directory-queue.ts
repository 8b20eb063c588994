import type { UserId } from '@ranvier/protocol/ids/brands'
import { type BulkInsert, bulkInsert } from '../../db/bulk.ts'
import type { WriteHandle } from '../../db/types.ts'

/*
 * What the user directory has to look at again. Written in the transaction that changes an account, a membership or who
 * may see a room; worked off later, so that the change itself stays cheap.
 */

const QUEUE: BulkInsert = {
  table: 'user_directory_queue',
  columns: { room_id: 'text', user_id: 'text', version: 'bigint', resume_after: 'text' },
  conflict: `ON CONFLICT (room_id, user_id)
    DO UPDATE SET version = user_directory_queue.version + 1, resume_after = excluded.resume_after`,
}

/** The account appears, disappears or changes its profile. */
export function queueDirectoryUser(db: WriteHandle, userId: string): Promise<void> {
  return bulkInsert(db, QUEUE, [['', userId, 1, '']])
}

/** Rooms become public or cease to be, or are about to be deleted. */
export function queueDirectoryRooms(db: WriteHandle, roomIds: ReadonlySet<string>): Promise<void> {
  return bulkInsert(
    db,
    QUEUE,
    [...roomIds].map((roomId) => [roomId, '', 1, '']),
  )
}

/** Users come into rooms or go. No pair may be given twice. */
export function queueDirectoryMembers(
  db: WriteHandle,
  members: readonly { roomId: string; userId: string }[],
): Promise<void> {
  return bulkInsert(
    db,
    QUEUE,
    members.map(({ roomId, userId }) => [roomId, userId, 1, '']),
  )
}

/** A member's name changed. What local users are called is known from their accounts: they are left out. */
export async function queueDirectoryRename(db: WriteHandle, roomId: string, userId: string): Promise<void> {
  await db.send(
    `INSERT INTO user_directory_queue (room_id, user_id, version, resume_after)
     SELECT room_id, user_id, 1, '' FROM room_members
     WHERE room_id = ? AND user_id = ? AND NOT EXISTS (SELECT 1 FROM users WHERE name = ?) ${QUEUE.conflict}`,
    roomId,
    userId,
    userId,
  )
}

/** Every room the user is joined to. */
export async function queueDirectoryRoomsOf(db: WriteHandle, userId: string): Promise<void> {
  await db.send(
    `INSERT INTO user_directory_queue (room_id, user_id, version, resume_after)
     SELECT room_id, user_id, 1, '' FROM room_members WHERE user_id = ? AND membership = 'join' ${QUEUE.conflict}`,
    userId,
  )
}

/** Up to `limit` joined members of the room behind `after`; the last of them, `undefined` when these were all. */
export async function queueDirectoryMembersOf(
  db: WriteHandle,
  roomId: string,
  { after, limit }: { after: string; limit: number },
): Promise<UserId | undefined> {
  const rows = await db.all<{ user_id: UserId }>(
    `SELECT user_id FROM room_members WHERE room_id = ? AND user_id > ? AND membership = 'join'
     ORDER BY user_id LIMIT ?`,
    roomId,
    after,
    limit,
  )
  await queueDirectoryMembers(
    db,
    rows.map((row) => ({ roomId, userId: row.user_id })),
  )
  return rows.length < limit ? undefined : rows.at(-1)?.user_id
}
