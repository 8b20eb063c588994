import type { Storage } from '@ranvier/storage'
import { forbidden } from '../../errors.ts'
import type { Relations } from '../../relations/relations.ts'
import type { LoadedEvent, RoomEvents } from '../room-events.ts'
import { isServed, type Visibility } from './visibility.ts'

/** What reading a room takes. */
export interface RoomReads {
  storage: Storage
  roomEvents: RoomEvents
  visibility: Visibility
  relations: Relations
  /** An administrator reads: nobody's membership is asked, and everything is shown. */
  unrestricted?: true
}

export interface ReadAccess {
  /** The position of the leave at which the room ends for the user; `undefined`: it goes on. */
  upTo: number | undefined
}

/** Those of a room's events that are shown to the reader, in the same order. */
export async function shownEvents(
  reads: RoomReads,
  userId: string,
  roomId: string,
  events: readonly LoadedEvent[],
): Promise<LoadedEvent[]> {
  if (reads.unrestricted) return events.filter(isServed)
  return reads.visibility.visibleEvents(userId, roomId, events)
}

/**
 * How far a user may read in a room: members as it goes on, former members up to their leave, anybody in a room that is
 * `world_readable`. Everybody else, also in a room that does not exist or was forgotten: 403 `M_FORBIDDEN`.
 *
 * What of it they see is for `Visibility` to say.
 */
export async function readAccess(reads: RoomReads, userId: string, roomId: string): Promise<ReadAccess> {
  if (reads.unrestricted) return { upTo: undefined }
  const history = await reads.visibility.histories.member(roomId, userId)
  if (history.joinedSince !== undefined) return { upTo: undefined }
  const [member, room] = await Promise.all([
    reads.storage.read.members.find(roomId, userId),
    reads.storage.read.rooms.findRoom(roomId),
  ])
  if (room?.historyVisibility === 'world_readable') return { upTo: undefined }
  // Who was invited and never came has no stay whose end could be read up to.
  if (member !== undefined && !member.forgotten && history.lastLeave !== undefined)
    return { upTo: history.lastLeave }
  throw forbidden(`User ${userId} is not in room ${roomId}`)
}
