import type { StateChangeRow, StateEntry } from '@ranvier/storage'
import type { RoomReads } from './read-access.ts'

const NEWEST = Number.MAX_SAFE_INTEGER

/**
 * The state as of `position`: the current one, with later changes taken back. Changes are read after the state, so
 * that one which comes between is taken back as well, or twice, which is the same.
 */
export async function entriesAsOf(
  reads: RoomReads,
  roomId: string,
  position: number,
  lazy: boolean,
): Promise<StateEntry[]> {
  return (await entriesAndChanges(reads, roomId, position, lazy)).entries
}

/** The same with what changed later, in order. */
export async function entriesAndChanges(
  reads: RoomReads,
  roomId: string,
  position: number,
  lazy: boolean,
): Promise<{ entries: StateEntry[]; later: StateChangeRow[] }> {
  const { roomState } = reads.storage.read
  const current = lazy
    ? await roomState.currentEntriesButMembers(roomId)
    : await roomState.currentEntries(roomId)
  const later = await roomState.changes(roomId, position, NEWEST)
  if (later.length === 0) return { entries: current, later }
  // By their numbers: to name each entry of a large room's takes ten times as long.
  const changed = new Set<number>()
  const before = new Map<number, StateEntry>()
  const seen = new Set<string>()
  for (const { type, stateKey, nid, previous } of later) {
    if (lazy && type === 'm.room.member') continue
    changed.add(nid)
    const key = keyOf({ type, stateKey })
    if (seen.has(key)) continue
    seen.add(key)
    if (previous !== null) before.set(previous, { type, stateKey, nid: previous })
  }
  // One that was read before it changed is among both.
  const unchanged = current.filter(({ nid }) => !changed.has(nid) && !before.has(nid))
  return { entries: [...unchanged, ...before.values()], later }
}

/** Names an entry of a room's state. */
export function keyOf({ type, stateKey }: { type: string; stateKey: string }): string {
  return `${type}\0${stateKey}`
}
