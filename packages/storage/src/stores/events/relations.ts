import type { EventId, UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle } from '../../db/types.ts'
import { THREAD } from './threads.ts'

/** An event that relates to another, as far as bundles of the other need it. */
export interface Related {
  nid: number
  eventId: EventId
  sender: UserId
  position: number
}

/** What of an event's relations somebody wants to see. Positions: above `after`, up to and with `upTo`. */
export interface RelatedRange {
  relType?: string | undefined
  eventType?: string | undefined
  after?: number | undefined
  upTo?: number | undefined
  limit: number
  dir: 'b' | 'f'
}

export interface ThreadRow {
  rootId: EventId
  /** Position of the newest reply that is not redacted. */
  lastPosition: number
  replies: number
}

interface RawRelated {
  nid: number
  event_id: EventId
  sender: UserId
  position: number
}

const OLDEST = Number.MIN_SAFE_INTEGER
const NEWEST = Number.MAX_SAFE_INTEGER

/**
 * Relations that count: of accepted events that are no state and have not been redacted. Written so that no index of
 * positions or rooms looks useful for it: the relation itself is what narrows down.
 */
const COUNTS = `c.state_key IS NULL AND c.redacted_by IS NULL AND c.status = 0
  AND COALESCE(c.position, ${OLDEST}) > ${OLDEST}`
const IN_ROOM = "(c.room_id || '') = ?"

