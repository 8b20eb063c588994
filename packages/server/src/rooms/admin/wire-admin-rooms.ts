import type { ServerName } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import type { Clock } from '../../clock.ts'
import { type CreateRoomDeps, createRoom } from '../create-room.ts'
import { changeMembership, type MembershipDeps } from '../membership.ts'
import { partRoom } from '../profile.ts'
import type { RoomReads } from '../reads/read-access.ts'
import { setBlocked } from './blocks.ts'
import { roomDeletions } from './delete-room.ts'
import { deleteRoomJob } from './delete-room-job.ts'
import { forceJoin } from './force-join.ts'
import { forceMembership } from './force-membership.ts'
import { roomEnds } from './forward-extremities.ts'
import { makeRoomAdmin } from './make-room-admin.ts'
import { previewDeletion } from './preview-deletion.ts'

/** What administrators do with rooms. They act without what is asked of users: no limit counts, no rule of the server. */
export function adminRooms(
  parts: CreateRoomDeps &
    MembershipDeps & { storage: Storage; clock: Clock; serverName: ServerName; reads: RoomReads },
) {
  const { writers, reads } = parts
  const verbs = { createRoom: createRoom(parts), changeMembership: changeMembership(parts) }
  return {
    reads: { ...reads, unrestricted: true as const },
    setBlocked: setBlocked(parts),
    forceJoin: forceJoin({ ...parts, ...verbs }),
    forceMembership: forceMembership(parts),
    makeRoomAdmin: makeRoomAdmin(parts),
    roomEnds: roomEnds(parts),
    deletions: roomDeletions(parts),
    previewDeletion: previewDeletion(parts),
    deleteRoomJob: deleteRoomJob({ ...parts, ...verbs, partRoom: partRoom({ writers }) }),
  }
}
