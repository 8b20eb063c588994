import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle } from '../../db/types.ts'
import type { Transaction } from '../../transaction.ts'

export type PresenceState = 'online' | 'unavailable' | 'offline'

export interface Presence {
  userId: UserId
  state: PresenceState
  statusMsg: string | null
  /** ms since epoch. */
  lastActiveTs: number
  currentlyActive: boolean
}

/** Presence with its place in the `presence` stream. Facts of that stream carry one in `detail`. */
export interface PresenceRow extends Presence {
  position: number
}

interface RawPresence {
  user_id: string
  state: string
  status_msg: string | null
  last_active_ts: number
  currently_active: number
  position: number
}
const COLUMNS = 'user_id, state, status_msg, last_active_ts, currently_active, position'

/** From the user's rooms to their members to what changed, as in `sessions/devices.ts`. */
const CHANGED_IN_COMPANY = `SELECT DISTINCT p.user_id
  FROM room_members own CROSS JOIN room_members other CROSS JOIN presence p
  WHERE own.user_id = ? AND own.membership = 'join'
    AND other.room_id = own.room_id AND other.membership = 'join'
    AND p.user_id = other.user_id AND p.position > ? AND p.position <= ?
  UNION SELECT user_id FROM presence WHERE user_id = ? AND position > ? AND position <= ?`

export class PresenceReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async find(userId: string): Promise<PresenceRow | undefined> {
    const row = await this.db.get<RawPresence>(`SELECT ${COLUMNS} FROM presence WHERE user_id = ?`, userId)
    return row && toPresence(row)
  }

  /** Whose presence changed above `after` up to `upTo`, in order, with the position of the last change. */
  async changedSince(
    after: number,
    upTo: number,
    limit: number,
  ): Promise<{ userId: UserId; position: number }[]> {
    const rows = await this.db.all<{ user_id: UserId; position: number }>(
      'SELECT user_id, position FROM presence WHERE position > ? AND position <= ? ORDER BY position LIMIT ?',
      after,
      upTo,
      limit,
    )
    return rows.map((row) => ({ userId: row.user_id, position: row.position }))
  }

  /** The same, in no order, of all who share a room with the user, and the user. Grows with the members of those rooms. */
  async changedInCompany(userId: string, after: number, upTo: number): Promise<UserId[]> {
    const rows = await this.db.all<{ user_id: UserId }>(
      CHANGED_IN_COMPANY,
      userId,
      after,
      upTo,
      userId,
      after,
      upTo,
    )
    return rows.map((row) => row.user_id)
  }

  /** Those of `userIds` that have a row. */
  async list(userIds: readonly string[]): Promise<PresenceRow[]> {
    if (userIds.length === 0) return []
    const rows = await this.db.all<RawPresence>(
      `SELECT ${COLUMNS} FROM presence WHERE user_id = ANY(?)`,
      userIds,
    )
    return rows.map(toPresence)
  }

  /** Everybody who is not offline. For the start of the server, when nobody is connected yet. */
  async listPresent(limit: number): Promise<PresenceRow[]> {
    const rows = await this.db.all<RawPresence>(
      `SELECT ${COLUMNS} FROM presence WHERE state != 'offline' ORDER BY user_id LIMIT ?`,
      limit,
    )
    return rows.map(toPresence)
  }
}

function toPresence(row: RawPresence): PresenceRow {
  return {
    userId: row.user_id as UserId,
    state: row.state as PresenceState,
    statusMsg: row.status_msg,
    lastActiveTs: row.last_active_ts,
    currentlyActive: row.currently_active === 1,
    position: row.position,
  }
}

export class PresenceWriter extends PresenceReader {
  readonly #tx: Pick<Transaction, 'db' | 'takePosition' | 'announce'>
  constructor(tx: Pick<Transaction, 'db' | 'takePosition' | 'announce'>) {
    super(tx.db)
    this.#tx = tx
  }

  async set(presence: Presence): Promise<void> {
    const position = await this.#tx.takePosition('presence')
    await this.#tx.db.send(
      `INSERT INTO presence (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (user_id) DO UPDATE SET state = excluded.state, status_msg = excluded.status_msg,
         last_active_ts = excluded.last_active_ts, currently_active = excluded.currently_active,
         position = excluded.position`,
      presence.userId,
      presence.state,
      presence.statusMsg,
      presence.lastActiveTs,
      presence.currentlyActive ? 1 : 0,
      position,
    )
    const detail: PresenceRow = { ...presence, position }
    this.#tx.announce({ stream: 'presence', position, key: presence.userId, detail })
  }

  /** Forgets the presence of an account that is going. */
  async delete(userId: string): Promise<void> {
    await this.#tx.db.send('DELETE FROM presence WHERE user_id = ?', userId)
  }
}
