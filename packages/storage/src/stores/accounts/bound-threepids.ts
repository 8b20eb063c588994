import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'

/** An address that an identity server tells others to be a user's. */
export interface BoundThreepid {
  medium: string
  address: string
  /** Host name, with a port if need be. */
  idServer: string
}

/** What was bound at identity servers through us. What users bind there by themselves we do not know. */
export class BoundThreepidReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async list(userId: string): Promise<BoundThreepid[]> {
    const rows = await this.db.all<{ medium: string; address: string; id_server: string }>(
      `SELECT medium, address, id_server FROM bound_threepids WHERE user_id = ?
       ORDER BY medium, address, id_server`,
      userId,
    )
    return rows.map(({ medium, address, id_server }) => ({ medium, address, idServer: id_server }))
  }
}

export class BoundThreepidWriter extends BoundThreepidReader {
  readonly #db: WriteHandle
  constructor(tx: { db: WriteHandle }) {
    super(tx.db)
    this.#db = tx.db
  }

  async add(userId: UserId, { medium, address, idServer }: BoundThreepid): Promise<void> {
    await this.#db.send(
      `INSERT INTO bound_threepids (user_id, medium, address, id_server) VALUES (?, ?, ?, ?)
       ON CONFLICT (user_id, medium, address, id_server) DO NOTHING`,
      userId,
      medium,
      address,
      idServer,
    )
  }

  async delete(userId: UserId, { medium, address, idServer }: BoundThreepid): Promise<void> {
    await this.#db.send(
      'DELETE FROM bound_threepids WHERE user_id = ? AND medium = ? AND address = ? AND id_server = ?',
      userId,
      medium,
      address,
      idServer,
    )
  }
}
