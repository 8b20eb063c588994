import type { ReadHandle, WriteHandle } from '../db/types.ts'

/** How far an application service has been told what happened. */
export interface AppserviceQueue {
  /** Every event up to here has been taken by it, or does not concern it. */
  position: number
  /** The transaction on its way, or the last one taken. */
  txnId: number
  /** The body on its way and the position it reaches; null when there is none. It stays the same until it is taken. */
  pending: { body: string; position: number } | null
}

export class AppserviceQueueReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async find(appserviceId: string): Promise<AppserviceQueue | undefined> {
    const row = await this.db.get<{
      position: number
      txn_id: number
      pending: string | null
      pending_position: number | null
    }>('SELECT * FROM appservice_queues WHERE appservice_id = ?', appserviceId)
    if (row === undefined) return undefined
    const { position, txn_id: txnId, pending, pending_position: pendingPosition } = row
    const isPending = pending !== null && pendingPosition !== null // the two go together
    return { position, txnId, pending: isPending ? { body: pending, position: pendingPosition } : null }
  }

  /** Accepted events of all rooms above `after`, oldest first, by number. */
  async eventsAfter(after: number, { upTo, limit }: { upTo: number; limit: number }): Promise<number[]> {
    const rows = await this.db.all<{ nid: number }>(
      `SELECT nid FROM events WHERE nid > ? AND nid <= ? AND position IS NOT NULL AND status = 0
       ORDER BY nid LIMIT ?`,
      after,
      upTo,
      limit,
    )
    return rows.map(({ nid }) => nid)
  }
}

export class AppserviceQueueWriter extends AppserviceQueueReader {
  readonly #db: WriteHandle
  constructor(tx: { db: WriteHandle }) {
    super(tx.db)
    this.#db = tx.db
  }

  async put(appserviceId: string, { position, txnId, pending }: AppserviceQueue): Promise<void> {
    await this.#db.run(
      `INSERT INTO appservice_queues (appservice_id, position, txn_id, pending, pending_position)
       VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (appservice_id) DO UPDATE SET position = excluded.position, txn_id = excluded.txn_id,
         pending = excluded.pending, pending_position = excluded.pending_position`,
      appserviceId,
      position,
      txnId,
      pending?.body ?? null,
      pending?.position ?? null,
    )
  }
}
