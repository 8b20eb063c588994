import type { EventId, UserId } from '@ranvier/protocol/ids/brands'
import type { SqlValue, WriteHandle } from '../../db/types.ts'
import type { Transaction } from '../../transaction.ts'
import { countReports } from '../admin/report-texts.ts'
import { queueDirectoryMembers } from '../directory/user-directory-queue.ts'
import { removeFromSearch } from '../events/event-search.ts'
import { moveRooms } from './sorts.ts'

/** `change` of the fact of the `events` stream that says: a room has gone, with all that was known of it. */
export const ROOM_PURGED = 'purged'

/** Tables whose rows belong to one room, with the columns of their key. What others are found by comes last. */
const TABLES: readonly { table: string; key: string; room?: string }[] = [
  { table: 'threads', key: 'room_id, root_id' },
  { table: 'thread_subscriptions', key: 'user_id, room_id, root_id' },
  { table: 'room_storage', key: 'room_id' },
  { table: 'room_aliases', key: 'alias' },
  { table: 'network_rooms', key: 'appservice_id, network_id, room_id' },
  { table: 'current_state', key: 'room_id, type, state_key' },
  { table: 'state_changes', key: 'room_id, position, type, state_key' },
  { table: 'state_snapshots', key: 'id' },
  { table: 'state_keys', key: 'id' },
  { table: 'receipts', key: 'room_id, user_id, receipt_type, thread_id' },
  { table: 'unread_checkpoints', key: 'user_id, room_id' },
  { table: 'account_data', key: 'user_id, room_id, type' },
  { table: 'user_directory_names', key: 'scope, kind, remote, name, user_id', room: 'scope' },
]

/** Takes rooms away, a piece at a time. */
export class RoomDeletionWriter {
  readonly #db: WriteHandle
  readonly #tx: Pick<Transaction, 'takePosition' | 'announce' | 'audit'>
  constructor(tx: Pick<Transaction, 'db' | 'takePosition' | 'announce' | 'audit'>) {
    this.#db = tx.db
    this.#tx = tx
  }

  /** From now on there is no such room. Whoever keeps something of it in memory is told. */
  async deleteRoom(roomId: string): Promise<void> {
    const row = await this.#db.get<{ sort: number }>(
      'DELETE FROM rooms WHERE room_id = ? RETURNING sort',
      roomId,
    )
    if (row !== undefined) await moveRooms(this.#db, [{ roomId, before: row.sort, after: undefined }])
    await this.deleteReports(roomId)
    await this.#announce(roomId)
  }

  /** Deletes up to `limit` reports about events of the room; how many. */
  async deleteReports(roomId: string, limit = Number.MAX_SAFE_INTEGER): Promise<number> {
    const deleted = await this.#db.all<Record<string, SqlValue>>(
      `DELETE FROM event_reports WHERE id IN (SELECT id FROM event_reports WHERE room_id = ? LIMIT ?)
       RETURNING user_id, room_id, sender`,
      roomId,
      limit,
    )
    await countReports(this.#db, 'event_reports', deleted, -1)
    return deleted.length
  }

  async #announce(roomId: string): Promise<void> {
    const position = await this.#tx.takePosition('events')
    this.#tx.announce({ stream: 'events', position, key: roomId, change: ROOM_PURGED })
  }

  /** Deletes up to `limit` rows of what is left of a room that is no more; how many. 0: nothing is left. */
  async deleteRows(roomId: string, limit: number): Promise<number> {
    let deleted = await this.#deleteEvents(roomId, limit)
    if (deleted < limit) deleted += await this.#deleteMembers(roomId, limit - deleted)
    if (deleted < limit) deleted += await this.#deleteBackedUpKeys(roomId, limit - deleted)
    for (const { table, key, room = 'room_id' } of TABLES) {
      if (deleted >= limit) break
      deleted += await this.#db.run(
        `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE ${room} = ? LIMIT ?)`,
        roomId,
        limit - deleted,
      )
    }
    return deleted
  }

  async #deleteEvents(roomId: string, limit: number): Promise<number> {
    const rows = await this.#db.all<{ nid: number; event_id: EventId }>(
      'SELECT nid, event_id FROM events WHERE room_id = ? LIMIT ?',
      roomId,
      limit,
    )
    if (rows.length === 0) return 0
    await this.#db.send(
      'DELETE FROM unpruned_redactions WHERE event_id = ANY(?)',
      rows.map((row) => row.event_id),
    )
    await removeFromSearch(
      this.#db,
      rows.map((row) => row.nid),
    )
    return this.#db.run(
      'DELETE FROM events WHERE nid = ANY(?)',
      rows.map((row) => row.nid),
    )
  }

  /** Whom the user directory showed because of the room has to be looked at again: it is woken by the fact. */
  async #deleteMembers(roomId: string, limit: number): Promise<number> {
    const rows = await this.#db.all<{ user_id: UserId }>(
      'SELECT user_id FROM room_members WHERE room_id = ? LIMIT ?',
      roomId,
      limit,
    )
    if (rows.length === 0) return 0
    const userIds = rows.map((row) => row.user_id)
    await queueDirectoryMembers(
      this.#db,
      userIds.map((userId) => ({ roomId, userId })),
    )
    await this.#announce(roomId)
    return this.#db.run('DELETE FROM room_members WHERE room_id = ? AND user_id = ANY(?)', roomId, userIds)
  }

  /** The backups say how many sessions they hold, and that they have changed. */
  async #deleteBackedUpKeys(roomId: string, limit: number): Promise<number> {
    const rows = await this.#db.all<{ user_id: UserId; version: number; session_id: string }>(
      'SELECT user_id, version, session_id FROM key_backup_sessions WHERE room_id = ? LIMIT ?',
      roomId,
      limit,
    )
    for (const [, ofBackup] of Map.groupBy(rows, (row) => `${row.user_id}\0${row.version}`)) {
      const { user_id: userId, version } = ofBackup[0]!
      const deleted = await this.#db.run(
        `DELETE FROM key_backup_sessions
         WHERE user_id = ? AND version = ? AND room_id = ? AND session_id = ANY(?)`,
        userId,
        version,
        roomId,
        ofBackup.map((row) => row.session_id),
      )
      await this.#db.send(
        `UPDATE key_backups SET session_count = session_count - ?, etag = etag + 1
         WHERE user_id = ? AND version = ?`,
        deleted,
        userId,
        version,
      )
    }
    return rows.length
  }

  /** Lets the room's history end with `kept` alone. Nothing may be added to the room meanwhile. */
  async keepExtremity(roomId: string, kept: EventId): Promise<void> {
    this.#tx.audit.changed({ kind: 'room', id: roomId, after: { forward_extremities: [kept] } })
    await this.#db.send('UPDATE rooms SET extremities = ? WHERE room_id = ?', JSON.stringify([kept]), roomId)
  }
}
