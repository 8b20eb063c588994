import type { EventId } from '@ranvier/protocol/ids/brands'
import { type BulkInsert, bulkInsert } from '../db/bulk.ts'
import { together } from '../db/together.ts'
import type { SqlValue, WriteHandle } from '../db/types.ts'
import { queueDirectoryMembers, queueDirectoryRename } from '../stores/directory/user-directory-queue.ts'
import { removeFromSearch } from '../stores/events/event-search.ts'
import { markUnpruned } from '../stores/events/redactions.ts'
import { addReplies, type NewReplies, removeReply, THREAD } from '../stores/events/threads.ts'
import { moveRooms, type RoomMove, roomSort } from '../stores/rooms/sorts.ts'
import type { EventRow } from '../stores/rooms/types.ts'
import { RoomRows } from './room-rows.ts'
import type { CommittedEvent, MemberChange, NewEvent } from './types.ts'

const EVENTS: BulkInsert = {
  table: 'events',
  columns: {
    nid: 'bigint',
    position: 'bigint',
    event_id: 'text',
    room_id: 'text',
    type: 'text',
    state_key: 'text',
    sender: 'text',
    depth: 'bigint',
    origin_server_ts: 'bigint',
    received_ts: 'bigint',
    pdu: 'text',
    snapshot: 'bigint',
    replaces: 'bigint',
    relates_to: 'text',
    rel_type: 'text',
    txn_device: 'text',
    txn_id: 'text',
    membership: 'text',
  },
}
export const STATE_CHANGES: BulkInsert = {
  table: 'state_changes',
  columns: {
    room_id: 'text',
    position: 'bigint',
    type: 'text',
    state_key: 'text',
    nid: 'bigint',
    previous: 'bigint',
  },
}
export const STATE_KEYS: BulkInsert = {
  table: 'state_keys',
  columns: { id: 'bigint', room_id: 'text', type: 'text', state_key: 'text' },
}
const CURRENT_STATE: BulkInsert = {
  table: 'current_state',
  columns: { room_id: 'text', type: 'text', state_key: 'text', nid: 'bigint' },
  conflict: 'ON CONFLICT (room_id, type, state_key) DO UPDATE SET nid = excluded.nid',
}
const SNAPSHOTS: BulkInsert = {
  table: 'state_snapshots',
  columns: { id: 'bigint', room_id: 'text', parent_id: 'bigint', depth: 'bigint', delta: 'bytea' },
}
const MEMBERS: BulkInsert = {
  table: 'room_members',
  columns: {
    room_id: 'text',
    user_id: 'text',
    membership: 'text',
    nid: 'bigint',
    sender: 'text',
    display_name: 'text',
    avatar_url: 'text',
    forgotten: 'bigint',
  },
  conflict: `ON CONFLICT (room_id, user_id) DO UPDATE SET membership = excluded.membership, nid = excluded.nid,
    sender = excluded.sender, display_name = excluded.display_name, avatar_url = excluded.avatar_url,
    forgotten = excluded.forgotten`,
}
const TXNS: BulkInsert = {
  table: 'client_txns',
  columns: {
    user_id: 'text',
    device_id: 'text',
    scope: 'text',
    txn_id: 'text',
    response: 'text',
    created_ts: 'bigint',
  },
}
/** Columns of `rooms` that mirror the state, by their names in `RoomSummary`. */
export const SUMMARY_COLUMNS = {
  name: 'name',
  topic: 'topic',
  avatarUrl: 'avatar_url',
  canonicalAlias: 'canonical_alias',
  joinRule: 'join_rule',
  historyVisibility: 'history_visibility',
  guestAccess: 'guest_access',
  encryption: 'encryption',
  roomType: 'room_type',
  federatable: 'federatable',
  replacementRoom: 'replacement_room',
} as const

/** The rows of one group of commits. Entries that may change twice in a group are kept by key, the last one wins. */
export class Rows {
  readonly events: SqlValue[][] = []
  readonly stateChanges: SqlValue[][] = []
  readonly currentState = new Map<string, SqlValue[]>()
  readonly snapshots: SqlValue[][] = []
  readonly members = new Map<string, SqlValue[]>()
  readonly rooms = new RoomRows()
  /** Those whose first member has come, or last one gone. */
  readonly resorted: string[] = []
  readonly stateKeys: SqlValue[][] = []
  readonly txns: SqlValue[][] = []
  /** Those that redact another. */
  readonly redactions: CommittedEvent[] = []
  readonly replies = new Map<string, NewReplies>()
  /** Who came or went, and whose name changed, by room and user: the user directory looks at them later. */
  readonly directoryMembers = new Map<string, { roomId: string; userId: string }>()
  readonly directoryRenames: { roomId: string; userId: string }[] = []

