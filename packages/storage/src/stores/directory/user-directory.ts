import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { type BulkInsert, bulkInsert } from '../../db/bulk.ts'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'
import { queueDirectoryMembersOf, queueDirectoryRoomsOf } from './user-directory-queue.ts'

/** Who is looked for among: everybody, members of public rooms, or members of a room that is not public. */
export type DirectoryScope = '*' | '+' | RoomId
export const EVERYBODY: DirectoryScope = '*'
export const IN_PUBLIC_ROOMS: DirectoryScope = '+'

export interface DirectoryEntry {
  displayName: string | null
  avatarUrl: string | null
  remote: boolean
}

/** A folded name somebody is found by: all of it, or one word. */
export interface DirectoryName {
  kind: 'whole' | 'word'
  name: string
}

/** Names of one kind from `from` up to and with `to`, in the order of their code points. */
export interface NameRange {
  kind: DirectoryName['kind']
  from: string
  to: string
  remote: boolean
  withLocked: boolean
  limit: number
}

export interface DirectoryMatch {
  userId: UserId
  name: string
}

/** Something to look at again. */
export interface QueuedDirectoryItem {
  /** Empty: the user as such. */
  roomId: RoomId | ''
  /** Empty: all members of the room. */
  userId: UserId | ''
  version: number
  resumeAfter: string
}

const KINDS = { whole: 0, word: 1 } as const
const IN_RANGE = 'd.kind = ? AND d.remote = ? AND d.name >= ? AND d.name <= ?'
const NOT_LOCKED = 'AND NOT EXISTS (SELECT 1 FROM users u WHERE u.name = d.user_id AND u.locked = 1)'

/** The statement that finds names in one scope. Exported for the test of its plan. */
export function scopeSql(withLocked: boolean): string {
  return `SELECT d.user_id, d.name FROM user_directory_names d WHERE d.scope = ? AND ${IN_RANGE}
    ${withLocked ? '' : NOT_LOCKED} ORDER BY d.name, d.user_id LIMIT ?`
}

/** The statement that finds names in the rooms of a user that are not public. Exported for the test of its plan. */
export function sharedSql(withLocked: boolean): string {
  return `SELECT DISTINCT d.user_id, d.name FROM room_members m
    JOIN user_directory_names d ON d.scope = m.room_id AND ${IN_RANGE}
    WHERE m.user_id = ? AND m.membership = 'join' AND d.user_id <> ? ${withLocked ? '' : NOT_LOCKED}
    ORDER BY d.name, d.user_id LIMIT ?`
}

/** Who is found in the user directory by which name. */
export class UserDirectoryReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async entries(userIds: readonly string[]): Promise<Map<UserId, DirectoryEntry>> {
    const rows = await this.db.all<{
      user_id: UserId
      display_name: string | null
      avatar_url: string | null
      remote: number
    }>('SELECT * FROM user_directory WHERE user_id = ANY(?)', userIds)
    return new Map(
      rows.map((row) => [
        row.user_id,
        { displayName: row.display_name, avatarUrl: row.avatar_url, remote: row.remote === 1 },
      ]),
    )
  }

  /** The first names of a range. Somebody with several names in it comes several times. */
  async namesIn(scope: DirectoryScope, range: NameRange): Promise<DirectoryMatch[]> {
    return (
      await this.db.all<RawMatch>(scopeSql(range.withLocked), scope, ...bounds(range), range.limit)
    ).map(toMatch)
  }

  /** The same among those who share a room with the user that is not public; the user is not among them. */
  async namesSharedWith(userId: string, range: NameRange): Promise<DirectoryMatch[]> {
    const sql = sharedSql(range.withLocked)
    return (await this.db.all<RawMatch>(sql, ...bounds(range), userId, userId, range.limit)).map(toMatch)
  }

  /** Whether a room the user is joined to shows its members to everybody. */
  async isInPublicRoom(userId: string): Promise<boolean> {
    const row = await this.db.get(
      `SELECT 1 AS found FROM room_members m JOIN rooms r ON r.room_id = m.room_id
       WHERE m.user_id = ? AND m.membership = 'join'
         AND (r.join_rule = 'public' OR r.history_visibility = 'world_readable') LIMIT 1`,
      userId,
    )
    return row !== undefined
  }

  /** What the user was last called in a room they are in; `undefined` when they are in none. */
  async lastMemberProfile(
    userId: string,
  ): Promise<Pick<DirectoryEntry, 'displayName' | 'avatarUrl'> | undefined> {
    const row = await this.db.get<{ display_name: string | null; avatar_url: string | null }>(
      `SELECT display_name, avatar_url FROM room_members WHERE user_id = ? AND membership = 'join'
       ORDER BY nid DESC LIMIT 1`,
      userId,
    )
    return row && { displayName: row.display_name, avatarUrl: row.avatar_url }
  }

  async namesOf(userId: string, scope: DirectoryScope): Promise<DirectoryName[]> {
    const rows = await this.db.all<{ kind: number; name: string }>(
      'SELECT kind, name FROM user_directory_names WHERE user_id = ? AND scope = ?',
      userId,
      scope,
    )
    return rows.map(({ kind, name }) => ({ kind: kind === KINDS.whole ? 'whole' : 'word', name }))
  }

  /** What waits longest to be looked at again, by room. */
  async listQueued(limit: number): Promise<QueuedDirectoryItem[]> {
    const rows = await this.db.all<{
      room_id: RoomId | ''
      user_id: UserId | ''
      version: number
      resume_after: string
    }>('SELECT * FROM user_directory_queue ORDER BY room_id, user_id LIMIT ?', limit)
    return rows.map((row) => ({
      roomId: row.room_id,
      userId: row.user_id,
      version: row.version,
      resumeAfter: row.resume_after,
    }))
  }
}

