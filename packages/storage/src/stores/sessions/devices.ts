import type { UserId } from '@ranvier/protocol/ids/brands'
import { type BulkStatement, bulkSend } from '../../db/bulk.ts'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'
import type { Transaction } from '../../transaction.ts'
import { type DeviceName, existingDevices } from './named-devices.ts'

export interface Device {
  userId: UserId
  deviceId: string
  displayName: string | null
  createdTs: number
  lastSeenTs: number | null
  lastSeenIp: string | null
  lastSeenUserAgent: string | null
}

/** A session at a provider where users log in besides. */
export interface AuthSession {
  provider: string
  sessionId: string
}

/** Where a device stands among those that are ordered by their last use. */
export interface StalePlace {
  /** When it was used last; of one that never was, when it logged in. */
  seenTs: number
  userId: string
  deviceId: string
}

interface DeviceRow {
  user_id: UserId
  device_id: string
  display_name: string | null
  created_ts: number
  last_seen_ts: number | null
  last_seen_ip: string | null
  last_seen_user_agent: string | null
}

const COLUMNS =
  'user_id, device_id, display_name, created_ts, last_seen_ts, last_seen_ip, last_seen_user_agent'

/** Exported for tests of its plan. The index is of the migration 0002. Nobody is ever seen on a dehydrated device. */
export const STALE = `SELECT ${COLUMNS} FROM devices
  WHERE hidden = 0 AND COALESCE(last_seen_ts, created_ts) >= ? AND COALESCE(last_seen_ts, created_ts) < ?
    AND (COALESCE(last_seen_ts, created_ts), user_id, device_id) > (?, ?, ?)
    AND NOT EXISTS (SELECT 1 FROM dehydrated_devices h WHERE h.user_id = devices.user_id AND h.device_id = devices.device_id)
  ORDER BY COALESCE(last_seen_ts, created_ts), user_id, device_id LIMIT ?`

/** The devices of local users, and which users' device lists changed when. */
export class DeviceReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async find(userId: string, deviceId: string): Promise<Device | undefined> {
    const row = await this.db.get<DeviceRow>(
      `SELECT ${COLUMNS} FROM devices WHERE user_id = ? AND device_id = ? AND hidden = 0`,
      userId,
      deviceId,
    )
    return row && toDevice(row)
  }

  /** The devices that were logged in by a session at a provider. */
  async ofAuthSession({ provider, sessionId }: AuthSession): Promise<{ userId: UserId; deviceId: string }[]> {
    const rows = await this.db.all<{ user_id: UserId; device_id: string }>(
      'SELECT user_id, device_id FROM devices WHERE auth_provider = ? AND auth_session = ?',
      provider,
      sessionId,
    )
    return rows.map((row) => ({ userId: row.user_id, deviceId: row.device_id }))
  }

  /** In the order of their ids. */
  async list(userId: string): Promise<Device[]> {
    const rows = await this.db.all<DeviceRow>(
      `SELECT ${COLUMNS} FROM devices WHERE user_id = ? AND hidden = 0 ORDER BY device_id`,
      userId,
    )
    return rows.map(toDevice)
  }

  /** Devices not used since a time, those unseen longest first, behind `after`. */
  async listStale(
    unseenSinceTs: number,
    { after, limit }: { after?: StalePlace | undefined; limit: number },
  ): Promise<Device[]> {
    const { seenTs, userId, deviceId } = after ?? { seenTs: -1, userId: '', deviceId: '' }
    const rows = await this.db.all<DeviceRow>(STALE, seenTs, unseenSinceTs, seenTs, userId, deviceId, limit)
    return rows.map(toDevice)
  }

  /** Devices of several users, in no order. */
  async listOfUsers(userIds: readonly string[]): Promise<Device[]> {
    if (userIds.length === 0) return []
    const rows = await this.db.all<DeviceRow>(
      `SELECT ${COLUMNS} FROM devices WHERE user_id = ANY(?) AND hidden = 0`,
      userIds,
    )
    return rows.map(toDevice)
  }

  existing = (names: readonly DeviceName[]): Promise<DeviceName[]> => existingDevices(this.db, names)

  /** Of `userIds`, those whose device list changed after `position` of the `device_lists` stream. */
  async changedAmong(userIds: readonly string[], position: number): Promise<UserId[]> {
    if (userIds.length === 0) return []
    const rows = await this.db.all<{ user_id: UserId }>(
      'SELECT user_id FROM device_list_changes WHERE user_id = ANY(?) AND position > ?',
      userIds,
      position,
    )
    return rows.map((row) => row.user_id)
  }

  /** Users whose device list changed after `position`, earliest change first, with the position of the last change. */
  async changedSince(position: number, limit: number): Promise<{ userId: UserId; position: number }[]> {
    const rows = await this.db.all<{ user_id: UserId; position: number }>(
      'SELECT user_id, position FROM device_list_changes WHERE position > ? ORDER BY position LIMIT ?',
      position,
      limit,
    )
    return rows.map((row) => ({ userId: row.user_id, position: row.position }))
  }

  /** The position of the newest change of anybody's device list. */
  async lastChange(): Promise<number> {
    const row = await this.db.get<{ position: number | null }>(
      'SELECT MAX(position) AS position FROM device_list_changes',
    )
    return row?.position ?? 0
  }

  /** Like `changedSince` of all who share a room with the user, and the user. Grows with the members of those rooms. */
  async changedInCompany(userId: string, position: number): Promise<{ userId: UserId; position: number }[]> {
    const rows = await this.db.all<{ user_id: UserId; position: number }>(
      CHANGED_IN_COMPANY,
      userId,
      position,
      userId,
      position,
    )
    return rows.map((row) => ({ userId: row.user_id, position: row.position }))
  }
}

