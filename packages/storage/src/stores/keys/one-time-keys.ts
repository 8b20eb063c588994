import type { UserId } from '@ranvier/protocol/ids/brands'
import { bulkInsert } from '../../db/bulk.ts'
import type { ReadHandle } from '../../db/types.ts'
import type { Transaction } from '../../transaction.ts'
import type { ToDeviceChange } from '../client-data/to-device.ts'

/** A one-time or fallback key as its device uploaded it. */
export interface UploadedKey {
  algorithm: string
  /** What follows `algorithm:` in its name. */
  keyId: string
  /** Canonical JSON text of the key: an object, or a string for unsigned keys. */
  key: string
}

/** A key somebody wants in order to open a session with a device. */
export interface KeyClaim {
  userId: UserId
  deviceId: string
  algorithm: string
}

/** `change` of the facts that a device's one-time or fallback keys are not what they were. */
export const KEY_COUNTS_CHANGED = 'key-counts'

/** Keys for opening sessions with a device: each one-time key is given out once, a fallback key when none is left. */
export class OneTimeKeyReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** How many one-time keys the device has left, by algorithm. Algorithms without any are left out. */
  async counts(userId: string, deviceId: string): Promise<Record<string, number>> {
    const rows = await this.db.all<{ algorithm: string; keys: number }>(
      `SELECT algorithm, COUNT(*) AS keys FROM one_time_keys WHERE user_id = ? AND device_id = ?
       GROUP BY algorithm ORDER BY algorithm`,
      userId,
      deviceId,
    )
    return Object.fromEntries(rows.map((row) => [row.algorithm, row.keys]))
  }

  /** Algorithms for which the device has a fallback key that nobody was given yet. */
  async unusedFallbackTypes(userId: string, deviceId: string): Promise<string[]> {
    const rows = await this.db.all<{ algorithm: string }>(
      `SELECT algorithm FROM fallback_keys WHERE user_id = ? AND device_id = ? AND used = 0 ORDER BY algorithm`,
      userId,
      deviceId,
    )
    return rows.map((row) => row.algorithm)
  }

  /** One-time keys of the device that have one of these key ids, of any algorithm. */
  async listByIds(userId: string, deviceId: string, keyIds: readonly string[]): Promise<UploadedKey[]> {
    if (keyIds.length === 0) return []
    const rows = await this.db.all<{ algorithm: string; key_id: string; key: string }>(
      `SELECT algorithm, key_id, key FROM one_time_keys WHERE user_id = ? AND device_id = ? AND key_id = ANY(?)`,
      userId,
      deviceId,
      keyIds,
    )
    return rows.map((row) => ({ algorithm: row.algorithm, keyId: row.key_id, key: row.key }))
  }
}

const INSERT = {
  table: 'one_time_keys',
  columns: {
    user_id: 'text',
    device_id: 'text',
    algorithm: 'text',
    key_id: 'text',
    batch: 'bigint',
    key: 'text',
  },
  conflict: 'ON CONFLICT (user_id, device_id, algorithm, key_id) DO NOTHING',
} as const

export class OneTimeKeyWriter extends OneTimeKeyReader {
  readonly #tx: Pick<Transaction, 'db' | 'takePosition' | 'announce'>
  constructor(tx: Pick<Transaction, 'db' | 'takePosition' | 'announce'>) {
    super(tx.db)
    this.#tx = tx
  }