/** Which events relate to which. Written with the events. Spec: CS API §Relationships. */
export class RelationReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** Those of the events to which any other relates, in no order. One look at an index for each. */
  async haveRelations(eventIds: readonly string[]): Promise<EventId[]> {
    if (eventIds.length === 0) return []
    const rows = await this.db.all<{ event_id: EventId }>(
      `SELECT e.event_id FROM events e
       WHERE e.event_id = ANY(?) AND EXISTS (SELECT 1 FROM events c WHERE c.relates_to = e.event_id)`,
      eventIds,
    )
    return rows.map((row) => row.event_id)
  }

  /** What relates to an event with one `rel_type`, `f` oldest first. */
  async children(
    parent: { roomId: string; eventId: string },
    relType: string,
    { limit, dir }: Pick<RelatedRange, 'limit' | 'dir'>,
  ): Promise<Related[]> {
    const rows = await this.db.all<RawRelated>(
      `SELECT c.nid, c.event_id, c.sender, c.position FROM events c
       WHERE c.relates_to = ? AND c.rel_type = ? AND ${IN_ROOM} AND ${COUNTS}
       ORDER BY c.position ${dir === 'b' ? 'DESC' : 'ASC'} LIMIT ?`,
      parent.eventId,
      relType,
      parent.roomId,
      limit,
    )
    return rows.map(toRelated)
  }

  /**
   * What its sender has put in the place of an event, newest first: by the time its sender gave it, then by id. Whether
   * the contents make it a replacement is not looked at. Spec: CS API §Validity of replacement events.
   */
  async replacements(
    original: { roomId: string; eventId: string; sender: string; type: string },
    limit: number,
  ): Promise<Related[]> {
    const rows = await this.db.all<RawRelated>(
      `SELECT c.nid, c.event_id, c.sender, c.position FROM events c
       WHERE c.relates_to = ? AND c.rel_type = 'm.replace' AND c.sender = ? AND ${IN_ROOM} AND c.type = ?
         AND ${COUNTS}
       ORDER BY c.origin_server_ts DESC, c.event_id DESC LIMIT ?`,
      original.eventId,
      original.sender,
      original.roomId,
      original.type,
      limit,
    )
    return rows.map(toRelated)
  }

  /** Numbers of the events that relate to an event, by position in the direction. */
  async page(
    parent: { roomId: string; eventId: string },
    { relType, eventType, after = OLDEST, upTo = NEWEST, limit, dir }: RelatedRange,
  ): Promise<number[]> {
    const rows = await this.db.all<{ nid: number }>(
      `SELECT c.nid FROM events c
       WHERE c.relates_to = ? AND ${IN_ROOM}${relType === undefined ? '' : ' AND c.rel_type = ?'}
         ${eventType === undefined ? '' : 'AND c.type = ?'} AND c.position > ? AND c.position <= ? AND ${COUNTS}
       ORDER BY c.position ${dir === 'b' ? 'DESC' : 'ASC'} LIMIT ?`,
      parent.eventId,
      parent.roomId,
      ...(relType === undefined ? [] : [relType]),
      ...(eventType === undefined ? [] : [eventType]),
      after,
      upTo,
      limit,
    )
    return rows.map((row) => row.nid)
  }

  /** As {@link page}, with what relates to the event by way of others, up to `depth` relations away. */
  async pageRecursive(
    parent: { roomId: string; eventId: string },
    depth: number,
    { relType, eventType, after = OLDEST, upTo = NEWEST, limit, dir }: RelatedRange,
  ): Promise<number[]> {
    const rows = await this.db.all<{ nid: number }>(
      `WITH RECURSIVE found (nid, event_id, position, type, rel_type, depth) AS (
         SELECT c.nid, c.event_id, c.position, c.type, c.rel_type, 1 FROM events c
         WHERE c.relates_to = ? AND ${IN_ROOM} AND ${COUNTS}
         UNION
         SELECT c.nid, c.event_id, c.position, c.type, c.rel_type, f.depth + 1 FROM found f
         JOIN events c ON c.relates_to = f.event_id
         WHERE f.depth < ? AND ${IN_ROOM} AND ${COUNTS}
       )
       SELECT DISTINCT nid, position FROM found
       WHERE position > ? AND position <= ?${relType === undefined ? '' : ' AND rel_type = ?'}
         ${eventType === undefined ? '' : 'AND type = ?'}
       ORDER BY position ${dir === 'b' ? 'DESC' : 'ASC'} LIMIT ?`,
      parent.eventId,
      parent.roomId,
      depth,
      parent.roomId,
      after,
      upTo,
      ...(relType === undefined ? [] : [relType]),
      ...(eventType === undefined ? [] : [eventType]),
      limit,
    )
    return rows.map((row) => row.nid)
  }

  /** Numbers of the events with which `sender` annotated an event. */
  async annotationsBy(sender: string, parentId: string): Promise<number[]> {
    const rows = await this.db.all<{ nid: number }>(
      `SELECT c.nid FROM events c
       WHERE c.relates_to = ? AND c.rel_type = 'm.annotation' AND c.sender = ? AND ${COUNTS}`,
      parentId,
      sender,
    )
    return rows.map((row) => row.nid)
  }

  /** How many replies in a thread are from any of `senders`. */
  async countReplies(
    thread: { roomId: string; eventId: string },
    senders: readonly string[],
  ): Promise<number> {
    if (senders.length === 0) return 0
    const row = await this.db.get<{ n: number }>(
      `SELECT count(*) AS n FROM events c
       WHERE c.relates_to = ? AND c.rel_type = '${THREAD}' AND c.sender = ANY(?) AND ${IN_ROOM} AND ${COUNTS}`,
      thread.eventId,
      senders,
      thread.roomId,
    )
    return row?.n ?? 0
  }

  /**
   * Those of the events to which something relates that has one of the types and one of the senders; of either, all when
   * `undefined`. Spec: CS API §Filtering, `related_by_senders` and `related_by_rel_types`.
   */
  async relatedBy(
    eventIds: readonly string[],
    by: { relTypes: readonly string[] | undefined; senders: readonly string[] | undefined },
  ): Promise<Set<string>> {
    if (eventIds.length === 0) return new Set()
    const rows = await this.db.all<{ relates_to: string }>(
      `SELECT DISTINCT c.relates_to FROM events c WHERE c.relates_to = ANY(?)
         ${by.relTypes === undefined ? '' : 'AND c.rel_type = ANY(?)'}
         ${by.senders === undefined ? '' : 'AND c.sender = ANY(?)'} AND ${COUNTS}`,
      eventIds,
      ...(by.relTypes === undefined ? [] : [by.relTypes]),
      ...(by.senders === undefined ? [] : [by.senders]),
    )
    return new Set(rows.map((row) => row.relates_to))
  }

  async thread(roomId: string, rootId: string): Promise<ThreadRow | undefined> {
    const row = await this.db.get<RawThread>(
      'SELECT root_id, last_position, replies FROM threads WHERE room_id = ? AND root_id = ?',
      roomId,
      rootId,
    )
    return row && toThread(row)
  }

  /** Threads of a room with their newest reply up to and with a position, the liveliest first. */
  async threads(roomId: string, upTo: number | undefined, limit: number): Promise<ThreadRow[]> {
    const rows = await this.db.all<RawThread>(
      `SELECT root_id, last_position, replies FROM threads WHERE room_id = ? AND last_position <= ?
       ORDER BY last_position DESC LIMIT ?`,
      roomId,
      upTo ?? NEWEST,
      limit,
    )
    return rows.map(toThread)
  }
}

interface RawThread {
  root_id: EventId
  last_position: number
  replies: number
}

function toThread(row: RawThread): ThreadRow {
  return { rootId: row.root_id, lastPosition: row.last_position, replies: row.replies }
}

function toRelated(row: RawRelated): Related {
  return { nid: row.nid, eventId: row.event_id, sender: row.sender, position: row.position }
}