/**
 * Exported for tests of its plan. From the user's rooms to their members to the changes: the other way every change of the
 * server would be looked at.
 */
export const CHANGED_IN_COMPANY = `SELECT DISTINCT c.user_id, c.position
  FROM room_members own CROSS JOIN room_members other CROSS JOIN device_list_changes c
  WHERE own.user_id = ? AND own.membership = 'join'
    AND other.room_id = own.room_id AND other.membership = 'join'
    AND c.user_id = other.user_id AND c.position > ?
  UNION SELECT user_id, position FROM device_list_changes WHERE user_id = ? AND position > ?`

/** A device that was used: when, ms since epoch, and from where. */
export interface SeenDevice {
  userId: UserId
  deviceId: string
  ts: number
  ip: string
  userAgent: string
}

const touchFrom = (seen: string) => `UPDATE devices
  SET last_seen_ts = seen.ts, last_seen_ip = seen.ip, last_seen_user_agent = seen.agent FROM ${seen}
  WHERE devices.user_id = seen.user_id AND devices.device_id = seen.device_id
    AND (devices.last_seen_ts IS NULL OR devices.last_seen_ts < seen.ts)`
const TOUCH: BulkStatement = {
  one: touchFrom('(SELECT ? AS user_id, ? AS device_id, ? AS ts, ? AS ip, ? AS agent) AS seen'),
  many: touchFrom(
    'unnest(?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[]) AS seen(user_id, device_id, ts, ip, agent)',
  ),
}

export class DeviceWriter extends DeviceReader {
  readonly #db: WriteHandle
  readonly #tx: Pick<Transaction, 'takePosition' | 'announce' | 'audit'>
  constructor(tx: Pick<Transaction, 'db' | 'takePosition' | 'announce' | 'audit'>) {
    super(tx.db)
    this.#db = tx.db
    this.#tx = tx
  }

  /** Creates the device unless it exists; true if it was created. An existing one keeps its name. */
  async ensure(
    userId: UserId,
    deviceId: string,
    displayName: string | null,
    nowMs: number,
  ): Promise<boolean> {
    const created = await this.#db.run(
      `INSERT INTO devices (user_id, device_id, display_name, created_ts) VALUES (?, ?, ?, ?)
       ON CONFLICT (user_id, device_id) DO NOTHING`,
      userId,
      deviceId,
      displayName,
      nowMs,
    )
    if (created === 1) {
      const fields = { user_id: userId, display_name: displayName }
      this.#tx.audit.changed({ kind: 'device', id: deviceId, after: fields })
      await this.recordListChange(userId, created)
    }
    return created === 1
  }

  /** By which session at a provider it was logged in; null: by none. */
  async setAuthSession(userId: UserId, deviceId: string, session: AuthSession | null): Promise<void> {
    await this.#db.send(
      'UPDATE devices SET auth_provider = ?, auth_session = ? WHERE user_id = ? AND device_id = ?',
      session?.provider ?? null,
      session?.sessionId ?? null,
      userId,
      deviceId,
    )
  }

  /** False if there is no such device. */
  async rename(userId: UserId, deviceId: string, displayName: string): Promise<boolean> {
    const before = this.#tx.audit.isRecording ? await this.find(userId, deviceId) : undefined
    if (before !== undefined)
      this.#tx.audit.updated(
        'device',
        deviceId,
        { display_name: before.displayName },
        { display_name: displayName },
      )
    const changed = await this.#db.run(
      'UPDATE devices SET display_name = ? WHERE user_id = ? AND device_id = ? AND hidden = 0',
      displayName,
      userId,
      deviceId,
    )
    if (changed === 1) await this.recordListChange(userId)
    return changed === 1
  }

  /** Removes the rows of these devices; how many there were. Tokens and keys are removed by their own stores. */
  async delete(userId: UserId, deviceIds: readonly string[]): Promise<number> {
    if (deviceIds.length === 0) return 0
    const deleted = await this.#db.run(
      'DELETE FROM devices WHERE user_id = ? AND device_id = ANY(?)',
      userId,
      deviceIds,
    )
    if (deleted > 0) {
      this.#tx.audit.changed({ kind: 'devices', id: userId, before: { device_ids: [...deviceIds] } })
      await this.recordListChange(userId, -deleted)
    }
    return deleted
  }

  /**
   * Notes that others should look at this user's devices and keys anew. `more` devices than before are to be counted in
   * their rooms: see `rooms/joined-devices.ts`.
   */
  async recordListChange(userId: UserId, more = 0): Promise<number> {
    const position = await this.#tx.takePosition('device_lists')
    await this.#db.send(
      `INSERT INTO device_list_changes (user_id, position, uncounted) VALUES (?, ?, ?)
       ON CONFLICT (user_id) DO UPDATE SET position = excluded.position,
         uncounted = device_list_changes.uncounted + excluded.uncounted`,
      userId,
      position,
      more,
    )
    this.#tx.announce({ stream: 'device_lists', position, key: userId, change: 'changed' })
    return position
  }

  /** Moves their last activity forward. No two of them of the same device. */
  async touch(seen: readonly SeenDevice[]): Promise<void> {
    await bulkSend(
      this.#db,
      TOUCH,
      seen.map(({ userId, deviceId, ts, ip, userAgent }) => [userId, deviceId, ts, ip, userAgent]),
    )
  }
}

function toDevice(row: DeviceRow): Device {
  return {
    userId: row.user_id,
    deviceId: row.device_id,
    displayName: row.display_name,
    createdTs: row.created_ts,
    lastSeenTs: row.last_seen_ts,
    lastSeenIp: row.last_seen_ip,
    lastSeenUserAgent: row.last_seen_user_agent,
  }
}
