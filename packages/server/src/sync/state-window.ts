import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { StateChangeRow, StateEntry } from '@ranvier/storage'
import type { RoomReads } from '../rooms/reads/read-access.ts'
import { entriesAndChanges, keyOf } from '../rooms/reads/state-as-of.ts'
import type { LoadedEvent } from '../rooms/room-events.ts'
import type { TimelineWindow } from './timeline-window.ts'

const MANY_CHANGES = 2_000

export interface StateRange {
  /** Where the client stands; `undefined`: it is to get the whole state. */
  readonly after: number | undefined
  readonly upTo: number
  /** State as of the end of the timeline instead of its start. */
  readonly atEnd: boolean
  /** Members are left to `lazy-members.ts`, except those that changed in the range. */
  readonly lazy: boolean
}

/**
 * nids of the state a client needs beside the window, so that it has the room's state as of `upTo` after taking both:
 *
 *     after │ gap │ window.start │ timeline │ upTo
 *
 * At the start: entries as of `window.start` that the client cannot have, and what the filter or the room's history
 * visibility took out of the timeline. At the end: entries as of `upTo` that changed in the whole range.
 */
export async function stateNids(
  reads: RoomReads,
  roomId: RoomId,
  window: TimelineWindow,
  range: StateRange,
): Promise<number[]> {
  const { after, upTo, atEnd, lazy } = range
  if (after !== undefined) {
    if (window.holdsAllState)
      return atEnd ? lastOfEach(window.events.map(changeOf).filter((c) => c !== undefined)) : []
    return changedNids(reads, roomId, window, { after, upTo, atEnd })
  }
  const at = atEnd ? upTo : window.start
  const { entries, later } = await entriesAndChanges(reads, roomId, at, lazy)
  const nids = entries.map(({ nid }) => nid)
  if (atEnd || window.events.length === 0) return nids
  const changes = later.filter(({ position }) => position <= upTo)
  // A later value would be overwritten by the earlier one if both were given: the later one alone then.
  const late = beforeTimeline(changes, window)
  if (late.length === 0) return nids
  const replaced = new Set(changes.filter(({ nid }) => late.includes(nid)).map(keyOf))
  return [...entries.filter((entry) => !replaced.has(keyOf(entry))).map(({ nid }) => nid), ...late]
}

/** What changed for who stands at `after`; of `many` changes and more only what became of each entry is read. */
export async function changedNids(
  reads: RoomReads,
  roomId: RoomId,
  window: Pick<TimelineWindow, 'events' | 'start'>,
  { after, upTo, atEnd }: { after: number; upTo: number; atEnd: boolean },
  many = MANY_CHANGES,
): Promise<number[]> {
  const { roomState } = reads.storage.read
  const changes = await roomState.changes(roomId, after, upTo, many)
  if (changes.length < many) return atEnd ? lastOfEach(changes) : beforeTimeline(changes, window)
  // A few entries may have changed a hundred thousand times.
  const last = await roomState.changedEntries(roomId, after, upTo)
  if (atEnd) return lastOfEach(last)
  const before = await roomState.changedEntries(roomId, after, window.start)
  const inTimeline = new Set(window.events.map(({ row }) => row.nid))
  return lastOfEach([...before, ...last.filter(({ nid }) => !inTimeline.has(nid))])
}

/** What changed before the timeline, and the last value of what changed during it without being in it. */
function beforeTimeline(
  changes: readonly StateChangeRow[],
  window: Pick<TimelineWindow, 'events' | 'start'>,
): number[] {
  const inTimeline = new Set(window.events.map(({ row }) => row.nid))
  const before = new Map<string, number>()
  const last = new Map<string, number>()
  for (const change of changes) {
    if (change.position <= window.start) before.set(keyOf(change), change.nid)
    last.set(keyOf(change), change.nid)
  }
  for (const [key, nid] of last) if (!inTimeline.has(nid)) before.set(key, nid)
  return [...before.values()]
}

function lastOfEach(changes: readonly StateEntry[]): number[] {
  const last = new Map<string, number>()
  for (const change of changes) last.set(keyOf(change), change.nid)
  return [...last.values()]
}

function changeOf({ row }: LoadedEvent): StateEntry | undefined {
  return row.stateKey === null ? undefined : { type: row.type, stateKey: row.stateKey, nid: row.nid }
}
