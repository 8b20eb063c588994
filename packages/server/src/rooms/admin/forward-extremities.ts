import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { EventRow, Storage } from '@ranvier/storage'
import { notFound } from '../../errors.ts'
import type { RoomWriters } from '../room-writers.ts'

/** Where a room's history ends: the events no other event of it follows. */
export interface RoomEnds {
  /** 404 `M_NOT_FOUND` for an unknown room. */
  list(roomId: RoomId): Promise<EventRow[]>
  /** Forgets all but the newest; how many. 404 as above. */
  keepNewest(roomId: RoomId): Promise<number>
}

export function roomEnds({
  storage,
  writers,
}: {
  storage: Pick<Storage, 'read' | 'write'>
  writers: RoomWriters
}): RoomEnds {
  async function list(roomId: RoomId): Promise<EventRow[]> {
    const room = await storage.read.rooms.findRoom(roomId)
    if (room === undefined) throw notFound('Room')
    return storage.read.rooms.eventsById(room.extremities)
  }
  return {
    list,
    keepNewest: (roomId) =>
      writers.alone(roomId, async () => {
        const ends = (await list(roomId)).sort((a, b) => b.nid - a.nid)
        const [newest, ...others] = ends
        if (newest === undefined || others.length === 0) return 0
        await storage.write((tx) => tx.roomDeletion.keepExtremity(roomId, newest.eventId))
        return others.length
      }),
  }
}
