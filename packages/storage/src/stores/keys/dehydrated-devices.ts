import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle } from '../../db/types.ts'
import type { Transaction } from '../../transaction.ts'

/** A device nobody is logged in on, whose messages wait for the user's next device. MSC3814 */
export interface DehydratedDevice {
  deviceId: string
  /** JSON text of what its owner needs to bring it back, encrypted by them. */
  deviceData: string
}

/** Which of a user's devices is dehydrated: at most one. That it is among the devices is for the caller to see to. */
export class DehydratedDeviceReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async find(userId: string): Promise<DehydratedDevice | undefined> {
    const row = await this.db.get<{ device_id: string; device_data: string }>(
      'SELECT device_id, device_data FROM dehydrated_devices WHERE user_id = ?',
      userId,
    )
    return row && { deviceId: row.device_id, deviceData: row.device_data }
  }
}

export class DehydratedDeviceWriter extends DehydratedDeviceReader {
  readonly #tx: Pick<Transaction, 'db'>
  constructor(tx: Pick<Transaction, 'db'>) {
    super(tx.db)
    this.#tx = tx
  }

  /** Takes the place of the one before. */
  async set(userId: UserId, { deviceId, deviceData }: DehydratedDevice): Promise<void> {
    await this.#tx.db.send(
      `INSERT INTO dehydrated_devices (user_id, device_id, device_data) VALUES (?, ?, ?)
       ON CONFLICT (user_id) DO UPDATE SET device_id = excluded.device_id, device_data = excluded.device_data`,
      userId,
      deviceId,
      deviceData,
    )
  }

  async deleteOfDevices(userId: string, deviceIds: readonly string[]): Promise<void> {
    await this.#tx.db.send(
      'DELETE FROM dehydrated_devices WHERE user_id = ? AND device_id = ANY(?)',
      userId,
      deviceIds,
    )
  }
}