  noteDirectory(roomId: string, { userId, from, to }: MemberChange): void {
    if ((from === 'join') !== (to === 'join'))
      this.directoryMembers.set(`${roomId}\0${userId}`, { roomId, userId })
    else if (to === 'join') this.directoryRenames.push({ roomId, userId })
  }

  noteReply({ roomId, nid }: EventRow, { eventId, relType }: NonNullable<NewEvent['relation']>): void {
    if (relType !== THREAD) return
    const key = `${roomId}\0${eventId}`
    const replies = (this.replies.get(key)?.replies ?? 0) + 1
    this.replies.set(key, { roomId, rootId: eventId, lastPosition: nid, replies })
  }

  /** How many are joined changes. What is kept by the sort of rooms seldom changes with it. */
  noteJoined(roomId: string, before: number, after: number): void {
    const [old, now] = [before, after].map((count) => roomSort({ published: 0, joined_count: count }))
    if (old !== now) this.resorted.push(roomId)
  }

  async #moveRooms(db: WriteHandle): Promise<void> {
    const moves: RoomMove[] = [...this.rooms.created]
    if (this.resorted.length > 0) {
      const rows = await db.all<{ room_id: string; published: number; joined_count: number; sort: number }>(
        'SELECT room_id, published, joined_count, sort FROM rooms WHERE room_id = ANY(?)',
        this.resorted,
      )
      moves.push(...rows.map((row) => ({ roomId: row.room_id, before: row.sort, after: roomSort(row) })))
    }
    await moveRooms(db, moves)
  }

  async write(db: WriteHandle): Promise<void> {
    await bulkInsert(db, EVENTS, this.events)
    await this.rooms.write(db)
    await bulkInsert(db, TXNS, this.txns)
    await bulkInsert(db, STATE_KEYS, this.stateKeys)
    await bulkInsert(db, STATE_CHANGES, this.stateChanges)
    await bulkInsert(db, CURRENT_STATE, [...this.currentState.values()])
    await bulkInsert(db, SNAPSHOTS, this.snapshots)
    await bulkInsert(db, MEMBERS, [...this.members.values()])
    await queueDirectoryMembers(db, [...this.directoryMembers.values()])
    for (const { roomId, userId } of this.directoryRenames) await queueDirectoryRename(db, roomId, userId)
    await addReplies(db, [...this.replies.values()])
    await this.#moveRooms(db)
    for (const redaction of this.redactions) await redact(db, redaction)
  }
}

/** Marks an event as redacted, the first time; what it related to is noted in `redaction`. */
async function redact(db: WriteHandle, redaction: CommittedEvent): Promise<void> {
  const { row, redacts } = redaction
  const [isFirst, target] = await together([
    db.run(
      'UPDATE events SET redacted_by = ? WHERE event_id = ? AND redacted_by IS NULL',
      row.eventId,
      redacts!,
    ),
    db.get<{
      nid: number
      relates_to: EventId | null
      rel_type: string | null
      position: number
      state_key: string | null
    }>('SELECT nid, relates_to, rel_type, position, state_key FROM events WHERE event_id = ?', redacts!),
  ])
  if (!isFirst) return
  await markUnpruned(db, redacts!, row.receivedTs)
  if (target === undefined) return
  await removeFromSearch(db, [target.nid])
  if (target.relates_to === null) return
  redaction.unrelated = target.relates_to
  if (target.rel_type === THREAD && target.state_key === null)
    await removeReply(db, { roomId: row.roomId, rootId: target.relates_to, position: target.position })
}

/** How a commit changes a room's member counts. */
export class MemberCounts {
  joined = 0
  invited = 0
  /** Devices of the joined, as far as they are counted in rooms. */
  devices = 0
  readonly #counted: ReadonlyMap<string, number>
  constructor(countedDevices: ReadonlyMap<string, number>) {
    this.#counted = countedDevices
  }
  add({ userId, from, to }: MemberChange): void {
    const joined = Number(to === 'join') - Number(from === 'join')
    this.joined += joined
    this.devices += joined * (this.#counted.get(userId) ?? 0)
    this.invited += Number(to === 'invite') - Number(from === 'invite')
  }
}

export function eventValues(row: EventRow, item: NewEvent): SqlValue[] {
  return [
    row.nid,
    row.position,
    row.eventId,
    row.roomId,
    row.type,
    row.stateKey,
    row.sender,
    row.depth,
    row.originServerTs,
    row.receivedTs,
    row.pdu,
    row.snapshot,
    row.replaces,
    item.relation?.eventId ?? null,
    item.relation?.relType ?? null,
    row.txnDevice,
    row.txnId,
    item.member?.to ?? null,
  ]
}

export function committedEvent(row: EventRow, item: NewEvent): CommittedEvent {
  const committed: CommittedEvent = { row, event: item.event }
  if (item.member !== undefined) committed.member = item.member
  if (item.redacts !== undefined) committed.redacts = item.redacts
  return committed
}
