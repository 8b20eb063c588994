import { type BulkInsert, type BulkStatement, bulkChange, bulkInsert } from '../db/bulk.ts'
import type { SqlValue, WriteHandle } from '../db/types.ts'
import { type RoomMove, roomSort } from '../stores/rooms/sorts.ts'
import type { MemberCounts } from './tables.ts'
import type { RoomCommit } from './types.ts'

const NEW: BulkInsert = {
  table: 'rooms',
  columns: {
    room_id: 'text',
    version: 'text',
    creator: 'text',
    created_ts: 'bigint',
    published: 'bigint',
    extremities: 'text',
    depth: 'bigint',
    snapshot: 'bigint',
    last_position: 'bigint',
    last_ts: 'bigint',
    event_count: 'bigint',
    state_event_count: 'bigint',
    joined_count: 'bigint',
    invited_count: 'bigint',
    joined_devices: 'bigint',
    sort: 'bigint',
  },
}
/** Whatever is added to a room. None of these stands in an index. */
const GROWN = {
  extremities: 'text',
  depth: 'bigint',
  last_position: 'bigint',
  last_ts: 'bigint',
  event_count: '+',
} as const
/**
 * Where state changed as well. Apart, because SQLite writes the entry of each index anew that has a column a statement
 * sets, whatever it sets it to: four of them, and pages of the log, for each message.
 */
const CHANGED = {
  ...GROWN,
  snapshot: 'bigint',
  state_event_count: '+',
  joined_count: '+',
  invited_count: '+',
  joined_devices: '+',
} as const
const grown = update(GROWN)
const changed = update(CHANGED)

/** The rows of `rooms` that a group of commits writes. */
export class RoomRows {
  /** Rooms that are new. */
  readonly created: RoomMove[] = []
  readonly #new: SqlValue[][] = []
  readonly #grown: SqlValue[][] = []
  readonly #changed: SqlValue[][] = []

  /** Where the room stands after `commit`: its last snapshot and position, and how many entries its state has more. */
  add(
    commit: RoomCommit,
    after: { snapshot: number; lastPosition: number; newEntries: number; members: MemberCounts },
  ): void {
    const { roomId, create, events, depth } = commit
    const { snapshot, lastPosition, newEntries, members } = after
    const extremities = JSON.stringify(commit.extremities)
    const lastTs = events[events.length - 1]!.event.originServerTs
    const growth = [extremities, depth, lastPosition, lastTs, events.length]
    const { joined, invited, devices } = members
    if (create !== undefined) {
      const published = create.published ? 1 : 0
      const start = [roomId, create.version, create.creator, create.createdTs, published]
      const sort = roomSort({ published, joined_count: joined })
      this.created.push({ roomId, before: undefined, after: sort })
      const place = [extremities, depth, snapshot, lastPosition, lastTs, events.length]
      this.#new.push([...start, ...place, newEntries, joined, invited, devices, sort])
    } else if (snapshot === commit.snapshot) this.#grown.push([...growth, roomId])
    else this.#changed.push([...growth, snapshot, newEntries, joined, invited, devices, roomId])
  }

  async write(db: WriteHandle): Promise<void> {
    const otherwise = 'events were to be added to a room that is not there, or twice to one in a group'
    await bulkInsert(db, NEW, this.#new)
    await bulkChange(db, grown, { rows: this.#grown, otherwise })
    await bulkChange(db, changed, { rows: this.#changed, otherwise })
  }
}

/** Sets these columns, adds to those with a `+`, of the room whose id comes last. */
function update(columns: Readonly<Record<string, 'text' | 'bigint' | '+'>>): BulkStatement {
  const set = (value: (name: string) => string) =>
    Object.entries(columns)
      .map(([name, type]) => `${name} = ${type === '+' ? `rooms.${name} + ` : ''}${value(name)}`)
      .join(', ')
  const lists = Object.values(columns).map((type) => `?::${type === '+' ? 'bigint' : type}[]`)
  return {
    one: `UPDATE rooms SET ${set(() => '?')} WHERE room_id = ?`,
    many: `UPDATE rooms SET ${set((name) => `new.${name}`)}
      FROM unnest(${lists.join(', ')}, ?::text[]) AS new(${Object.keys(columns).join(', ')}, id) WHERE rooms.room_id = new.id`,
  }
}
