import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { AuditNotes } from '../../audit/notes.ts'
import { ask, askOne, type Question } from '../../db/gather.ts'
import type { ReadHandle, SqlValue, WriteHandle } from '../../db/types.ts'
import { partOf } from '../lists/search-text.ts'
import { countListed } from '../lists/totals.ts'
import { indexPublicRoom, searchPublicRooms } from './public-texts.ts'
import { EVENT_COLUMNS, type RawEvent, type RawRoom, toEvent, toRoom } from './rows.ts'
import { moveRooms, roomSort, roomSorts } from './sorts.ts'
import type { EventRow, Membership, RoomRow } from './types.ts'

export interface TimelineRange {
  /** Positions above this one only. */
  after?: number
  /** Positions up to and with this one only. */
  upTo?: number
  limit: number
  /** `b`: newest first. `f`: oldest first. */
  dir: 'b' | 'f'
}

const OLDEST = Number.MIN_SAFE_INTEGER
const NEWEST = Number.MAX_SAFE_INTEGER

/** Events that are asked for one by one, so that they may be gathered with those of other rooms. */
const FEW = 20

const FIND_ROOM: Question = { sql: 'SELECT * FROM rooms WHERE room_id = ?', params: ['text'] }
const EVENT: Question = { sql: `SELECT ${EVENT_COLUMNS} FROM events e WHERE e.nid = ?`, params: ['bigint'] }
const eachWay = (columns: string, and: string): Readonly<Record<TimelineRange['dir'], Question>> => {
  const inOrder = (order: string): Question => ({
    sql: `SELECT ${columns} FROM events e WHERE e.room_id = ? AND e.position > ? AND e.position <= ? ${and}
      ORDER BY e.position ${order} LIMIT ?`,
    params: ['text', 'bigint', 'bigint', 'bigint'],
  })
  return { b: inOrder('DESC'), f: inOrder('ASC') }
}
const TIMELINE = eachWay(EVENT_COLUMNS, 'AND e.status = 0')
const TIMELINE_NIDS = eachWay('e.position', '')

