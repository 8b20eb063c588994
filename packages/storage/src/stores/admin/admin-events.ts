import type { ReadHandle } from '../../db/types.ts'

export interface NewAccountRow {
  /** Its position in the stream `accounts`. */
  id: number
  name: string
  creation_ts: number
  is_guest: number
  appservice_id: string | null
}

export interface NewReportRow {
  /** Its position in the stream `reports`. */
  id: number
  kind: 'event' | 'room' | 'user'
  received_ts: number
  user_id: string
  room_id: string | null
  event_id: string | null
  target_user_id: string | null
  reason: string | null
}

const REPORTS = `SELECT id, 'event' AS kind, received_ts, user_id, room_id, event_id, sender AS target_user_id, reason
    FROM event_reports WHERE id > ?
  UNION ALL SELECT id, 'room', received_ts, user_id, room_id, NULL, NULL, reason FROM room_reports WHERE id > ?
  UNION ALL SELECT id, 'user', received_ts, user_id, NULL, NULL, target_user_id, reason FROM user_reports WHERE id > ?
  ORDER BY id LIMIT ?`

/** What administrators are told as it happens, found again by positions of streams. */
export class AdminEventReader {
  readonly #db: ReadHandle
  constructor(db: ReadHandle) {
    this.#db = db
  }

  accountsAfter(position: number, limit: number): Promise<NewAccountRow[]> {
    return this.#db.all<NewAccountRow>(
      `SELECT id, name, creation_ts, is_guest, appservice_id FROM users WHERE id > ? ORDER BY id LIMIT ?`,
      position,
      limit,
    )
  }

  /** Those that were dismissed meanwhile are not among them. */
  reportsAfter(position: number, limit: number): Promise<NewReportRow[]> {
    return this.#db.all<NewReportRow>(REPORTS, position, position, position, limit)
  }

  /** Until when the session of this access token goes on, ms since epoch; `null`: for ever. `undefined`: it has ended. */
  async session(tokenId: number): Promise<{ expiresTs: number | null } | undefined> {
    const sql = 'SELECT valid_until_ms FROM access_tokens WHERE id = ?'
    const row = await this.#db.get<{ valid_until_ms: number | null }>(sql, tokenId)
    return row && { expiresTs: row.valid_until_ms }
  }
}
