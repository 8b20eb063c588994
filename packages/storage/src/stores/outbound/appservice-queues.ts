import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'

/** How far an application service has been told what happened. */
export interface AppserviceQueue {
  /** Every event up to here has been taken by it, or does not concern it. */
  position: number
  /** The same of the stream `device_lists`; null: it has never been told of those. */
  deviceLists: number | null
  /** The transaction on its way, or the last one taken. */
  txnId: number
  /** The body on its way and what it reaches; null when there is none. It stays the same until it is taken. */
  pending: {
    body: string
    position: number
    deviceLists: number | null
    toDevice: readonly DeviceReach[]
  } | null
}

/** The messages of a device up to a position. */
export interface DeviceReach {
  userId: UserId
  deviceId: string
  position: number
}

interface RawQueue {
  position: number
  device_lists: number | null
  txn_id: number
  pending: string | null
  pending_position: number | null
  pending_device_lists: number | null
  pending_to_device: string | null
}

export class AppserviceQueueReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async find(appserviceId: string): Promise<AppserviceQueue | undefined> {
    const row = await this.db.get<RawQueue>(
      'SELECT * FROM appservice_queues WHERE appservice_id = ?',
      appserviceId,
    )
    return row && toQueue(row)
  }

  /** The devices of its users for which messages wait. */
  async waitingDevices(appserviceId: string): Promise<{ userId: UserId; deviceId: string }[]> {
    const rows = await this.db.all<{ user_id: UserId; device_id: string }>(
      `SELECT DISTINCT t.user_id, t.device_id FROM users u JOIN to_device t ON t.user_id = u.name
       WHERE u.appservice_id = ?`,
      appserviceId,
    )
    return rows.map((row) => ({ userId: row.user_id, deviceId: row.device_id }))
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

  async put(appserviceId: string, { position, deviceLists, txnId, pending }: AppserviceQueue): Promise<void> {
    await this.#db.send(
      `INSERT INTO appservice_queues (appservice_id, position, device_lists, txn_id, pending, pending_position,
         pending_device_lists, pending_to_device)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (appservice_id) DO UPDATE SET position = excluded.position, device_lists = excluded.device_lists,
         txn_id = excluded.txn_id, pending = excluded.pending, pending_position = excluded.pending_position,
         pending_device_lists = excluded.pending_device_lists, pending_to_device = excluded.pending_to_device`,
      appserviceId,
      position,
      deviceLists,
      txnId,
      pending?.body ?? null,
      pending?.position ?? null,
      pending?.deviceLists ?? null,
      pending === null || pending.toDevice.length === 0 ? null : JSON.stringify(pending.toDevice),
    )
  }
}

function toQueue(row: RawQueue): AppserviceQueue {
  const { pending: body, pending_position: reached, pending_to_device: toDevice } = row
  return {
    position: row.position,
    deviceLists: row.device_lists,
    txnId: row.txn_id,
    // The two go together.
    pending:
      body === null || reached === null
        ? null
        : {
            body,
            position: reached,
            deviceLists: row.pending_device_lists,
            toDevice: toDevice === null ? [] : (JSON.parse(toDevice) as DeviceReach[]), // written by `put`
          },
  }
}
