import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'

export const ROOM_STORAGE_ORDERS = ['events', 'event_bytes', 'snapshots', 'state_bytes'] as const
export const USER_STORAGE_ORDERS = [
  'media_files',
  'media_bytes',
  'devices',
  'joined_rooms',
  'account_data_bytes',
  'backed_up_keys',
] as const

/** What a room took up when it was measured, ms since epoch. Bytes are those of its events and state themselves. */
export type RoomStorage = Record<(typeof ROOM_STORAGE_ORDERS)[number], number> & {
  room_id: RoomId
  name: string | null
  measured_ts: number
}

/** What a user took up when it was measured, ms since epoch. */
export type UserStorage = Record<(typeof USER_STORAGE_ORDERS)[number], number> & {
  user_id: UserId
  measured_ts: number
}

export interface StorageReportPage<Order extends string> {
  orderBy: Order
  /** Direction; equal ones go by id in the same direction. */
  dir: 'f' | 'b'
  /** The last one of the page before. */
  after: { value: number; id: string } | undefined
  limit: number
}

/** A room that is being measured, and how far that has come. */
export interface RoomMeasure {
  roomId: RoomId
  /** Position of the last event of the room when measuring began. */
  position: number
  events: number
  eventBytes: number
  /** Events up to here are counted; `null`: all of them. */
  eventAfter: number | null
  snapshots: number
  stateBytes: number
  /** Snapshots up to this id are counted. */
  snapshotAfter: number
}

const OLDEST = Number.MIN_SAFE_INTEGER

export class StorageReportReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async rooms(page: StorageReportPage<(typeof ROOM_STORAGE_ORDERS)[number]>): Promise<RoomStorage[]> {
    const { where, order, params } = placeOf(page, 's.room_id')
    return this.db.all<RoomStorage>(
      `SELECT s.room_id, r.name, s.events, s.event_bytes, s.snapshots, s.state_bytes, s.measured_ts
       FROM room_storage s LEFT JOIN rooms r ON r.room_id = s.room_id WHERE ${where} ORDER BY ${order} LIMIT ?`,
      ...params,
      page.limit,
    )
  }

  async users(page: StorageReportPage<(typeof USER_STORAGE_ORDERS)[number]>): Promise<UserStorage[]> {
    const { where, order, params } = placeOf(page, 's.user_id')
    return this.db.all<UserStorage>(
      `SELECT s.user_id, s.media_files, s.media_bytes, s.devices, s.joined_rooms, s.account_data_bytes,
         s.backed_up_keys, s.measured_ts
       FROM user_storage s WHERE ${where} ORDER BY ${order} LIMIT ?`,
      ...params,
      page.limit,
    )
  }
}

/** The column is one of a fixed list: a statement for each order and direction. */
function placeOf({ orderBy, dir, after }: StorageReportPage<string>, id: string) {
  const column = `s.${orderBy}`
  const down = dir === 'b' ? ' DESC' : ''
  const order = `${column}${down}, ${id}${down}`
  if (after === undefined) return { where: `${column} >= 0`, order, params: [] }
  return {
    where: `(${column}, ${id}) ${dir === 'b' ? '<' : '>'} (?, ?)`,
    order,
    params: [after.value, after.id],
  }
}

export class StorageReportWriter extends StorageReportReader {
  readonly #db: WriteHandle
  constructor(tx: { db: WriteHandle }) {
    super(tx.db)
    this.#db = tx.db
  }