/** Rooms and their events. */
export class RoomReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async findRoom(roomId: string): Promise<RoomRow | undefined> {
    const row = await askOne<RawRoom>(this.db, FIND_ROOM, roomId)
    return row && toRoom(row)
  }

  async roomsByIds(roomIds: readonly string[]): Promise<RoomRow[]> {
    if (roomIds.length === 0) return []
    return (await this.db.all<RawRoom>('SELECT * FROM rooms WHERE room_id = ANY(?)', roomIds)).map(toRoom)
  }

  /** In no order; numbers no event has are left out. */
  async eventsByNid(nids: readonly number[]): Promise<EventRow[]> {
    if (nids.length === 0) return []
    const { db } = this
    if (db.gathers && nids.length <= FEW)
      return (await Promise.all(nids.map((nid) => ask<RawEvent>(db, EVENT, nid)))).flat().map(toEvent)
    const sql = `SELECT ${EVENT_COLUMNS} FROM events e WHERE e.nid = ANY(?)`
    return (await db.all<RawEvent>(sql, nids)).map(toEvent)
  }

  /** What member events say, by their numbers. Other events are left out, and member events of which that is not noted. */
  async membershipsByNid(nids: readonly number[]): Promise<Map<number, Membership>> {
    const rows = await this.db.all<{ nid: number; membership: Membership }>(
      'SELECT nid, membership FROM events WHERE nid = ANY(?) AND membership IS NOT NULL',
      nids,
    )
    return new Map(rows.map(({ nid, membership }) => [nid, membership]))
  }

  /** In no order; unknown ids are left out. */
  async eventsById(eventIds: readonly string[]): Promise<EventRow[]> {
    if (eventIds.length === 0) return []
    const rows = await this.db.all<RawEvent>(
      `SELECT ${EVENT_COLUMNS} FROM events e WHERE e.event_id = ANY(?)`,
      eventIds,
    )
    return rows.map(toEvent)
  }

  /** Accepted events of the room between two positions. */
  async timeline(
    roomId: string,
    { after = OLDEST, upTo = NEWEST, limit, dir }: TimelineRange,
  ): Promise<EventRow[]> {
    return (await ask<RawEvent>(this.db, TIMELINE[dir], roomId, after, upTo, limit)).map(toEvent)
  }

  /**
   * The positions of the same, which are their nids. Reads an index alone; events that were not accepted may be among
   * them, who are to be told by their rows.
   */
  async timelineNids(
    roomId: string,
    { after = OLDEST, upTo = NEWEST, limit, dir }: TimelineRange,
  ): Promise<number[]> {
    const rows = await ask<{ position: number }>(this.db, TIMELINE_NIDS[dir], roomId, after, upTo, limit)
    return rows.map(({ position }) => position)
  }

  /** The answer given before to a client's transaction id. */
  async findTxn(userId: string, deviceId: string, scope: string, txnId: string): Promise<string | undefined> {
    const row = await this.db.get<{ response: string }>(
      'SELECT response FROM client_txns WHERE user_id = ? AND device_id = ? AND scope = ? AND txn_id = ?',
      userId,
      deviceId,
      scope,
      txnId,
    )
    return row?.response
  }

  async findAlias(alias: string): Promise<{ roomId: RoomId; creator: UserId } | undefined> {
    const row = await this.db.get<{ room_id: RoomId; creator: UserId }>(
      'SELECT room_id, creator FROM room_aliases WHERE alias = ?',
      alias,
    )
    return row && { roomId: row.room_id, creator: row.creator }
  }

  async aliasesOf(roomId: string): Promise<string[]> {
    const rows = await this.db.all<{ alias: string }>(
      'SELECT alias FROM room_aliases WHERE room_id = ? ORDER BY created_ts, alias',
      roomId,
    )
    return rows.map((row) => row.alias)
  }

  /**
   * A page of the published rooms that have members, largest first. `after` is the last row of the page before, `before`
   * the first of the page behind. Filters: words in name, topic or alias (any case), and room types, where `null` stands
   * for rooms without one.
   */
  async publicRooms(page: {
    limit: number
    after?: { joinedCount: number; roomId: string }
    before?: { joinedCount: number; roomId: string }
    search?: string
    roomTypes?: (string | null)[]
    list?: RoomListName | undefined
  }): Promise<RoomRow[]> {
    const { limit, after, before, search, roomTypes } = page
    const listed = listedIn(page.list)
    const where = [listed.where, 'joined_count > 0']
    const params: SqlValue[] = [...listed.params]
    if (after !== undefined) {
      where.push('joined_count <= ? AND (joined_count < ? OR room_id > ?)')
      params.push(after.joinedCount, after.joinedCount, after.roomId)
    }
    if (before !== undefined) {
      where.push('joined_count >= ? AND (joined_count > ? OR room_id < ?)')
      params.push(before.joinedCount, before.joinedCount, before.roomId)
    }
    let from = 'SELECT * FROM rooms'
    const part = partOf(search ?? '')
    if (part !== '') {
      const found = await searchPublicRooms(this.db, part)
      if ('ids' in found) {
        if (found.ids.length === 0) return []
        // Materialized, so that no planner walks the list after all.
        from = 'WITH found AS MATERIALIZED (SELECT * FROM rooms WHERE room_id = ANY(?)) SELECT * FROM found'
        params.unshift(found.ids)
      } else {
        where.push(found.check.sql)
        params.push(...found.check.params)
      }
    }
    if (roomTypes !== undefined) {
      const named = roomTypes.filter((type) => type !== null)
      where.push(`(room_type = ANY(?)${roomTypes.includes(null) ? ' OR room_type IS NULL' : ''})`)
      params.push(named)
    }
    const order = before === undefined ? 'joined_count DESC, room_id' : 'joined_count, room_id DESC'
    const rows = await this.db.all<RawRoom>(
      `${from} WHERE ${where.join(' AND ')} ORDER BY ${order} LIMIT ?`,
      ...params,
      limit,
    )
    if (before !== undefined) rows.reverse()
    return rows.map(toRoom)
  }

  async countPublicRooms(list?: RoomListName): Promise<number> {
    if (list === undefined) return countListed(this.db, 'rooms', roomSorts({ published: true, empty: false }))
    const { where, params } = listedIn(list)
    const row = await this.db.get<{ n: number }>(
      `SELECT count(*) AS n FROM rooms WHERE ${where} AND joined_count > 0`,
      ...params,
    )
    return row?.n ?? 0
  }
}

/** A list an application service keeps for a network, or all of those and that of the server. Absent: that of the server. */
export type RoomListName = { appserviceId: string; networkId: string } | 'all'

