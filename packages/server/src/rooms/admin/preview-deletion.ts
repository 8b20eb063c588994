import type { RoomId, ServerName } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { checkWish, DELETE_ROOM, type DeletionWish } from './delete-room.ts'

const MEMBERS_PER_READ = 1_000
/** So many members are looked at. */
const MAX_MEMBERS = 10_000

/** What the deletion of a room would take away. */
export interface DeletionPreview {
  known: boolean
  blocked: boolean
  inProgress: boolean
  joinedLocal: number
  /** Invited, or knocking. */
  pendingLocal: number
  joinedRemote: number
  /** False: there are more members than were looked at. */
  membersExact: boolean
  aliases: string[]
  /** By the totals that are kept of the room; 0 where it is not purged. */
  events: number
  stateEvents: number
}

/** Changes nothing. Throws 400 `M_UNKNOWN` as a deletion would, but not for one in progress. */
export type PreviewDeletion = (roomId: RoomId, wish: DeletionWish) => Promise<DeletionPreview>

export function previewDeletion(deps: {
  storage: Pick<Storage, 'read'>
  serverName: ServerName
  isLocal: (userId: string) => boolean
}): PreviewDeletion {
  const { rooms, roomBlocks, jobs } = deps.storage.read

  async function countMembers(roomId: RoomId) {
    const counts = { joinedLocal: 0, pendingLocal: 0, joinedRemote: 0 }
    let [after, looked] = ['', 0]
    while (looked < MAX_MEMBERS) {
      const page = await deps.storage.read.members.page(roomId, ['join', 'invite', 'knock'], {
        after,
        limit: MEMBERS_PER_READ,
      })
      for (const { userId, membership } of page) {
        if (!deps.isLocal(userId)) counts.joinedRemote += membership === 'join' ? 1 : 0
        else if (membership === 'join') counts.joinedLocal++
        else counts.pendingLocal++
      }
      if (page.length < MEMBERS_PER_READ) return { ...counts, membersExact: true }
      looked += page.length
      after = page.at(-1)!.userId
    }
    return { ...counts, membersExact: false }
  }

  return async (roomId, wish) => {
    checkWish(wish, deps.serverName)
    const [room, blockedBy, live, members, aliases] = await Promise.all([
      rooms.findRoom(roomId),
      roomBlocks.findBlocker(roomId),
      jobs.findLive(DELETE_ROOM, roomId),
      countMembers(roomId),
      rooms.aliasesOf(roomId),
    ])
    const isPurged = wish.purge ?? true
    return {
      known: room !== undefined,
      blocked: blockedBy !== undefined,
      inProgress: live !== undefined,
      ...members,
      aliases: isPurged || wish.newRoomUserId !== undefined ? aliases : [],
      events: isPurged ? (room?.eventCount ?? 0) : 0,
      stateEvents: isPurged ? (room?.stateEventCount ?? 0) : 0,
    }
  }
}
