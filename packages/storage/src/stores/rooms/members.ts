import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { ask, askOne, type Question } from '../../db/gather.ts'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'
import { type RawMember, toMember } from './rows.ts'
import type { MemberRow, Membership } from './types.ts'

export const ALL_MEMBERSHIPS: readonly Membership[] = ['join', 'invite', 'leave', 'ban', 'knock']

export interface RoomOfUser {
  roomId: RoomId
  membership: Membership
  /** nid of the member event. */
  nid: number
  forgotten: boolean
}

function toRoomOfUser(row: RawMember): RoomOfUser {
  const { roomId, membership, nid, forgotten } = toMember(row)
  return { roomId, membership, nid, forgotten }
}

const FIND: Question = {
  sql: 'SELECT * FROM room_members WHERE room_id = ? AND user_id = ?',
  params: ['text', 'text'],
}
const HEROES: Question = {
  sql: 'SELECT * FROM room_members WHERE room_id = ? AND user_id <> ? AND membership = ? ORDER BY nid LIMIT ?',
  params: ['text', 'text', 'text', 'bigint'],
}

/**
 * Read in the order of the primary key: by `room_members_by_age`, which looks more selective, all rows of a room would be
 * looked up one by one.
 */
const IN_ORDER_OF_IDS = "membership || '' = ANY(?)"

