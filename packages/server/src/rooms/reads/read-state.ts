import type { StateEntry } from '@ranvier/storage'
import { notFound } from '../../errors.ts'
import type { LoadedEvent } from '../room-events.ts'
import { type RoomReads, readAccess } from './read-access.ts'
import { entriesAsOf } from './state-as-of.ts'

/**
 * The entries of a room's whole state, of one moment: the current one, for a former member the one at the leave.
 * 403 `M_FORBIDDEN` for who may not read the room.
 */
export async function readStateEntries(
  reads: RoomReads,
  userId: string,
  roomId: string,
): Promise<StateEntry[]> {
  const { upTo } = await readAccess(reads, userId, roomId)
  const { roomState, rooms } = reads.storage.read
  if (upTo !== undefined) return roomState.stateAt(roomId, upTo)
  const room = await rooms.findRoom(roomId)
  return room === undefined ? [] : entriesAsOf(reads, roomId, room.lastPosition, false)
}

/** The events of what {@link readStateEntries} reads. */
export async function readState(reads: RoomReads, userId: string, roomId: string): Promise<LoadedEvent[]> {
  return loadEntries(reads, await readStateEntries(reads, userId, roomId))
}

/** One entry of what {@link readState} reads; 404 `M_NOT_FOUND` if the state has none of that name. */
export async function readStateEntry(
  reads: RoomReads,
  userId: string,
  roomId: string,
  { type, stateKey }: { type: string; stateKey: string },
): Promise<LoadedEvent> {
  const { upTo } = await readAccess(reads, userId, roomId)
  const { roomState } = reads.storage.read
  if (upTo === undefined) {
    const row = await roomState.entry(roomId, type, stateKey)
    if (row !== undefined) return reads.roomEvents.fromRow(row)
  } else {
    const nid = await roomState.entryAt(roomId, type, stateKey, upTo)
    const loaded = nid === undefined ? undefined : (await reads.roomEvents.byNid([nid])).get(nid)
    if (loaded !== undefined) return loaded
  }
  throw notFound('State event')
}

/** The events of state entries, in the order in which they came to be. */
export async function loadEntries(reads: RoomReads, entries: readonly StateEntry[]): Promise<LoadedEvent[]> {
  const loaded = await reads.roomEvents.byNid(entries.map(({ nid }) => nid))
  return [...loaded.values()].sort((a, b) => a.row.nid - b.row.nid)
}
