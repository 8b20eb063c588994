import type { UserId } from '@ranvier/protocol/ids/brands'
import { bulkInsert } from '../../db/bulk.ts'
import type { ReadHandle } from '../../db/types.ts'
import type { Transaction } from '../../transaction.ts'

/** A message for one device. */
export interface ToDeviceMessage {
  userId: UserId
  deviceId: string
  /** JSON text of `{content, sender, type}`, as `/sync` shows it. */
  message: string
}

/** What a fact of the stream `to_device` carries in `detail`; its key is the user. */
export interface ToDeviceChange {
  deviceIds: string[]
}

/** Messages that wait until their device has acknowledged them. */
export class ToDeviceReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** Waiting messages in positions above `after` up to `upTo`, oldest first. */
  async list(
    userId: string,
    deviceId: string,
    range: { after: number; upTo: number; limit: number },
  ): Promise<{ position: number; message: string }[]> {
    const rows = await this.db.all<{ position: number; message: string }>(
      `SELECT position, message FROM to_device WHERE user_id = ? AND device_id = ? AND position > ? AND position <= ?
       ORDER BY position LIMIT ?`,
      userId,
      deviceId,
      range.after,
      range.upTo,
      range.limit,
    )
    return rows.map((row) => ({ position: row.position, message: row.message }))
  }

  /** The user's devices for which something waits, with the newest position of each. */
  async waiting(userId: string): Promise<{ deviceId: string; position: number }[]> {
    const rows = await this.db.all<{ device_id: string; position: number }>(
      'SELECT device_id, MAX(position) AS position FROM to_device WHERE user_id = ? GROUP BY device_id',
      userId,
    )
    return rows.map((row) => ({ deviceId: row.device_id, position: row.position }))
  }
}

const INSERT = {
  table: 'to_device',
  columns: { user_id: 'text', device_id: 'text', position: 'bigint', message: 'text' },
} as const

export class ToDeviceWriter extends ToDeviceReader {
  readonly #tx: Pick<Transaction, 'db' | 'takePosition' | 'announce'>
  constructor(tx: Pick<Transaction, 'db' | 'takePosition' | 'announce'>) {
    super(tx.db)
    this.#tx = tx
  }

  /** Adds messages; those of one device keep their order. */
  async add(messages: readonly ToDeviceMessage[]): Promise<void> {
    if (messages.length === 0) return
    const last = await this.#tx.takePosition('to_device', messages.length)
    const first = last - messages.length + 1
    await bulkInsert(
      this.#tx.db,
      INSERT,
      messages.map(({ userId, deviceId, message }, i) => [userId, deviceId, first + i, message]),
    )
    const devicesOf = new Map<UserId, string[]>()
    for (const { userId, deviceId } of messages) {
      const devices = devicesOf.get(userId)
      if (devices === undefined) devicesOf.set(userId, [deviceId])
      else devices.push(deviceId)
    }
    for (const [userId, deviceIds] of devicesOf) {
      const detail: ToDeviceChange = { deviceIds }
      this.#tx.announce({ stream: 'to_device', position: last, key: userId, detail })
    }
  }

  /** Deletes what the device has acknowledged: everything up to `upTo`. */
  async acknowledge(userId: string, deviceId: string, upTo: number): Promise<void> {
    await this.#tx.db.send(
      'DELETE FROM to_device WHERE user_id = ? AND device_id = ? AND position <= ?',
      userId,
      deviceId,
      upTo,
    )
  }

  /** Deletes everything that waits for devices that are going. */
  async deleteOfDevices(userId: string, deviceIds: readonly string[]): Promise<void> {
    await this.#tx.db.send(
      'DELETE FROM to_device WHERE user_id = ? AND device_id = ANY(?)',
      userId,
      deviceIds,
    )
  }
}