  /** Adds one upload's one-time keys behind all earlier ones. A key whose id is taken stays as it is. */
  async add(userId: UserId, deviceId: string, keys: readonly UploadedKey[]): Promise<void> {
    if (keys.length === 0) return
    const row = await this.#tx.db.get<{ batch: number | null }>(
      'SELECT MAX(batch) AS batch FROM one_time_keys WHERE user_id = ? AND device_id = ?',
      userId,
      deviceId,
    )
    const batch = (row?.batch ?? 0) + 1
    await bulkInsert(
      this.#tx.db,
      INSERT,
      keys.map(({ algorithm, keyId, key }) => [userId, deviceId, algorithm, keyId, batch, key]),
    )
    this.#announce(await this.#tx.takePosition('to_device'), [{ userId, deviceId }])
  }

  /** Replaces the fallback key of its algorithm; true if it was another. The same key stays used if it was. */
  async setFallback(userId: UserId, deviceId: string, key: UploadedKey): Promise<boolean> {
    const changed = await this.#tx.db.run(
      `INSERT INTO fallback_keys (user_id, device_id, algorithm, key_id, key) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (user_id, device_id, algorithm)
       DO UPDATE SET key_id = excluded.key_id, key = excluded.key, used = 0
       WHERE fallback_keys.key_id <> excluded.key_id OR fallback_keys.key <> excluded.key`,
      userId,
      deviceId,
      key.algorithm,
      key.keyId,
      key.key,
    )
    if (changed === 1) this.#announce(await this.#tx.takePosition('to_device'), [{ userId, deviceId }])
    return changed === 1
  }

  /**
   * Takes a key for each claim, in the same order: the oldest one-time key, which nobody will be given again, or else
   * the fallback key, which becomes used. `undefined` where there is neither.
   */
  async claim(claims: readonly KeyClaim[]): Promise<(UploadedKey | undefined)[]> {
    // The counter first: whoever takes keys away queues for it, so two processes never wait for each other's rows.
    const position = await this.#tx.takePosition('to_device')
    const taken: (UploadedKey | undefined)[] = []
    const changed: KeyClaim[] = []
    for (const claim of claims) {
      const oneTime = await this.#takeOldest(claim)
      if (oneTime !== undefined) {
        taken.push(oneTime)
        changed.push(claim)
        continue
      }
      const fallback = await this.#findFallback(claim)
      taken.push(fallback)
      if (fallback !== undefined && (await this.#markUsed(claim))) changed.push(claim)
    }
    this.#announce(position, changed)
    return taken
  }

  async deleteOfDevices(userId: UserId, deviceIds: readonly string[]): Promise<void> {
    const { db } = this.#tx
    const position = await this.#tx.takePosition('to_device') // first, as in `claim`
    await db.send('DELETE FROM one_time_keys WHERE user_id = ? AND device_id = ANY(?)', userId, deviceIds)
    await db.send('DELETE FROM fallback_keys WHERE user_id = ? AND device_id = ANY(?)', userId, deviceIds)
    this.#announce(
      position,
      deviceIds.map((deviceId) => ({ userId, deviceId })),
    )
  }

  async #takeOldest({ userId, deviceId, algorithm }: KeyClaim): Promise<UploadedKey | undefined> {
    for (;;) {
      const oldest = await this.#tx.db.get<{ key_id: string }>(
        `SELECT key_id FROM one_time_keys WHERE user_id = ? AND device_id = ? AND algorithm = ?
         ORDER BY batch, key_id LIMIT 1`,
        userId,
        deviceId,
        algorithm,
      )
      if (oldest === undefined) return undefined
      const row = await this.#tx.db.get<{ key: string }>(
        `DELETE FROM one_time_keys WHERE user_id = ? AND device_id = ? AND algorithm = ? AND key_id = ?
         RETURNING key`,
        userId,
        deviceId,
        algorithm,
        oldest.key_id,
      )
      // Without a row another process has taken this very key meanwhile: the next one is looked for.
      if (row !== undefined) return { algorithm, keyId: oldest.key_id, key: row.key }
    }
  }

  async #findFallback({ userId, deviceId, algorithm }: KeyClaim): Promise<UploadedKey | undefined> {
    const row = await this.#tx.db.get<{ key_id: string; key: string }>(
      'SELECT key_id, key FROM fallback_keys WHERE user_id = ? AND device_id = ? AND algorithm = ?',
      userId,
      deviceId,
      algorithm,
    )
    return row && { algorithm, keyId: row.key_id, key: row.key }
  }

  /** True if it was unused so far. */
  async #markUsed({ userId, deviceId, algorithm }: KeyClaim): Promise<boolean> {
    const changed = await this.#tx.db.run(
      'UPDATE fallback_keys SET used = 1 WHERE user_id = ? AND device_id = ? AND algorithm = ? AND used = 0',
      userId,
      deviceId,
      algorithm,
    )
    return changed === 1
  }

  /**
   * Wakes the devices, whose `/sync` says how many keys they have. Their owners hear of it through the stream of what
   * is meant for one device only, though there is no message to deliver.
   */
  #announce(position: number, devices: readonly { userId: UserId; deviceId: string }[]): void {
    const devicesOf = new Map<UserId, Set<string>>()
    for (const { userId, deviceId } of devices) {
      const known = devicesOf.get(userId)
      if (known === undefined) devicesOf.set(userId, new Set([deviceId]))
      else known.add(deviceId)
    }
    for (const [userId, deviceIds] of devicesOf) {
      const detail: ToDeviceChange = { deviceIds: [...deviceIds] }
      this.#tx.announce({ stream: 'to_device', position, key: userId, change: KEY_COUNTS_CHANGED, detail })
    }
  }
}
