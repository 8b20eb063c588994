import type { Storage } from '@ranvier/storage'
import { Relations } from '../../relations/relations.ts'
import type { RoomEvents } from '../room-events.ts'
import type { RoomReads } from './read-access.ts'
import { Visibility } from './visibility.ts'

/** What rooms are read with, on the events in memory. */
export function roomReads(
  storage: Storage,
  roomEvents: RoomEvents,
  limits: { events: number; rooms: number },
): RoomReads {
  return {
    storage,
    roomEvents,
    visibility: new Visibility(storage, roomEvents),
    relations: new Relations(storage, roomEvents, limits),
  }
}
