import type { UserId } from '@ranvier/protocol/ids/brands'
import { askPairs, pairQuestion } from '../../db/pairs.ts'
import type { ReadHandle } from '../../db/types.ts'
import type { Transaction } from '../../transaction.ts'
import type { DeviceName } from '../sessions/named-devices.ts'

/** The identity keys of a device, with the name it bears. */
export interface DeviceKeys {
  userId: UserId
  deviceId: string
  /** Canonical JSON text, as uploaded. */
  keys: string
  displayName: string | null
}

/** Identity keys of devices. */
export class DeviceKeyReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** JSON text of the device's keys; `undefined` if it has uploaded none. */
  async find(userId: string, deviceId: string): Promise<string | undefined> {
    const row = await this.db.get<{ keys: string }>(
      'SELECT keys FROM device_keys WHERE user_id = ? AND device_id = ?',
      userId,
      deviceId,
    )
    return row?.keys
  }

  /** The keys of all devices of these users, in no order. Devices without keys are left out. */
  async listOfUsers(userIds: readonly string[]): Promise<DeviceKeys[]> {
    if (userIds.length === 0) return []
    const rows = await this.db.all<KeysRow>(
      `SELECT ${COLUMNS} FROM ${WITH_NAMES} WHERE k.user_id = ANY(?)`,
      userIds,
    )
    return rows.map(fromRow)
  }

  /** The same of these devices, none of them named twice. */
  async listNamed(names: readonly DeviceName[]): Promise<DeviceKeys[]> {
    const pairs = names.map(({ userId, deviceId }) => [userId, deviceId] as const)
    return (await askPairs<KeysRow>(this.db, NAMED_DEVICE_KEYS, pairs)).map(fromRow)
  }
}

interface KeysRow {
  user_id: UserId
  device_id: string
  keys: string
  display_name: string | null
}

const COLUMNS = 'k.user_id, k.device_id, k.keys, d.display_name'
const WITH_NAMES = 'device_keys k LEFT JOIN devices d ON d.user_id = k.user_id AND d.device_id = k.device_id'
/** Exported for tests of its plan. */
export const NAMED_DEVICE_KEYS = pairQuestion(
  COLUMNS,
  WITH_NAMES,
  'k.user_id = wanted.first AND k.device_id = wanted.second',
)

const fromRow = (row: KeysRow): DeviceKeys => ({
  userId: row.user_id,
  deviceId: row.device_id,
  keys: row.keys,
  displayName: row.display_name,
})

export class DeviceKeyWriter extends DeviceKeyReader {
  readonly #tx: Pick<Transaction, 'db'>
  constructor(tx: Pick<Transaction, 'db'>) {
    super(tx.db)
    this.#tx = tx
  }

  /** Replaces the device's keys. That others must hear of it is for the caller to record. */
  async set(userId: UserId, deviceId: string, keys: string): Promise<void> {
    await this.#tx.db.send(
      `INSERT INTO device_keys (user_id, device_id, keys) VALUES (?, ?, ?)
       ON CONFLICT (user_id, device_id) DO UPDATE SET keys = excluded.keys`,
      userId,
      deviceId,
      keys,
    )
  }

  async deleteOfDevices(userId: string, deviceIds: readonly string[]): Promise<void> {
    await this.#tx.db.send(
      'DELETE FROM device_keys WHERE user_id = ? AND device_id = ANY(?)',
      userId,
      deviceIds,
    )
  }
}
