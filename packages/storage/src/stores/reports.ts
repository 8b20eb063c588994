import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle, SqlValue, WriteHandle } from '../db/types.ts'
import type { Transaction } from '../transaction.ts'
import { addListed, countListed } from './list-totals.ts'

/** What somebody has reported about an event, with the room's names of today. */
export interface EventReport {
  id: number
  receivedTs: number
  roomId: RoomId
  eventId: EventId
  /** Who reports. */
  userId: UserId
  /** Of the event. */
  sender: UserId
  reason: string | null
  score: number | null
  roomName: string | null
  canonicalAlias: string | null
}

export interface UserReport {
  id: number
  receivedTs: number
  targetUserId: UserId
  /** Who reports. */
  userId: UserId
  reason: string
}

export interface EventReportFilter {
  /** Part of who reports, in any letter case. */
  userId?: string | undefined
  /** Part of the room's id, in any letter case. */
  roomId?: string | undefined
  /** The sender of the event. */
  sender?: string | undefined
}

export interface ReportPage {
  from: number
  limit: number
  /** `b`: newest first. */
  dir: 'f' | 'b'
}

interface EventReportRow {
  id: number
  received_ts: number
  room_id: RoomId
  event_id: EventId
  user_id: UserId
  sender: UserId
  reason: string | null
  score: number | null
  name: string | null
  canonical_alias: string | null
}

interface UserReportRow {
  id: number
  received_ts: number
  target_user_id: UserId
  user_id: UserId
  reason: string
}

const EVENT_REPORTS = `SELECT r.id, r.received_ts, r.room_id, r.event_id, r.user_id, r.sender, r.reason, r.score,
  room.name, room.canonical_alias FROM event_reports r LEFT JOIN rooms room ON room.room_id = r.room_id`

/** What users have complained about. Reports about events go with their room. */
export class ReportReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async findEventReport(id: number): Promise<EventReport | undefined> {
    const row = await this.db.get<EventReportRow>(`${EVENT_REPORTS} WHERE r.id = ?`, id)
    return row && toEventReport(row)
  }

  async listEventReports(
    filter: EventReportFilter,
    page: ReportPage,
  ): Promise<{ reports: EventReport[]; total: number }> {
    const where = new Conditions()
    where.contains('r.user_id', filter.userId)
    where.contains('r.room_id', filter.roomId)
    where.equals('r.sender', filter.sender)
    const { ids, total } = await this.#page('event_reports', where, page)
    const rows = await this.db.all<EventReportRow>(`${EVENT_REPORTS} WHERE r.id = ANY(?)`, ids)
    return { reports: inOrder(ids, rows).map(toEventReport), total }
  }

  async findUserReport(id: number): Promise<UserReport | undefined> {
    const row = await this.db.get<UserReportRow>('SELECT * FROM user_reports WHERE id = ?', id)
    return row && toUserReport(row)
  }

  /** Both filters are parts of user ids, in any letter case. */
  async listUserReports(
    filter: { userId?: string | undefined; targetUserId?: string | undefined },
    page: ReportPage,
  ): Promise<{ reports: UserReport[]; total: number }> {
    const where = new Conditions()
    where.contains('r.user_id', filter.userId)
    where.contains('r.target_user_id', filter.targetUserId)
    const { ids, total } = await this.#page('user_reports', where, page)
    const rows = await this.db.all<UserReportRow>('SELECT * FROM user_reports WHERE id = ANY(?)', ids)
    return { reports: inOrder(ids, rows).map(toUserReport), total }
  }

  /** Without a filter the total is kept, and the reports that are skipped are passed in the index alone. */
  async #page(
    table: 'event_reports' | 'user_reports',
    where: Conditions,
    page: ReportPage,
  ): Promise<{ ids: number[]; total: number }> {
    const rows = await this.db.all<{ id: number }>(
      `SELECT r.id FROM ${table} r ${where.sql()} ${orderOf(page)}`,
      ...where.params,
      page.limit,
      page.from,
    )
    const ids = rows.map(({ id }) => id)
    if (where.params.length === 0) return { ids, total: await countListed(this.db, table) }
    const sql = `SELECT COUNT(*) AS n FROM ${table} r ${where.sql()}`
    return { ids, total: (await this.db.get<{ n: number }>(sql, ...where.params))!.n }
  }
}

export class ReportWriter extends ReportReader {
  readonly #db: WriteHandle
  readonly #tx: Pick<Transaction, 'takePosition' | 'announce' | 'audit'>
  constructor(tx: Pick<Transaction, 'db' | 'takePosition' | 'announce' | 'audit'>) {
    super(tx.db)
    this.#db = tx.db
    this.#tx = tx
  }