function listedIn(list: RoomListName | undefined): { where: string; params: string[] } {
  if (list === undefined) return { where: 'published = 1', params: [] }
  if (list === 'all')
    return { where: '(published = 1 OR room_id IN (SELECT room_id FROM network_rooms))', params: [] }
  return {
    where: 'room_id IN (SELECT room_id FROM network_rooms WHERE appservice_id = ? AND network_id = ?)',
    params: [list.appserviceId, list.networkId],
  }
}

export interface ClientTxn {
  userId: string
  deviceId: string
  /** The endpoint and what it acts on; the same txnId elsewhere is another transaction. */
  scope: string
  txnId: string
  response: string
  createdTs: number
}

export class RoomWriter extends RoomReader {
  readonly #tx: { db: WriteHandle; audit: AuditNotes }
  constructor(tx: { db: WriteHandle; audit: AuditNotes }) {
    super(tx.db)
    this.#tx = tx
  }

  /** The transaction fails with `ConflictError` when the alias is taken. */
  async addAlias(alias: string, roomId: string, creator: string, createdTs: number): Promise<void> {
    await this.#tx.db.send(
      'INSERT INTO room_aliases (alias, room_id, creator, created_ts) VALUES (?, ?, ?, ?)',
      alias,
      roomId,
      creator,
      createdTs,
    )
    this.#tx.audit.changed({ kind: 'alias', id: alias, after: { room_id: roomId } })
  }

  /** False if there was no such alias. */
  async removeAlias(alias: string): Promise<boolean> {
    const found = this.#tx.audit.isRecording ? await this.findAlias(alias) : undefined
    if (found !== undefined)
      this.#tx.audit.changed({ kind: 'alias', id: alias, before: { room_id: found.roomId } })
    return (await this.#tx.db.run('DELETE FROM room_aliases WHERE alias = ?', alias)) > 0
  }

  /** Lets every local alias of one room point to another. */
  async moveAliases(from: string, to: string): Promise<void> {
    await this.#tx.db.send('UPDATE room_aliases SET room_id = ? WHERE room_id = ?', to, from)
  }

  async setPublished(roomId: string, published: boolean): Promise<void> {
    const before = this.#tx.audit.isRecording ? await this.findRoom(roomId as RoomId) : undefined
    if (before !== undefined)
      this.#tx.audit.updated('room', roomId, { published: before.published }, { published })
    const row = await this.#tx.db.get<{ published: number; joined_count: number; sort: number }>(
      'UPDATE rooms SET published = ? WHERE room_id = ? AND published != ? RETURNING published, joined_count, sort',
      published ? 1 : 0,
      roomId,
      published ? 1 : 0,
    )
    if (row !== undefined) await moveRooms(this.#tx.db, [{ roomId, before: row.sort, after: roomSort(row) }])
  }

  /** Puts the room into the list of a network, or takes it out. */
  async setListed(
    roomId: string,
    { appserviceId, networkId }: { appserviceId: string; networkId: string },
    listed: boolean,
  ): Promise<void> {
    await this.#tx.db.send(
      listed
        ? `INSERT INTO network_rooms (appservice_id, network_id, room_id) VALUES (?, ?, ?)
           ON CONFLICT (appservice_id, network_id, room_id) DO NOTHING`
        : 'DELETE FROM network_rooms WHERE appservice_id = ? AND network_id = ? AND room_id = ?',
      appserviceId,
      networkId,
      roomId,
    )
    await indexPublicRoom(this.#tx.db, roomId)
  }

  /** Remembers the answer given to a transaction id. The transaction fails with `ConflictError` when there is one already. */
  async rememberTxn(txn: ClientTxn): Promise<void> {
    await this.#tx.db.send(
      'INSERT INTO client_txns (user_id, device_id, scope, txn_id, response, created_ts) VALUES (?, ?, ?, ?, ?, ?)',
      txn.userId,
      txn.deviceId,
      txn.scope,
      txn.txnId,
      txn.response,
      txn.createdTs,
    )
  }

  /** Forgets answers given before `beforeTs`, at most `limit` of them; how many were forgotten. */
  async forgetTxns(beforeTs: number, limit: number): Promise<number> {
    return this.#tx.db.run(
      `DELETE FROM client_txns WHERE (user_id, device_id, scope, txn_id) IN
         (SELECT user_id, device_id, scope, txn_id FROM client_txns WHERE created_ts < ? LIMIT ?)`,
      beforeTs,
      limit,
    )
  }
}
