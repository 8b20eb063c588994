import { setImmediate } from 'node:timers/promises'
import { ask, type Question } from '../../db/gather.ts'
import type { ReadHandle, SqlValue } from '../../db/types.ts'
import { EVENT_COLUMNS, type RawEvent, toEvent } from './rows.ts'
import type { EventRow, StateChangeRow } from './types.ts'

/** One entry of a room's state: which event holds it. */
export interface StateEntry {
  type: string
  stateKey: string
  nid: number
}

interface RawEntry {
  type: string
  state_key: string
  nid: number
}
const toEntry = (row: RawEntry): StateEntry => ({ type: row.type, stateKey: row.state_key, nid: row.nid })

/** Entries between two turns of the event loop: a millisecond or two. SQLite answers at once, and others want to be answered. */
const PAGE = 1_000

/** All entries of the pages that `read` gives, each of those behind an entry. */
async function inPages<Entry extends Pick<RawEntry, 'type' | 'state_key'>>(
  read: (behind: { sql: string; params: string[] }, limit: number) => Promise<Entry[]>,
): Promise<Entry[]> {
  const found = await read({ sql: '', params: [] }, PAGE)
  for (let page = found; page.length === PAGE; ) {
    await setImmediate()
    const { type, state_key } = page.at(-1)!
    page = await read({ sql: 'AND (type, state_key) > (?, ?)', params: [type, state_key] }, PAGE)
    for (const entry of page) found.push(entry)
  }
  return found
}

interface RawChange extends RawEntry {
  position: number
  previous: number | null
}
const toChange = (row: RawChange): StateChangeRow => ({
  ...toEntry(row),
  position: row.position,
  previous: row.previous,
})

const ENTRIES = 'SELECT type, state_key, nid FROM current_state WHERE room_id = ?'
const FIRST_ENTRIES: Question = {
  sql: `${ENTRIES} ORDER BY type, state_key LIMIT ?`,
  params: ['text', 'bigint'],
}
const ENTRIES_BEHIND: Question = {
  sql: `${ENTRIES} AND (type, state_key) > (?, ?) ORDER BY type, state_key LIMIT ?`,
  params: ['text', 'text', 'text', 'bigint'],
}
const ENTRIES_BUT_MEMBERS: Question = {
  sql: `${ENTRIES} AND type < 'm.room.member' UNION ALL ${ENTRIES} AND type > 'm.room.member'`,
  params: ['text', 'text'],
}
const changes = (where = ''): Question => ({
  sql: `SELECT position, type, state_key, nid, previous FROM state_changes
    WHERE room_id = ? AND position > ? AND position <= ? ${where} ORDER BY position LIMIT ?`,
  params: ['text', 'bigint', 'bigint', 'bigint'],
})
const CHANGES = changes()
const MEMBER_CHANGES = changes("AND type = 'm.room.member'")
const HISTORY: Question = {
  sql: 'SELECT position, nid FROM state_changes WHERE room_id = ? AND type = ? AND state_key = ? ORDER BY position',
  params: ['text', 'text', 'text'],
}

const MEMBER = 'm.room.member'
const MEMBERS = `k.room_id = ? AND k.type = '${MEMBER}'`
/** Reading so many changes takes as long as looking up what some hundred entries were. */
const MANY_CHANGES = 2_000

/** nids of a member's event before some changes (`null`: there was none) and after them. */
export interface MemberSpan {
  before: number | null
  now: number
}

function spansOf(changes: readonly StateChangeRow[]): Map<string, MemberSpan> {
  const spans = new Map<string, MemberSpan>()
  for (const { stateKey, previous, nid } of changes) {
    const span = spans.get(stateKey)
    if (span === undefined) spans.set(stateKey, { before: previous, now: nid })
    else span.now = nid
  }
  return spans
}

