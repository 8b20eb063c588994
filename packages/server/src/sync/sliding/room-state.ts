import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { RoomReads } from '../../rooms/reads/read-access.ts'
import { entriesAsOf } from '../../rooms/reads/state-as-of.ts'
import type { LoadedEvent } from '../../rooms/room-events.ts'
import type { LazyMembers, LazyReader } from '../lazy-members.ts'
import { stateNids } from '../state-window.ts'
import type { TimelineWindow } from '../timeline-window.ts'
import { MEMBER, type RequiredStates } from './required-state.ts'

export interface StateWish {
  readonly roomId: RoomId
  /** Where the client stands; `undefined`: it has nothing of the room. */
  readonly after: number | undefined
  readonly upTo: number
  readonly required: RequiredStates
  /** What was wanted when the client was last told of the room. */
  readonly before: RequiredStates | undefined
  /** Members the room is named by. */
  readonly heroes: readonly string[]
}

export interface StateAnswer {
  /** What the client is told, by position. */
  shown: LoadedEvent[]
  /** Every change of the room's state that is new to the client; for a new room all that was looked at. */
  changed: LoadedEvent[]
}

/** The state of a room, as of the end of its timeline, that a client wants and does not have. MSC4186, `required_state` */
export async function requiredState(
  parts: { reads: RoomReads; lazyMembers: LazyMembers },
  reader: LazyReader,
  window: TimelineWindow,
  wish: StateWish,
): Promise<StateAnswer> {
  const { reads, lazyMembers } = parts
  const { roomId, after, upTo, required, before } = wish
  const wanted = new Set<number>()
  const changes =
    after === undefined ? [] : await stateNids(reads, roomId, window, { ...wish, after, ...AT_END })
  if (after === undefined) for (const nid of await matching(reads, wish, undefined)) wanted.add(nid)
  else if (before !== undefined && !before.covers(required))
    for (const nid of await matching(reads, wish, before)) wanted.add(nid)
  if (required.lazyMembers) {
    const users = new Set<string>([...window.events.map(({ row }) => row.sender), ...wish.heroes])
    const unknown = lazyMembers.select(reader, roomId, users, after === undefined)
    for (const nid of await lazyMembers.memberNids(reads, roomId, unknown, upTo)) wanted.add(nid)
  }
  const events = await reads.roomEvents.byNid([...new Set([...changes, ...wanted])])
  const inOrder = [...events.values()].sort((a, b) => a.row.nid - b.row.nid)
  const changed = new Set(changes)
  // Of members who changed, a client that learns them bit by bit may know any.
  const isWanted = ({ row }: LoadedEvent) =>
    wanted.has(row.nid) ||
    required.wants(row.type, row.stateKey!) ||
    (required.lazyMembers && row.type === MEMBER)
  return {
    shown: inOrder.filter(isWanted),
    changed: after === undefined ? inOrder : inOrder.filter(({ row }) => changed.has(row.nid)),
  }
}

const AT_END = { atEnd: true, lazy: false }

/** nids of all state that is wanted, without what was wanted `before` already. */
async function matching(
  reads: RoomReads,
  { roomId, upTo, required }: StateWish,
  before: RequiredStates | undefined,
): Promise<number[]> {
  const all = required.wantsAllMembers
  const entries = await entriesAsOf(reads, roomId, upTo, !all)
  if (!all && required.members.length > 0)
    entries.push(...(await reads.storage.read.roomState.entriesAt(roomId, MEMBER, required.members, upTo)))
  return entries
    .filter(({ type, stateKey }) => required.wants(type, stateKey) && !before?.wants(type, stateKey))
    .map(({ nid }) => nid)
}
