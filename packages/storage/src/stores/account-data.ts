import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle } from '../db/types.ts'
import type { Transaction } from '../transaction.ts'

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
    return row?.content
  }

  /** Everything of the user that changed in positions above `after` up to `upTo`. */
  async changes(userId: string, after: number, upTo: number): Promise<AccountDataRow[]> {
    const rows = await this.db.all<RawAccountData>(
      `SELECT ${COLUMNS} FROM account_data WHERE user_id = ? AND position > ? AND position <= ? ORDER BY position`,
      userId,
      after,
      upTo,
    )
    return rows.map(toRow)
  }

  /** All the user's data of one room, or with null that of no room. */
  async list(userId: string, roomId: string | null): Promise<AccountDataRow[]> {
    const rows = await this.db.all<RawAccountData>(
      `SELECT ${COLUMNS} FROM account_data WHERE user_id = ? AND room_id = ? ORDER BY position`,
      userId,
      roomId ?? GLOBAL,
    )
    return rows.map(toRow)
  }

  /** The user's data of one type, in every room that has some. */
  async listOfType(userId: string, type: string): Promise<AccountDataRow[]> {
    const rows = await this.db.all<RawAccountData>(
      `SELECT ${COLUMNS} FROM account_data WHERE user_id = ? AND type = ?`,
      userId,
      type,
    )
    return rows.map(toRow)
  }

  /** All the user's data, of every room and of none. */
  async listAll(userId: string): Promise<AccountDataRow[]> {
    const rows = await this.db.all<RawAccountData>(
      `SELECT ${COLUMNS} FROM account_data WHERE user_id = ? ORDER BY position`,
      userId,
    )
    return rows.map(toRow)
  }
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
    await this.#tx.db.run(
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

  /** Deletes data of no room. Nobody is told: what it was for is going. */
  async deleteTypes(userId: string, types: readonly string[]): Promise<void> {
    await this.#tx.db.run(
      'DELETE FROM account_data WHERE user_id = ? AND room_id = ? AND type = ANY(?)',
      userId,
      GLOBAL,
      types,
    )
  }

  /** Deletes all the user's data, of every room and of none. Nobody is told: the account is going. */
  async deleteAll(userId: string): Promise<void> {
    await this.#tx.db.run('DELETE FROM account_data WHERE user_id = ?', userId)
  }
}