interface RawMatch {
  user_id: UserId
  name: string
}

const toMatch = ({ user_id, name }: RawMatch): DirectoryMatch => ({ userId: user_id, name })

const bounds = ({ kind, remote, from, to }: NameRange) => [KINDS[kind], remote ? 1 : 0, from, to]

const NAMES: BulkInsert = {
  table: 'user_directory_names',
  columns: { scope: 'text', kind: 'bigint', remote: 'bigint', name: 'text', user_id: 'text' },
  conflict: 'ON CONFLICT (scope, kind, remote, name, user_id) DO NOTHING',
}

export class UserDirectoryWriter extends UserDirectoryReader {
  readonly #db: WriteHandle
  constructor(tx: { db: WriteHandle }) {
    super(tx.db)
    this.#db = tx.db
  }

  async put(userId: string, { displayName, avatarUrl, remote }: DirectoryEntry): Promise<void> {
    await this.#db.send(
      `INSERT INTO user_directory (user_id, display_name, avatar_url, remote) VALUES (?, ?, ?, ?)
       ON CONFLICT (user_id) DO UPDATE SET display_name = excluded.display_name, avatar_url = excluded.avatar_url`,
      userId,
      displayName,
      avatarUrl,
      remote ? 1 : 0,
    )
  }

  /** Takes the user out, wherever they could be found. */
  async delete(userId: string): Promise<void> {
    await this.#db.send('DELETE FROM user_directory WHERE user_id = ?', userId)
    await this.#db.send('DELETE FROM user_directory_names WHERE user_id = ?', userId)
  }

  /** The names by which the user is found in a scope; none: not at all. Writes what differs. */
  async setNames(
    userId: string,
    scope: DirectoryScope,
    { names, remote }: { names: readonly DirectoryName[]; remote: boolean },
  ): Promise<void> {
    const present = await this.namesOf(userId, scope)
    const key = ({ kind, name }: DirectoryName): string => `${kind} ${name}`
    const wanted = new Set(names.map(key))
    const known = new Set(present.map(key))
    for (const { kind, name } of present.filter((each) => !wanted.has(key(each))))
      await this.#db.send(
        'DELETE FROM user_directory_names WHERE scope = ? AND kind = ? AND remote = ? AND name = ? AND user_id = ?',
        scope,
        KINDS[kind],
        remote ? 1 : 0,
        name,
        userId,
      )
    const added = names.filter((each) => !known.has(key(each)))
    await bulkInsert(
      this.#db,
      NAMES,
      added.map(({ kind, name }) => [scope, KINDS[kind], remote ? 1 : 0, name, userId]),
    )
  }

  queueRoomsOf(userId: string): Promise<void> {
    return queueDirectoryRoomsOf(this.#db, userId)
  }

  queueMembersOf(roomId: string, page: { after: string; limit: number }): Promise<UserId | undefined> {
    return queueDirectoryMembersOf(this.#db, roomId, page)
  }

  /** The item has been looked at. It stays when it was queued again meanwhile. */
  async done({ roomId, userId, version }: QueuedDirectoryItem): Promise<void> {
    await this.#db.send(
      'DELETE FROM user_directory_queue WHERE room_id = ? AND user_id = ? AND version = ?',
      roomId,
      userId,
      version,
    )
  }

  /** A long item goes on behind this member. It begins anew when it was queued again meanwhile. */
  async resumeAfter({ roomId, userId, version }: QueuedDirectoryItem, after: string): Promise<void> {
    await this.#db.send(
      'UPDATE user_directory_queue SET resume_after = ? WHERE room_id = ? AND user_id = ? AND version = ?',
      after,
      roomId,
      userId,
      version,
    )
  }
}