  /** The next room behind `after` that has changed since it was measured, among `limit` rooms; where to go on. */
  async nextRoom(
    after: string,
    limit: number,
  ): Promise<{ measure: RoomMeasure | undefined; after: string | undefined }> {
    const rows = await this.#db.all<{ room_id: RoomId; last_position: number; is_known: number }>(
      `SELECT r.room_id, r.last_position,
         CASE WHEN s.position = r.last_position AND s.events = r.event_count THEN 1 ELSE 0 END AS is_known
       FROM rooms r LEFT JOIN room_storage s ON s.room_id = r.room_id
       WHERE r.room_id > ? ORDER BY r.room_id LIMIT ?`,
      after,
      limit,
    )
    const changed = rows.find((row) => row.is_known === 0)
    if (changed === undefined) return { measure: undefined, after: rows.at(-1)?.room_id }
    const { room_id: roomId, last_position: position } = changed
    const nothing = { events: 0, eventBytes: 0, snapshots: 0, stateBytes: 0 }
    return {
      measure: { roomId, position, ...nothing, eventAfter: OLDEST, snapshotAfter: OLDEST },
      after: roomId,
    }
  }

  /** Looks at up to `limit` more events or snapshots of a room; whether that was all, and then it is kept. */
  async measureMore(
    measure: RoomMeasure,
    limit: number,
    nowMs: number,
  ): Promise<{ measure: RoomMeasure; done: boolean }> {
    const { roomId, eventAfter } = measure
    if (eventAfter !== null) {
      const found = await this.#sum(
        `SELECT position AS at, OCTET_LENGTH(pdu) AS bytes FROM events
         WHERE room_id = ? AND position > ? ORDER BY position LIMIT ?`,
        roomId,
        eventAfter,
        limit,
      )
      const events = measure.events + found.count
      const eventBytes = measure.eventBytes + found.bytes
      const isEnd = found.count < limit
      return {
        measure: { ...measure, events, eventBytes, eventAfter: isEnd ? null : found.last },
        done: false,
      }
    }
    const found = await this.#sum(
      `SELECT id AS at, OCTET_LENGTH(delta) AS bytes FROM state_snapshots
       WHERE room_id = ? AND id > ? ORDER BY id LIMIT ?`,
      roomId,
      measure.snapshotAfter,
      limit,
    )
    const snapshots = measure.snapshots + found.count
    const stateBytes = measure.stateBytes + found.bytes
    const next = { ...measure, snapshots, stateBytes, snapshotAfter: found.last }
    const done = found.count < limit
    if (done) await this.#keepRoom(next, nowMs)
    return { measure: next, done }
  }

  async #sum(sql: string, roomId: string, after: number, limit: number) {
    const row = await this.#db.get<{ n: number; bytes: number | null; last: number | null }>(
      `SELECT COUNT(*) AS n, CAST(SUM(bytes) AS BIGINT) AS bytes, MAX(at) AS last FROM (${sql}) AS piece`,
      roomId,
      after,
      limit,
    )
    return { count: row!.n, bytes: row!.bytes ?? 0, last: row!.last ?? after }
  }

  /** Not of a room that has gone meanwhile. */
  async #keepRoom(measure: RoomMeasure, nowMs: number): Promise<void> {
    await this.#db.send(
      `INSERT INTO room_storage (room_id, position, events, event_bytes, snapshots, state_bytes, measured_ts)
       SELECT room_id, ?, ?, ?, ?, ?, ? FROM rooms WHERE room_id = ?
       ON CONFLICT (room_id) DO UPDATE SET position = excluded.position, events = excluded.events,
         event_bytes = excluded.event_bytes, snapshots = excluded.snapshots, state_bytes = excluded.state_bytes,
         measured_ts = excluded.measured_ts`,
      measure.position,
      measure.events,
      measure.eventBytes,
      measure.snapshots,
      measure.stateBytes,
      nowMs,
      measure.roomId,
    )
  }

  /** Measures up to `limit` accounts behind `after`; the last of them, `undefined` when there are no more. */
  async measureUsers(after: string, limit: number, nowMs: number): Promise<string | undefined> {
    const rows = await this.#db.all<{ name: string }>(
      'SELECT name FROM users WHERE name > ? ORDER BY name LIMIT ?',
      after,
      limit,
    )
    const last = rows.at(-1)?.name
    if (last === undefined) return undefined
    await this.#db.send(
      `INSERT INTO user_storage (user_id, media_files, media_bytes, devices, joined_rooms, account_data_bytes,
         backed_up_keys, measured_ts)
       SELECT u.name, COALESCE(m.files, 0), COALESCE(m.bytes, 0),
         (SELECT COUNT(*) FROM devices d WHERE d.user_id = u.name AND d.hidden = 0),
         (SELECT COUNT(*) FROM room_members r WHERE r.user_id = u.name AND r.membership = 'join'),
         COALESCE((SELECT CAST(SUM(OCTET_LENGTH(a.content)) AS BIGINT) FROM account_data a WHERE a.user_id = u.name), 0),
         COALESCE((SELECT CAST(SUM(k.session_count) AS BIGINT) FROM key_backups k
                   WHERE k.user_id = u.name AND k.deleted = 0), 0),
         ?
       FROM users u LEFT JOIN user_media_totals m ON m.user_id = u.name WHERE u.name > ? AND u.name <= ?
       ON CONFLICT (user_id) DO UPDATE SET media_files = excluded.media_files, media_bytes = excluded.media_bytes,
         devices = excluded.devices, joined_rooms = excluded.joined_rooms,
         account_data_bytes = excluded.account_data_bytes, backed_up_keys = excluded.backed_up_keys,
         measured_ts = excluded.measured_ts`,
      nowMs,
      after,
      last,
    )
    return last
  }
}
