import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { ReadHandle } from '../../db/types.ts'
import type { Transaction } from '../../transaction.ts'

/** What tells one pusher from all others. */
export interface PusherKey {
  userId: UserId
  appId: string
  pushkey: string
}

export type PusherKind = 'http' | 'email'

/** A place where a user wants to hear of events. */
export interface Pusher extends PusherKey {
  kind: PusherKind
  /** The device it was made on, and goes with; null: made with a token without device. */
  deviceId: string | null
  enabled: boolean
  appDisplayName: string
  deviceDisplayName: string
  profileTag: string
  lang: string
  data: JsonObject
  /** When a client last set it, ms since epoch. */
  pushkeyTs: number
  /** It has been told of what it had to be told in the `events` stream up to this position. */
  lastPosition: number
  /** The number of unread messages it was told last; null: none yet. */
  badge: number | null
}

/** How often a room may be the reason of a mail. */
export interface EmailThrottle {
  lastSentTs: number
  /** So long after that there is none because of this room. */
  throttleMs: number
}

export interface PusherProgress {
  lastPosition: number
  badge: number | null
}

interface RawPusher {
  app_id: string
  pushkey: string
  user_id: UserId
  kind: PusherKind
  device_id: string | null
  enabled: number
  app_display_name: string
  device_display_name: string
  profile_tag: string
  lang: string
  data: string
  pushkey_ts: number
  last_position: number
  badge: number | null
}
const COLUMNS =
  'app_id, pushkey, user_id, kind, device_id, enabled, app_display_name, device_display_name, profile_tag, lang, ' +
  'data, pushkey_ts, last_position, badge'

export class PusherReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** All pushers of a user, disabled ones among them, always in the same order. */
  async listOfUser(userId: string): Promise<Pusher[]> {
    const rows = await this.db.all<RawPusher>(
      `SELECT ${COLUMNS} FROM pushers WHERE user_id = ? ORDER BY app_id, pushkey`,
      userId,
    )
    return rows.map(toPusher)
  }

  /** The throttles of a pusher that sends mail, by room. */
  async throttles({ userId, appId, pushkey }: PusherKey): Promise<Map<RoomId, EmailThrottle>> {
    const rows = await this.db.all<{ room_id: RoomId; last_sent_ts: number; throttle_ms: number }>(
      `SELECT room_id, last_sent_ts, throttle_ms FROM email_throttles
       WHERE user_id = ? AND app_id = ? AND pushkey = ?`,
      userId,
      appId,
      pushkey,
    )
    return new Map(
      rows.map((row) => [row.room_id, { lastSentTs: row.last_sent_ts, throttleMs: row.throttle_ms }]),
    )
  }

  /** Members of the room who have an enabled pusher. */
  async joinedUsersOf(roomId: string): Promise<UserId[]> {
    const rows = await this.db.all<{ user_id: UserId }>(
      `SELECT DISTINCT p.user_id FROM room_members m JOIN pushers p ON p.user_id = m.user_id
       WHERE m.room_id = ? AND m.membership = 'join' AND p.enabled = 1`,
      roomId,
    )
    return rows.map((row) => row.user_id)
  }

  /** A page of the users who have an enabled pusher, behind `after`, in order. */
  async users(after: string, limit: number): Promise<UserId[]> {
    const rows = await this.db.all<{ user_id: UserId }>(
      `SELECT DISTINCT user_id FROM pushers WHERE enabled = 1 AND user_id > ?
       ORDER BY user_id LIMIT ?`,
      after,
      limit,
    )
    return rows.map((row) => row.user_id)
  }
}

function toPusher(row: RawPusher): Pusher {
  return {
    appId: row.app_id,
    pushkey: row.pushkey,
    userId: row.user_id,
    kind: row.kind,
    deviceId: row.device_id,
    enabled: row.enabled === 1,
    appDisplayName: row.app_display_name,
    deviceDisplayName: row.device_display_name,
    profileTag: row.profile_tag,
    lang: row.lang,
    data: JSON.parse(row.data) as JsonObject, // written by `set`
    pushkeyTs: row.pushkey_ts,
    lastPosition: row.last_position,
    badge: row.badge,
  }
}

export class PusherWriter extends PusherReader {
  readonly #tx: Pick<Transaction, 'db' | 'takePosition' | 'announce'>
  constructor(tx: Pick<Transaction, 'db' | 'takePosition' | 'announce'>) {
    super(tx.db)
    this.#tx = tx
  }