  /** The report's id: no other report has had it. */
  async addEventReport(report: Omit<EventReport, 'id' | 'roomName' | 'canonicalAlias'>): Promise<number> {
    const id = await this.#tx.takePosition('reports')
    await this.#db.run(
      `INSERT INTO event_reports (id, received_ts, room_id, event_id, user_id, sender, reason, score)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      report.receivedTs,
      report.roomId,
      report.eventId,
      report.userId,
      report.sender,
      report.reason,
      report.score,
    )
    await addListed(this.#db, 'event_reports', 1)
    return id
  }

  async addRoomReport(report: {
    receivedTs: number
    roomId: string
    userId: string
    reason: string
  }): Promise<void> {
    await this.#db.run(
      'INSERT INTO room_reports (id, received_ts, room_id, user_id, reason) VALUES (?, ?, ?, ?, ?)',
      await this.#tx.takePosition('reports'),
      report.receivedTs,
      report.roomId,
      report.userId,
      report.reason,
    )
  }

  async addUserReport(report: Omit<UserReport, 'id'>): Promise<void> {
    await this.#db.run(
      'INSERT INTO user_reports (id, received_ts, target_user_id, user_id, reason) VALUES (?, ?, ?, ?, ?)',
      await this.#tx.takePosition('reports'),
      report.receivedTs,
      report.targetUserId,
      report.userId,
      report.reason,
    )
    await addListed(this.#db, 'user_reports', 1)
  }

  /** False if there is no such report. */
  async deleteEventReport(id: number): Promise<boolean> {
    const before = this.#tx.audit.isRecording ? await this.findEventReport(id) : undefined
    if (before !== undefined) {
      const { roomId, eventId, userId, reason } = before
      const fields = { room_id: roomId, event_id: eventId, user_id: userId, reason }
      this.#tx.audit.changed({ kind: 'event_report', id: String(id), before: fields })
    }
    const deleted = await this.#db.run('DELETE FROM event_reports WHERE id = ?', id)
    await addListed(this.#db, 'event_reports', -deleted)
    return deleted === 1
  }

  /** False if there is no such report. */
  async deleteUserReport(id: number): Promise<boolean> {
    const before = this.#tx.audit.isRecording ? await this.findUserReport(id) : undefined
    if (before !== undefined) {
      const { targetUserId, userId, reason } = before
      const fields = { target_user_id: targetUserId, user_id: userId, reason }
      this.#tx.audit.changed({ kind: 'user_report', id: String(id), before: fields })
    }
    const deleted = await this.#db.run('DELETE FROM user_reports WHERE id = ?', id)
    await addListed(this.#db, 'user_reports', -deleted)
    return deleted === 1
  }
}

/** The conditions of a statement, and what they bind. */
class Conditions {
  readonly params: SqlValue[] = []
  readonly #conditions: string[] = []

  contains(column: string, part: string | undefined): void {
    if (part === undefined) return
    this.#conditions.push(`LOWER(${column}) LIKE ? ESCAPE '\\'`)
    this.params.push(`%${part.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`)
  }

  equals(column: string, value: string | undefined): void {
    if (value === undefined) return
    this.#conditions.push(`${column} = ?`)
    this.params.push(value)
  }

  sql(): string {
    return this.#conditions.length === 0 ? '' : `WHERE ${this.#conditions.join(' AND ')}`
  }
}

function inOrder<Row extends { id: number }>(ids: readonly number[], rows: readonly Row[]): Row[] {
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

function orderOf({ dir }: ReportPage): string {
  return dir === 'b'
    ? 'ORDER BY r.received_ts DESC, r.id DESC LIMIT ? OFFSET ?'
    : 'ORDER BY r.received_ts, r.id LIMIT ? OFFSET ?'
}

function toEventReport(row: EventReportRow): EventReport {
  return {
    id: row.id,
    receivedTs: row.received_ts,
    roomId: row.room_id,
    eventId: row.event_id,
    userId: row.user_id,
    sender: row.sender,
    reason: row.reason,
    score: row.score,
    roomName: row.name,
    canonicalAlias: row.canonical_alias,
  }
}

function toUserReport(row: UserReportRow): UserReport {
  return {
    id: row.id,
    receivedTs: row.received_ts,
    targetUserId: row.target_user_id,
    userId: row.user_id,
    reason: row.reason,
  }
}
