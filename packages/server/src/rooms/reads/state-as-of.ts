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
  const entries = new Map(current.map((entry) => [keyOf(entry), entry]))
  const seen = new Set<string>()
  for (const { type, stateKey, previous } of later) {
    if (lazy && type === 'm.room.member') continue
    const key = keyOf({ type, stateKey })
    if (seen.has(key)) continue
    seen.add(key)
    if (previous === null) entries.delete(key)
    else entries.set(key, { type, stateKey, nid: previous })
  }
  return { entries: [...entries.values()], later }
}

/** Names an entry of a room's state. */
export function keyOf({ type, stateKey }: { type: string; stateKey: string }): string {
  return `${type}\0${stateKey}`
}