  /** Adds the pusher, or replaces all of the one with the same key. */
  async set(pusher: Pusher): Promise<void> {
    await this.#tx.db.send(
      `INSERT INTO pushers (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (app_id, pushkey, user_id) DO UPDATE SET kind = excluded.kind, device_id = excluded.device_id,
         enabled = excluded.enabled, app_display_name = excluded.app_display_name,
         device_display_name = excluded.device_display_name, profile_tag = excluded.profile_tag,
         lang = excluded.lang, data = excluded.data, pushkey_ts = excluded.pushkey_ts,
         last_position = excluded.last_position, badge = excluded.badge`,
      pusher.appId,
      pusher.pushkey,
      pusher.userId,
      pusher.kind,
      pusher.deviceId,
      pusher.enabled ? 1 : 0,
      pusher.appDisplayName,
      pusher.deviceDisplayName,
      pusher.profileTag,
      pusher.lang,
      JSON.stringify(pusher.data),
      pusher.pushkeyTs,
      pusher.lastPosition,
      pusher.badge,
    )
    await this.#announce(pusher.userId)
  }

  /** False if there was no such pusher. */
  async delete({ appId, pushkey, userId }: PusherKey): Promise<boolean> {
    const deleted = await this.#tx.db.run(
      'DELETE FROM pushers WHERE app_id = ? AND pushkey = ? AND user_id = ?',
      appId,
      pushkey,
      userId,
    )
    if (deleted > 0) await this.#removed(userId)
    return deleted > 0
  }

  /** Deletes other users' pushers with the same app and pushkey: the device has changed hands. */
  async deleteOfOthers({ appId, pushkey, userId }: PusherKey): Promise<void> {
    const rows = await this.#tx.db.all<{ user_id: UserId }>(
      'DELETE FROM pushers WHERE app_id = ? AND pushkey = ? AND user_id <> ? RETURNING user_id',
      appId,
      pushkey,
      userId,
    )
    for (const row of rows) await this.#removed(row.user_id)
  }

  async deleteOfDevices(userId: UserId, deviceIds: readonly string[]): Promise<void> {
    if (deviceIds.length === 0) return
    const deleted = await this.#tx.db.run(
      'DELETE FROM pushers WHERE user_id = ? AND device_id = ANY(?)',
      userId,
      deviceIds,
    )
    if (deleted > 0) await this.#removed(userId)
  }

  async deleteOfUser(userId: UserId): Promise<void> {
    const deleted = await this.#tx.db.run('DELETE FROM pushers WHERE user_id = ?', userId)
    if (deleted > 0) await this.#removed(userId)
  }

  /** Notes how far a pusher has come. Never goes back, and does nothing for one that has been deleted. */
  async saveProgress({ appId, pushkey, userId }: PusherKey, progress: PusherProgress): Promise<void> {
    await this.#tx.db.send(
      `UPDATE pushers SET last_position = ?, badge = ?
       WHERE app_id = ? AND pushkey = ? AND user_id = ? AND last_position <= ?`,
      progress.lastPosition,
      progress.badge,
      appId,
      pushkey,
      userId,
      progress.lastPosition,
    )
  }

  async setThrottle(
    { userId, appId, pushkey }: PusherKey,
    roomId: RoomId,
    { lastSentTs, throttleMs }: EmailThrottle,
  ): Promise<void> {
    await this.#tx.db.send(
      `INSERT INTO email_throttles (user_id, app_id, pushkey, room_id, last_sent_ts, throttle_ms)
       VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (user_id, app_id, pushkey, room_id)
       DO UPDATE SET last_sent_ts = excluded.last_sent_ts, throttle_ms = excluded.throttle_ms`,
      userId,
      appId,
      pushkey,
      roomId,
      lastSentTs,
      throttleMs,
    )
  }

  /** After pushers of the user have gone: what belonged to them goes too. */
  async #removed(userId: UserId): Promise<void> {
    await this.#tx.db.send(
      `DELETE FROM email_throttles WHERE user_id = ? AND NOT EXISTS (
         SELECT 1 FROM pushers p WHERE p.user_id = email_throttles.user_id AND p.app_id = email_throttles.app_id
           AND p.pushkey = email_throttles.pushkey)`,
      userId,
    )
    await this.#announce(userId)
  }

  async #announce(userId: UserId): Promise<void> {
    const position = await this.#tx.takePosition('pushers')
    this.#tx.announce({ stream: 'pushers', position, key: userId })
  }
}
