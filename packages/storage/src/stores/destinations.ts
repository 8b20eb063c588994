import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { AuditNotes } from '../audit/notes.ts'
import type { ReadHandle, WriteHandle } from '../db/types.ts'

/** Another server, and how it goes with sending to it. Times in ms since epoch. */
export interface Destination {
  destination: string
  /** When sending was last tried after a failure; 0: it goes well. */
  retryLastTs: number
  /** How long to wait before the next try, ms; 0: it goes well. */
  retryIntervalMs: number
  /** Since when it fails. */
  failureTs: number | null
  /** Position in the `events` stream up to which it has everything. */
  lastSuccessfulPosition: number | null
}

export const DESTINATION_ORDERS = [
  'destination',
  'retry_last_ts',
  'retry_interval',
  'failure_ts',
  'last_successful_stream_ordering',
] as const

export interface DestinationPage {
  /** Part of the name, in any letter case. */
  name: string | undefined
  orderBy: (typeof DESTINATION_ORDERS)[number]
  /** Direction of `orderBy`; destinations that are equal in it always go by ascending name. */
  dir: 'f' | 'b'
  from: number
  limit: number
}

interface DestinationRow {
  destination: string
  retry_last_ts: number
  retry_interval: number
  failure_ts: number | null
  last_successful_stream_ordering: number | null
}

/** The servers this one sends to. */
export class DestinationReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async find(destination: string): Promise<Destination | undefined> {
    const sql = 'SELECT * FROM destinations WHERE destination = ?'
    const row = await this.db.get<DestinationRow>(sql, destination)
    return row && toDestination(row)
  }

  async list(page: DestinationPage): Promise<{ destinations: Destination[]; total: number }> {
    const where = page.name === undefined ? '' : `WHERE LOWER(destination) LIKE ? ESCAPE '\\'`
    const params = page.name === undefined ? [] : [`%${page.name.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`]
    const count = await this.db.get<{ n: number }>(
      `SELECT COUNT(*) AS n FROM destinations ${where}`,
      ...params,
    )
    const rows = await this.db.all<DestinationRow>(
      `SELECT * FROM destinations ${where} ORDER BY ${orderOf(page)} LIMIT ? OFFSET ?`,
      ...params,
      page.limit,
      page.from,
    )
    return { destinations: rows.map(toDestination), total: count?.n ?? 0 }
  }

  /** The rooms shared with the destination, by id, with the position of the last event it was to get in each. */
  async roomsOf(
    destination: string,
    { dir, from, limit }: Pick<DestinationPage, 'dir' | 'from' | 'limit'>,
  ): Promise<{ rooms: { roomId: RoomId; position: number }[]; total: number }> {
    const count = await this.db.get<{ n: number }>(
      'SELECT COUNT(*) AS n FROM destination_rooms WHERE destination = ?',
      destination,
    )
    const rows = await this.db.all<{ room_id: RoomId; stream_ordering: number }>(
      `SELECT room_id, stream_ordering FROM destination_rooms WHERE destination = ?
       ORDER BY room_id ${dir === 'f' ? 'ASC' : 'DESC'} LIMIT ? OFFSET ?`,
      destination,
      limit,
      from,
    )
    return {
      rooms: rows.map((row) => ({ roomId: row.room_id, position: row.stream_ordering })),
      total: count?.n ?? 0,
    }
  }
}

export class DestinationWriter extends DestinationReader {
  readonly #db: WriteHandle
  readonly #audit: AuditNotes
  constructor(tx: { db: WriteHandle; audit: AuditNotes }) {
    super(tx.db)
    this.#db = tx.db
    this.#audit = tx.audit
  }

  /** Keeps what is known about a destination, whether it was known before or not. */
  async put(each: Destination): Promise<void> {
    await this.#db.run(
      `INSERT INTO destinations (destination, retry_last_ts, retry_interval, failure_ts, last_successful_stream_ordering)
       VALUES (?, ?, ?, ?, ?) ON CONFLICT (destination) DO UPDATE SET retry_last_ts = excluded.retry_last_ts,
         retry_interval = excluded.retry_interval, failure_ts = excluded.failure_ts,
         last_successful_stream_ordering = excluded.last_successful_stream_ordering`,
      each.destination,
      each.retryLastTs,
      each.retryIntervalMs,
      each.failureTs,
      each.lastSuccessfulPosition,
    )
  }

  /** Notes the last event of a room that the destination is to get. */
  async putRoom(destination: string, roomId: string, position: number): Promise<void> {
    await this.#db.run(
      `INSERT INTO destination_rooms (destination, room_id, stream_ordering) VALUES (?, ?, ?)
       ON CONFLICT (destination, room_id) DO UPDATE SET stream_ordering = excluded.stream_ordering`,
      destination,
      roomId,
      position,
    )
  }

  /** Forgets failures, so that the next try is made at once. False if there is nothing to forget. */
  async resetRetry(destination: string): Promise<boolean> {
    const sql = `UPDATE destinations SET retry_last_ts = 0, retry_interval = 0, failure_ts = NULL
      WHERE destination = ? AND (retry_last_ts != 0 OR retry_interval != 0 OR failure_ts IS NOT NULL)`
    const before = this.#audit.isRecording ? await this.find(destination) : undefined
    if (before !== undefined)
      this.#audit.updated(
        'destination',
        destination,
        { retry_interval: before.retryIntervalMs, failure_ts: before.failureTs },
        { retry_interval: 0, failure_ts: null },
      )
    return (await this.#db.run(sql, destination)) === 1
  }
}

function orderOf({ orderBy, dir }: DestinationPage): string {
  if (orderBy === 'destination') return dir === 'f' ? 'destination' : 'destination DESC'
  return dir === 'f' ? `${orderBy} ASC NULLS FIRST, destination` : `${orderBy} DESC NULLS LAST, destination`
}

function toDestination(row: DestinationRow): Destination {
  return {
    destination: row.destination,
    retryLastTs: row.retry_last_ts,
    retryIntervalMs: row.retry_interval,
    failureTs: row.failure_ts,
    lastSuccessfulPosition: row.last_successful_stream_ordering,
  }
}