/** The current state of rooms and how it changed. */
export class RoomStateReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** The whole current state, with its events. Grows with the room's members. */
  async currentState(roomId: string): Promise<EventRow[]> {
    const rows = await this.db.all<RawEvent>(
      `SELECT ${EVENT_COLUMNS} FROM current_state s JOIN events e ON e.nid = s.nid WHERE s.room_id = ?`,
      roomId,
    )
    return rows.map(toEvent)
  }

  /**
   * The whole current state. More than a page of it is not of one moment: what has changed since the first one is to be
   * taken back.
   */
  async currentEntries(roomId: string): Promise<StateEntry[]> {
    const rows = await inPages<RawEntry>(({ params: behind }, limit) =>
      ask(this.db, behind.length === 0 ? FIRST_ENTRIES : ENTRIES_BEHIND, roomId, ...behind, limit),
    )
    return rows.map(toEntry)
  }

  /** The current entries of every type but `m.room.member`. */
  async currentEntriesButMembers(roomId: string): Promise<StateEntry[]> {
    return (await ask<RawEntry>(this.db, ENTRIES_BUT_MEMBERS, roomId, roomId)).map(toEntry)
  }

  async entry(roomId: string, type: string, stateKey: string): Promise<EventRow | undefined> {
    const row = await this.db.get<RawEvent>(
      `SELECT ${EVENT_COLUMNS} FROM current_state s JOIN events e ON e.nid = s.nid
       WHERE s.room_id = ? AND s.type = ? AND s.state_key = ?`,
      roomId,
      type,
      stateKey,
    )
    return row && toEvent(row)
  }

  /** The current entries of one type. */
  async entriesOfType(roomId: string, type: string): Promise<EventRow[]> {
    const rows = await this.db.all<RawEvent>(
      `SELECT ${EVENT_COLUMNS} FROM current_state s JOIN events e ON e.nid = s.nid
       WHERE s.room_id = ? AND s.type = ?`,
      roomId,
      type,
    )
    return rows.map(toEvent)
  }

  /** The current entries of `type` for those of `stateKeys` that exist. */
  async entriesFor(roomId: string, type: string, stateKeys: readonly string[]): Promise<StateEntry[]> {
    if (stateKeys.length === 0) return []
    const rows = await this.db.all<RawEntry>(
      'SELECT type, state_key, nid FROM current_state WHERE room_id = ? AND type = ? AND state_key = ANY(?)',
      roomId,
      type,
      stateKeys,
    )
    return rows.map(toEntry)
  }

  /** The whole state as of `position`. Grows with the entries the room has ever had, not with how often they changed. */
  async stateAt(roomId: string, position: number): Promise<StateEntry[]> {
    return this.#entriesAsOf('k.room_id = ?', { after: 0, upTo: position }, [roomId])
  }

  /** The entries of every type but `m.room.member` as of `position`. */
  async stateAtButMembers(roomId: string, position: number): Promise<StateEntry[]> {
    const range = { after: 0, upTo: position }
    return [
      ...(await this.#entriesAsOf("k.room_id = ? AND k.type < 'm.room.member'", range, [roomId])),
      ...(await this.#entriesAsOf("k.room_id = ? AND k.type > 'm.room.member'", range, [roomId])),
    ]
  }

  /** The member entries as of `position`. */
  async membersAt(roomId: string, position: number): Promise<StateEntry[]> {
    return this.#entriesAsOf(MEMBERS, { after: 0, upTo: position }, [roomId])
  }

  async #entriesAsOf(
    where: string,
    { after, upTo }: { after: number; upTo: number },
    params: readonly SqlValue[],
  ): Promise<StateEntry[]> {
    // What was between two positions stays what it was: pages of it are of one moment.
    const rows = await inPages<Omit<RawEntry, 'nid'> & { nid: number | null }>((behind, limit) =>
      this.db.all(
        `SELECT k.type, k.state_key,
                (SELECT c.nid FROM state_changes c
                 WHERE c.room_id = k.room_id AND c.type = k.type AND c.state_key = k.state_key
                   AND c.position > ? AND c.position <= ?
                 ORDER BY c.position DESC LIMIT 1) AS nid
         FROM state_keys k WHERE ${where} ${behind.sql} ORDER BY k.type, k.state_key LIMIT ?`,
        after,
        upTo,
        ...params,
        ...behind.params,
        limit,
      ),
    )
    return rows.flatMap(({ nid, ...row }) => (nid === null ? [] : toEntry({ ...row, nid })))
  }

  /** nid of what the entry was as of `position`. */
  async entryAt(
    roomId: string,
    type: string,
    stateKey: string,
    position: number,
  ): Promise<number | undefined> {
    const row = await this.db.get<{ nid: number }>(
      `SELECT nid FROM state_changes WHERE room_id = ? AND type = ? AND state_key = ? AND position <= ?
       ORDER BY position DESC LIMIT 1`,
      roomId,
      type,
      stateKey,
      position,
    )
    return row?.nid
  }

  /**
   * Like `entryAt` for many state keys of one type; keys without a value are left out. Grows with the keys, not with how often
   * each has changed: who is bridged from elsewhere may have come and gone thousands of times.
   */
  async entriesAt(
    roomId: string,
    type: string,
    stateKeys: readonly string[],
    position: number,
  ): Promise<StateEntry[]> {
    if (stateKeys.length === 0) return []
    const range = { after: 0, upTo: position }
    return this.#entriesAsOf('k.room_id = ? AND k.type = ? AND k.state_key = ANY(?)', range, [
      roomId,
      type,
      stateKeys,
    ])
  }

  /** What changed in positions above `after` up to `upTo`, in order; the first `limit` of it. */
  async changes(
    roomId: string,
    after: number,
    upTo: number,
    limit = Number.MAX_SAFE_INTEGER,
  ): Promise<StateChangeRow[]> {
    return (await ask<RawChange>(this.db, CHANGES, roomId, after, upTo, limit)).map(toChange)
  }

  /**
   * What became of the members whose events changed in positions above `after` up to `upTo`, by user id. Of `many` changes and
   * more it looks at each member, if these are fewer: a room may have changed a hundred thousand times without them.
   */
  async memberSpans(
    roomId: string,
    after: number,
    upTo: number,
    many = MANY_CHANGES,
  ): Promise<Map<string, MemberSpan>> {
    const first = await this.changes(roomId, after, upTo, many)
    if (first.length < many) return spansOf(first.filter(({ type }) => type === MEMBER))
    const count = await this.db.get<{ members: number }>(
      `SELECT COUNT(*) AS members FROM (SELECT 1 FROM state_keys WHERE room_id = ? AND type = ? LIMIT ?) AS k`,
      roomId,
      MEMBER,
      many,
    )
    if (Number(count!.members) >= many) {
      const limit = Number.MAX_SAFE_INTEGER
      return spansOf(
        (await ask<RawChange>(this.db, MEMBER_CHANGES, roomId, after, upTo, limit)).map(toChange),
      )
    }
    const now = await this.#entriesAsOf(MEMBERS, { after, upTo }, [roomId])
    const keys = now.map(({ stateKey }) => stateKey)
    const before = new Map(
      (await this.entriesAt(roomId, MEMBER, keys, after)).map(({ stateKey, nid }) => [stateKey, nid]),
    )
    return new Map(
      now.map(({ stateKey, nid }) => [stateKey, { before: before.get(stateKey) ?? null, now: nid }]),
    )
  }

  /**
   * The entries that changed in positions above `after` up to `upTo`, as of then. Grows with the entries of the room, not
   * with how often they changed.
   */
  async changedEntries(roomId: string, after: number, upTo: number): Promise<StateEntry[]> {
    return this.#entriesAsOf('k.room_id = ?', { after, upTo }, [roomId])
  }

  /** Every value the entry has had, oldest first. */
  async history(
    roomId: string,
    type: string,
    stateKey: string,
  ): Promise<{ position: number; nid: number }[]> {
    const rows = await ask<{ position: number; nid: number }>(this.db, HISTORY, roomId, type, stateKey)
    return rows.map(({ position, nid }) => ({ position, nid }))
  }
}
