import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle, SqlValue, WriteHandle } from '../../db/types.ts'
import type { Transaction } from '../../transaction.ts'
import { both } from '../lists/condition.ts'
import { inOrder, type ListOrder, listKeys, type Page, type Selection } from '../lists/pages.ts'
import { countListed } from '../lists/totals.ts'
import { countReports, type ReportCondition, type ReportTable, withPart, withValue } from './report-texts.ts'

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

export interface ReportPage extends Page {
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
    const conditions: ReportCondition[] = []
    const { userId, roomId, sender } = filter
    if (userId !== undefined) conditions.push(await withPart(this.db, 'event_reports', 'user_id', userId))
    if (roomId !== undefined) conditions.push(await withPart(this.db, 'event_reports', 'room_id', roomId))
    if (sender !== undefined) conditions.push(await withValue(this.db, 'event_reports', 'sender', sender))
    const { ids, total } = await this.#page('event_reports', conditions, page)
    const rows = await this.db.all<EventReportRow>(`${EVENT_REPORTS} WHERE r.id = ANY(?)`, ids)
    return { reports: inOrder(ids, rows, (row) => row.id).map(toEventReport), total }
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
    const conditions: ReportCondition[] = []
    const { userId, targetUserId: target } = filter
    if (userId !== undefined) conditions.push(await withPart(this.db, 'user_reports', 'user_id', userId))
    if (target !== undefined)
      conditions.push(await withPart(this.db, 'user_reports', 'target_user_id', target))
    const { ids, total } = await this.#page('user_reports', conditions, page)
    const rows = await this.db.all<UserReportRow>('SELECT * FROM user_reports WHERE id = ANY(?)', ids)
    return { reports: inOrder(ids, rows, (row) => row.id).map(toUserReport), total }
  }

  async #page(
    table: ReportTable,
    conditions: readonly ReportCondition[],
    page: ReportPage,
  ): Promise<{ ids: number[]; total: number }> {
    const selection = await this.#select(table, conditions)
    const ids = await listKeys<number>(this.db, { table, key: 'id' }, orderOf(page), selection, page)
    return { ids, total: selection.found }
  }

  /** The total is known but of several conditions: then the reports of the rarest one are looked at. */
  async #select(table: ReportTable, conditions: readonly ReportCondition[]): Promise<Selection> {
    const total = await countListed(this.db, table)
    const [rarest, ...others] = conditions
      .filter(({ entries }) => entries < total)
      .toSorted((a, b) => a.entries - b.entries)
    if (rarest === undefined) return { found: total, total }
    const { entries } = rarest
    if (others.length === 0 && rarest.isOne) return { found: entries, total: entries, check: rarest.find }
    const rest = others.map(({ check }) => check)
    const find = rest.reduce(both, rarest.find)
    const check = rest.reduce(both, rarest.check)
    const found =
      rest.length === 0 || entries === 0
        ? entries
        : (await this.db.get<{ n: number }>(
            `SELECT COUNT(*) AS n FROM ${table} WHERE ${find.sql}`,
            ...find.params,
          ))!.n
    return { found, total, find, check, sortCost: SORT_COST }
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
    await this.#db.send(
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
    const { roomId: room_id, userId: user_id, sender } = report
    await countReports(this.#db, 'event_reports', [{ user_id, room_id, sender }], 1)
    return id
  }

  async addRoomReport(report: {
    receivedTs: number
    roomId: string
    userId: string
    reason: string
  }): Promise<void> {
    await this.#db.send(
      'INSERT INTO room_reports (id, received_ts, room_id, user_id, reason) VALUES (?, ?, ?, ?, ?)',
      await this.#tx.takePosition('reports'),
      report.receivedTs,
      report.roomId,
      report.userId,
      report.reason,
    )
  }

  async addUserReport(report: Omit<UserReport, 'id'>): Promise<void> {
    await this.#db.send(
      'INSERT INTO user_reports (id, received_ts, target_user_id, user_id, reason) VALUES (?, ?, ?, ?, ?)',
      await this.#tx.takePosition('reports'),
      report.receivedTs,
      report.targetUserId,
      report.userId,
      report.reason,
    )
    const { targetUserId: target_user_id, userId: user_id } = report
    await countReports(this.#db, 'user_reports', [{ user_id, target_user_id }], 1)
  }

  /** False if there is no such report. */
  async deleteEventReport(id: number): Promise<boolean> {
    const before = this.#tx.audit.isRecording ? await this.findEventReport(id) : undefined
    if (before !== undefined) {
      const { roomId, eventId, userId, reason } = before
      const fields = { room_id: roomId, event_id: eventId, user_id: userId, reason }
      this.#tx.audit.changed({ kind: 'event_report', id: String(id), before: fields })
    }
    return this.#delete('event_reports', id)
  }

  /** False if there is no such report. */
  async deleteUserReport(id: number): Promise<boolean> {
    const before = this.#tx.audit.isRecording ? await this.findUserReport(id) : undefined
    if (before !== undefined) {
      const { targetUserId, userId, reason } = before
      const fields = { target_user_id: targetUserId, user_id: userId, reason }
      this.#tx.audit.changed({ kind: 'user_report', id: String(id), before: fields })
    }
    return this.#delete('user_reports', id)
  }

  async #delete(table: ReportTable, id: number): Promise<boolean> {
    const deleted = await this.#db.all<Record<string, SqlValue>>(
      `DELETE FROM ${table} WHERE id = ? RETURNING *`,
      id,
    )
    await countReports(this.#db, table, deleted, -1)
    return deleted.length === 1
  }
}

/** Whether a report is met or found, its row is looked at. */
const SORT_COST = 1

function orderOf({ dir }: ReportPage): ListOrder {
  const isDescending = dir === 'b'
  return { column: 'received_ts', isDescending, isNullable: false, isKeyDescending: isDescending }
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