/** Who is what in which room now. */
export class RoomMemberReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async find(roomId: string, userId: string): Promise<MemberRow | undefined> {
    const row = await askOne<RawMember>(this.db, FIND, roomId, userId)
    return row && toMember(row)
  }

  /** All members with one of `memberships`. Grows with the room. */
  async list(roomId: string, memberships: readonly Membership[] = ALL_MEMBERSHIPS): Promise<MemberRow[]> {
    const rows = await this.db.all<RawMember>(
      `SELECT * FROM room_members WHERE room_id = ? AND ${IN_ORDER_OF_IDS}`,
      roomId,
      memberships,
    )
    return rows.map(toMember)
  }

  /**
   * nids of the member events of all with one of `memberships`, in no order, as of one moment. Grows with the room, but
   * reads an index alone: one text is made of them, as rows cost several times as much.
   */
  async nids(roomId: string, memberships: readonly Membership[]): Promise<number[]> {
    const row = await this.db.get<{ nids: string | null }>(
      `SELECT string_agg(CAST(nid AS TEXT), ',') AS nids FROM room_members
       WHERE room_id = ? AND membership = ANY(?)`,
      roomId,
      memberships,
    )
    const nids = row?.nids ?? null
    return nids === null ? [] : nids.split(',').map(Number)
  }

  /**
   * The joined members whose member events have nids from `first` to `last`. A range, as SQLite without statistics reads all
   * members to find some by their nids.
   */
  async joinedBetween(roomId: string, first: number, last: number): Promise<MemberRow[]> {
    const rows = await this.db.all<RawMember>(
      `SELECT * FROM room_members WHERE room_id = ? AND membership = 'join' AND nid >= ? AND nid <= ?`,
      roomId,
      first,
      last,
    )
    return rows.map(toMember)
  }

  /** Up to `limit` members with one of `memberships` behind a user id, in the order of their ids. */
  async page(
    roomId: string,
    memberships: readonly Membership[],
    { after, limit }: { after: string; limit: number },
  ): Promise<MemberRow[]> {
    const rows = await this.db.all<RawMember>(
      `SELECT * FROM room_members WHERE room_id = ? AND user_id > ? AND ${IN_ORDER_OF_IDS}
       ORDER BY user_id LIMIT ?`,
      roomId,
      after,
      memberships,
      limit,
    )
    return rows.map(toMember)
  }

  async joinedIds(roomId: string): Promise<UserId[]> {
    const rows = await this.db.all<{ user_id: UserId }>(
      "SELECT user_id FROM room_members WHERE room_id = ? AND membership = 'join'",
      roomId,
    )
    return rows.map((row) => row.user_id)
  }

  /** The rooms the user has something to do with. Forgotten rooms are among them, marked. */
  async roomsOf(userId: string, memberships: readonly Membership[] = ALL_MEMBERSHIPS): Promise<RoomOfUser[]> {
    const rows = await this.db.all<RawMember>(
      'SELECT * FROM room_members WHERE user_id = ? AND membership = ANY(?)',
      userId,
      memberships,
    )
    return rows.map(toRoomOfUser)
  }

  /** Up to `limit` rooms the user is joined to behind a room id, in the order of their ids. */
  async joinedRoomsPage(
    userId: string,
    { after, limit }: { after: string; limit: number },
  ): Promise<RoomId[]> {
    const rows = await this.db.all<{ room_id: RoomId }>(
      `SELECT room_id FROM room_members WHERE user_id = ? AND membership = 'join' AND room_id > ?
       ORDER BY room_id LIMIT ?`,
      userId,
      after,
      limit,
    )
    return rows.map((row) => row.room_id)
  }

  /** The rooms somebody else put the user out of, or keeps them out of, without those the user has forgotten. */
  async removedFrom(userId: string): Promise<RoomOfUser[]> {
    const rows = await this.db.all<RawMember>(
      `SELECT * FROM room_members
       WHERE user_id = ? AND membership IN ('leave', 'ban') AND forgotten = 0 AND sender <> user_id`,
      userId,
    )
    return rows.map(toRoomOfUser)
  }

  /** Who has invited the user, by room. */
  async invitersOf(userId: string): Promise<Map<RoomId, UserId>> {
    const rows = await this.db.all<{ room_id: RoomId; sender: UserId }>(
      "SELECT room_id, sender FROM room_members WHERE user_id = ? AND membership = 'invite'",
      userId,
    )
    return new Map(rows.map((row) => [row.room_id, row.sender]))
  }

  /** Up to `limit` members to name a room by, earliest first. */
  async heroes(
    roomId: string,
    except: string,
    memberships: readonly Membership[],
    limit: number,
  ): Promise<MemberRow[]> {
    // Each in the order of the index: together they would have to be sorted, all of them.
    const found = await Promise.all(
      memberships.map((membership) => ask<RawMember>(this.db, HEROES, roomId, except, membership, limit)),
    )
    return found
      .flat()
      .map(toMember)
      .sort((a, b) => a.nid - b.nid)
      .slice(0, limit)
  }

  /** Rooms in which both users are joined. */
  async sharedRooms(userA: string, userB: string): Promise<RoomId[]> {
    const rows = await this.db.all<{ room_id: RoomId }>(
      `SELECT a.room_id FROM room_members a JOIN room_members b ON b.room_id = a.room_id AND b.user_id = ?
       WHERE a.user_id = ? AND a.membership = 'join' AND b.membership = 'join'`,
      userB,
      userA,
    )
    return rows.map((row) => row.room_id)
  }

  /**
   * Those of `others` who are joined to a room the user is joined to. Looks at the rooms of each of the others, as few of
   * them are in as many as somebody may be who asks, up to the first that is shared.
   */
  async sharingWith(userId: string, others: readonly string[]): Promise<UserId[]> {
    if (others.length === 0) return []
    const rows = await this.db.all<{ user_id: UserId }>(SHARING[this.db.dialect], others, userId)
    return rows.map((row) => row.user_id)
  }

  /** How many joined members the rooms of the user have, those counted often who are in several. */
  async countCompany(userId: string): Promise<number> {
    const row = await this.db.get<{ members: number | string | null }>(
      `SELECT SUM(r.joined_count) AS members FROM room_members m JOIN rooms r ON r.room_id = m.room_id
       WHERE m.user_id = ? AND m.membership = 'join'`,
      userId,
    )
    return Number(row?.members ?? 0)
  }

  /** Everybody joined to a room the user is joined to, the user among them if joined anywhere. */
  async usersSharingRooms(userId: string): Promise<UserId[]> {
    const rows = await this.db.all<{ user_id: UserId }>(
      `SELECT DISTINCT b.user_id FROM room_members a JOIN room_members b ON b.room_id = a.room_id
       WHERE a.user_id = ? AND a.membership = 'join' AND b.membership = 'join'`,
      userId,
    )
    return rows.map((row) => row.user_id)
  }
}

const sharesRoom = (limit: string) => `EXISTS (SELECT 1 FROM room_members b CROSS JOIN room_members a
  WHERE b.user_id = other.value AND b.membership = 'join'
    AND a.room_id = b.room_id AND a.user_id = ? AND a.membership = 'join'${limit})`
/** `OFFSET 0` keeps PostgreSQL from reading all that everybody shares and joining it to the others. */
const SHARING = {
  sqlite: `SELECT other.value AS user_id FROM json_each(?) AS other WHERE ${sharesRoom('')}`,
  postgres: `SELECT other.value AS user_id FROM unnest(?::text[]) AS other (value) WHERE ${sharesRoom(' LIMIT 1 OFFSET 0')}`,
}

export class RoomMemberWriter extends RoomMemberReader {
  readonly #tx: { db: WriteHandle }
  constructor(tx: { db: WriteHandle }) {
    super(tx.db)
    this.#tx = tx
  }

  /** Takes a left room out of the user's sight. A later invite, join or knock brings it back. */
  async forget(roomId: string, userId: string): Promise<void> {
    await this.#tx.db.send(
      "UPDATE room_members SET forgotten = 1 WHERE room_id = ? AND user_id = ? AND membership IN ('leave', 'ban')",
      roomId,
      userId,
    )
  }
}
