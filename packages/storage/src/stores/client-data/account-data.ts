import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle } from '../../db/types.ts'
import type { Transaction } from '../../transaction.ts'

/** One piece of a user's account data. */
export interface AccountDataRow {
  /** null for data that belongs to no room. */
  roomId: RoomId | null
  type: string
  /** JSON text of an object. */
  content: string
  /** Of its last change, in the `account_data` stream. */
  position: number
}

/** What a fact of the stream `account_data` carries in `detail`; `m.push_rules` has no content. */
export type AccountDataChange = Omit<AccountDataRow, 'position'> | { roomId: null; type: 'm.push_rules' }

interface RawAccountData {
  room_id: string
  type: string
  content: string
  position: number
}
const COLUMNS = 'room_id, type, content, position'

/** Stands for "no room" in a key column. */
const GLOBAL = ''

/**
 * What is kept of deleted data, for clients that have not heard of it. MSC3391: to clients it is the same as an empty
 * object, and an empty object is the same as nothing.
 */
export const DELETED = '{}'

/** Data that clients keep for a user, alone or per room. */
export class AccountDataReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** JSON text of the content. `roomId` null asks for the data of no room. */
  async find(userId: string, roomId: string | null, type: string): Promise<string | undefined> {
    const row = await this.db.get<{ content: string }>(
      'SELECT content FROM account_data WHERE user_id = ? AND room_id = ? AND type = ?',
      userId,
      roomId ?? GLOBAL,
      type,
    )
    return row?.content === DELETED ? undefined : row?.content
  }

  /** Everything of the user that changed in positions above `after` up to `upTo`, also by being deleted. */
  async changes(userId: string, after: number, upTo: number): Promise<AccountDataRow[]> {
    const rows = await this.db.all<RawAccountData>(
      `SELECT ${COLUMNS} FROM account_data WHERE user_id = ? AND position > ? AND position <= ? ORDER BY position`,
      userId,
      after,
      upTo,
    )
    return rows.map(toRow)
  }

  /** All the user's data of one room, or with null that of no room, what changed above `after` also by being deleted. */
  async list(userId: string, roomId: string | null, after?: number): Promise<AccountDataRow[]> {
    const rows = await this.db.all<RawAccountData>(
      `SELECT ${COLUMNS} FROM account_data WHERE user_id = ? AND room_id = ? AND position > ? ORDER BY position`,
      userId,
      roomId ?? GLOBAL,
      after ?? 0,
    )
    return after === undefined ? present(rows) : rows.map(toRow)
  }

  /** The user's data of one type, in every room that has some. */
  async listOfType(userId: string, type: string): Promise<AccountDataRow[]> {
    const rows = await this.db.all<RawAccountData>(
      `SELECT ${COLUMNS} FROM account_data WHERE user_id = ? AND type = ?`,
      userId,
      type,
    )
    return present(rows)
  }

  /** All the user's data, of every room and of none. */
  async listAll(userId: string): Promise<AccountDataRow[]> {
    const rows = await this.db.all<RawAccountData>(
      `SELECT ${COLUMNS} FROM account_data WHERE user_id = ? ORDER BY position`,
      userId,
    )
    return present(rows)
  }
}

/** The rows that have not been deleted. */
function present(rows: readonly RawAccountData[]): AccountDataRow[] {
  return rows.filter(({ content }) => content !== DELETED).map(toRow)
}

function toRow(row: RawAccountData): AccountDataRow {
  return {
    roomId: row.room_id === GLOBAL ? null : (row.room_id as RoomId), // was parsed before it was written
    type: row.type,
    content: row.content,
    position: row.position,
  }
}

export class AccountDataWriter extends AccountDataReader {
  readonly #tx: Pick<Transaction, 'db' | 'takePosition' | 'announce' | 'audit'>
  constructor(tx: Pick<Transaction, 'db' | 'takePosition' | 'announce' | 'audit'>) {
    super(tx.db)
    this.#tx = tx
  }

  /** Replaces one piece; `content` is JSON text of an object. */
  async set(userId: UserId, roomId: RoomId | null, type: string, content: string): Promise<void> {
    const position = await this.#tx.takePosition('account_data')
    await this.#tx.db.send(
      `INSERT INTO account_data (user_id, room_id, type, content, position) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (user_id, room_id, type) DO UPDATE SET content = excluded.content, position = excluded.position`,
      userId,
      roomId ?? GLOBAL,
      type,
      content,
      position,
    )
    this.#tx.audit.changed({ kind: 'account_data', id: userId, after: { room_id: roomId, type } })
    const detail: AccountDataChange = { roomId, type, content }
    this.#tx.announce({ stream: 'account_data', position, key: userId, detail })
  }

  /** Deletes one piece, if there is one; clients are told that it is empty. */
  async delete(userId: UserId, roomId: RoomId | null, type: string): Promise<void> {
    if ((await this.find(userId, roomId, type)) !== undefined) await this.set(userId, roomId, type, DELETED)
  }

  /** Deletes all the user's data, of every room and of none. Nobody is told: the account is going. */
  async deleteAll(userId: string): Promise<void> {
    await this.#tx.db.send('DELETE FROM account_data WHERE user_id = ?', userId)
  }
}
