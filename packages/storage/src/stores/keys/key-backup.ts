import type { ReadHandle, WriteHandle } from '../../db/types.ts'
import type { Transaction } from '../../transaction.ts'

/** One version of a user's backup of room keys. */
export interface KeyBackup {
  version: number
  algorithm: string
  /** JSON text of an object. */
  authData: string
  /** Grows with each change of what the backup holds. */
  etag: number
  sessionCount: number
}

interface RawBackup {
  version: number
  algorithm: string
  auth_data: string
  etag: number
  session_count: number
}
const BACKUP_COLUMNS = 'version, algorithm, auth_data, etag, session_count'

/** Backups of room keys, encrypted by clients. */
export class KeyBackupReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** The newest version that is not deleted. */
  async newest(userId: string): Promise<KeyBackup | undefined> {
    const row = await this.db.get<RawBackup>(
      `SELECT ${BACKUP_COLUMNS} FROM key_backups WHERE user_id = ? AND deleted = 0 ORDER BY version DESC LIMIT 1`,
      userId,
    )
    return row && toBackup(row)
  }

  /** `undefined` also for a deleted version. */
  async find(userId: string, version: number): Promise<KeyBackup | undefined> {
    const row = await this.db.get<RawBackup>(
      `SELECT ${BACKUP_COLUMNS} FROM key_backups WHERE user_id = ? AND version = ? AND deleted = 0`,
      userId,
      version,
    )
    return row && toBackup(row)
  }

  /** Whether the version exists or has existed. */
  async isKnown(userId: string, version: number): Promise<boolean> {
    const row = await this.db.get(
      'SELECT version FROM key_backups WHERE user_id = ? AND version = ?',
      userId,
      version,
    )
    return row !== undefined
  }
}

export class KeyBackupWriter extends KeyBackupReader {
  readonly #db: WriteHandle
  constructor(tx: Pick<Transaction, 'db'>) {
    super(tx.db)
    this.#db = tx.db
  }

  /** Begins a new version; its number, which is above all the user has had. */
  async create(userId: string, algorithm: string, authData: string): Promise<number> {
    const row = await this.#db.get<{ version: number }>(
      `INSERT INTO key_backups (user_id, version, algorithm, auth_data)
       SELECT ?, COALESCE(MAX(version), 0) + 1, ?, ? FROM key_backups WHERE user_id = ? RETURNING version`,
      userId,
      algorithm,
      authData,
      userId,
    )
    return row!.version
  }

  async setAuthData(userId: string, version: number, authData: string): Promise<void> {
    await this.#db.send(
      'UPDATE key_backups SET auth_data = ? WHERE user_id = ? AND version = ?',
      authData,
      userId,
      version,
    )
  }

  /**
   * The version as it is, locked: whoever else wants to change what it holds waits until this transaction has ended.
   * `undefined` also for a deleted version.
   */
  async lock(userId: string, version: number): Promise<KeyBackup | undefined> {
    const row = await this.#db.get<RawBackup>(
      `UPDATE key_backups SET etag = etag WHERE user_id = ? AND version = ? AND deleted = 0
       RETURNING ${BACKUP_COLUMNS}`,
      userId,
      version,
    )
    return row && toBackup(row)
  }

  /** Takes a version out of sight; its sessions are still there. False if there is no such version. */
  async markDeleted(userId: string, version: number): Promise<boolean> {
    const changed = await this.#db.run(
      "UPDATE key_backups SET deleted = 1, auth_data = '{}' WHERE user_id = ? AND version = ? AND deleted = 0",
      userId,
      version,
    )
    return changed === 1
  }

  /** Takes all the user's versions out of sight; which they were. */
  async markAllDeleted(userId: string): Promise<number[]> {
    const rows = await this.#db.all<{ version: number }>(
      "UPDATE key_backups SET deleted = 1, auth_data = '{}' WHERE user_id = ? AND deleted = 0 RETURNING version",
      userId,
    )
    return rows.map((row) => row.version)
  }

  /** Notes that what the version holds has changed, by so many sessions more or less. Only after {@link lock}. */
  async recordChange(userId: string, version: number, addedSessions: number): Promise<KeyBackup> {
    const row = await this.#db.get<RawBackup>(
      `UPDATE key_backups SET etag = etag + 1, session_count = session_count + ? WHERE user_id = ? AND version = ?
       RETURNING ${BACKUP_COLUMNS}`,
      addedSessions,
      userId,
      version,
    )
    return toBackup(row!)
  }
}

function toBackup(row: RawBackup): KeyBackup {
  return {
    version: row.version,
    algorithm: row.algorithm,
    authData: row.auth_data,
    etag: row.etag,
    sessionCount: row.session_count,
  }
}
