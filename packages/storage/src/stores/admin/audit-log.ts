import type { UserId } from '@ranvier/protocol/ids/brands'
import type { AuditChange } from '../../audit/notes.ts'
import type { ReadHandle, SqlValue } from '../../db/types.ts'

/** One transaction of an administrator's action. */
export interface AuditRow {
  /** Its position in the stream `audit`. */
  id: number
  /** When the action began, ms since epoch. */
  ts: number
  actionId: string
  operation: string
  actor: UserId | null
  actingAs: UserId | null
  tokenId: number | null
  tokenName: string | null
  ip: string | null
  userAgent: string | null
  target: string | null
  changes: AuditChange[]
  /** How many changes were left out. */
  moreChanges: number
  /** Ids of the jobs that carry it on. */
  jobs: string[]
}

/** All of what is given has to be so. Times are ms since epoch; `fromTs` is inclusive, `toTs` is not. */
export interface AuditFilter {
  actor?: string | undefined
  target?: string | undefined
  operation?: string | undefined
  fromTs?: number | undefined
  toTs?: number | undefined
}

/** Where a row stands in the order of time. */
export interface AuditPlace {
  ts: number
  id: number
}

interface RawRow {
  id: number
  ts: number
  action_id: string
  operation: string
  actor: UserId | null
  acting_as: UserId | null
  token_id: number | null
  token_name: string | null
  ip: string | null
  user_agent: string | null
  target: string | null
  changes: string
  more_changes: number
  jobs: string
}

/**
 * What administrators have done. There is no writer: rows are made where transactions end (`audit/append.ts`), and none
 * is ever changed or deleted.
 */
export class AuditLogReader {
  readonly #db: ReadHandle
  constructor(db: ReadHandle) {
    this.#db = db
  }

  async find(id: number): Promise<AuditRow | undefined> {
    const row = await this.#db.get<RawRow>('SELECT * FROM audit_log WHERE id = ?', id)
    return row && toAuditRow(row)
  }

  /** Rows in the order of time, newest first (`b`) or oldest first (`f`), those behind `after`. */
  async list(
    filter: AuditFilter,
    page: { dir: 'b' | 'f'; after?: AuditPlace | undefined; limit: number },
  ): Promise<AuditRow[]> {
    const conditions: string[] = []
    const params: SqlValue[] = []
    const add = (condition: string, ...values: SqlValue[]) => {
      conditions.push(condition)
      params.push(...values)
    }
    for (const column of ['actor', 'target', 'operation'] as const)
      if (filter[column] !== undefined) add(`${column} = ?`, filter[column])
    if (filter.fromTs !== undefined) add('ts >= ?', filter.fromTs)
    if (filter.toTs !== undefined) add('ts < ?', filter.toTs)
    const isBack = page.dir === 'b'
    if (page.after !== undefined) add(`(ts, id) ${isBack ? '<' : '>'} (?, ?)`, page.after.ts, page.after.id)
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
    const order = isBack ? 'ts DESC, id DESC' : 'ts, id'
    const rows = await this.#db.all<RawRow>(
      `SELECT * FROM audit_log ${where} ORDER BY ${order} LIMIT ?`,
      ...params,
      page.limit,
    )
    return rows.map(toAuditRow)
  }

  /** Rows in the order they were committed, after the one with this id. */
  async listAfter(id: number, limit: number): Promise<AuditRow[]> {
    const rows = await this.#db.all<RawRow>(
      'SELECT * FROM audit_log WHERE id > ? ORDER BY id LIMIT ?',
      id,
      limit,
    )
    return rows.map(toAuditRow)
  }
}

function toAuditRow(row: RawRow): AuditRow {
  return {
    id: row.id,
    ts: row.ts,
    actionId: row.action_id,
    operation: row.operation,
    actor: row.actor,
    actingAs: row.acting_as,
    tokenId: row.token_id,
    tokenName: row.token_name,
    ip: row.ip,
    userAgent: row.user_agent,
    target: row.target,
    changes: JSON.parse(row.changes) as AuditChange[], // `appendAudit` wrote it
    moreChanges: row.more_changes,
    jobs: JSON.parse(row.jobs) as string[],
  }
}
