import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { AuditNotes } from '../../audit/notes.ts'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'
import { contains } from '../lists/condition.ts'
import { inOrder, type ListOrder, listKeys, type Page, type Selection } from '../lists/pages.ts'
import { partOf } from '../lists/search-text.ts'
import { countTexts, hasPart, putText, textOf } from '../lists/texts.ts'
import { addListed, countListed } from '../lists/totals.ts'

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

export interface DestinationPage extends Page {
  /** Part of the name, in any letter case. */
  name: string | undefined
  orderBy: (typeof DESTINATION_ORDERS)[number]
  /** Direction of `orderBy`; destinations that are equal in it always go by ascending name. */
  dir: 'f' | 'b'
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
    const selection = await this.#select(page.name)
    const names = await listKeys<string>(this.db, DESTINATIONS, orderOf(page), selection, page)
    const rows = await this.db.all<DestinationRow>(
      'SELECT * FROM destinations WHERE destination = ANY(?)',
      names,
    )
    const destinations = inOrder(names, rows, (row) => row.destination).map(toDestination)
    return { destinations, total: selection.found }
  }

  async #select(name: string | undefined): Promise<Selection> {
    const total = await countListed(this.db, 'destinations')
    if (name === undefined) return { found: total, total }
    const part = partOf(name)
    const { sql, params } = hasPart(this.db.dialect, 'destination', part)
    const find = { sql: `destination IN (SELECT key FROM destination_texts WHERE ${sql})`, params }
    // One value each: no planner makes a join of it, for which it would read all texts.
    const check = contains(
      '(SELECT t.text FROM destination_texts t WHERE t.key = destinations.destination)',
      part,
    )
    return { found: await countTexts(this.db, 'destination', part), total, find, check, sortCost: 2 }
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
    const values = [
      each.retryLastTs,
      each.retryIntervalMs,
      each.failureTs,
      each.lastSuccessfulPosition,
      each.destination,
    ]
    const changed = await this.#db.run(
      `UPDATE destinations SET retry_last_ts = ?, retry_interval = ?, failure_ts = ?, last_successful_stream_ordering = ?
       WHERE destination = ?`,
      ...values,
    )
    if (changed === 1) return
    await this.#db.send(
      `INSERT INTO destinations (retry_last_ts, retry_interval, failure_ts, last_successful_stream_ordering, destination)
       VALUES (?, ?, ?, ?, ?)`,
      ...values,
    )
    await addListed(this.#db, 'destinations', 1)
    await putText(this.#db, 'destination', each.destination, { kind: 0, text: textOf(each.destination) })
  }

  /** Notes the last event of a room that the destination is to get. */
  async putRoom(destination: string, roomId: string, position: number): Promise<void> {
    await this.#db.send(
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

const DESTINATIONS = { table: 'destinations', key: 'destination' }
const NULLABLE = new Set<string>(['failure_ts', 'last_successful_stream_ordering'])

function orderOf({ orderBy, dir }: DestinationPage): ListOrder {
  return {
    column: orderBy,
    isDescending: dir === 'b',
    isNullable: NULLABLE.has(orderBy),
    isKeyDescending: false,
  }
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
