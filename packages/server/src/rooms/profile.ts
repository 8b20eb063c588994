import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { outsideAction, type Storage } from '@ranvier/storage'
import { MatrixError } from '../errors.ts'
import type { FindProfile } from './membership.ts'
import type { RoomWriters } from './room-writers.ts'

export type PropagateProfile = (userId: UserId) => Promise<void>

/**
 * Tells every room a user has joined what they are called now, one new member event a room. Other content of the
 * membership stays, but for who let them in: that was about the join itself.
 * Spec: CS API §Events on change of profile information.
 */
export function propagateProfile(deps: {
  storage: Storage
  writers: RoomWriters
  findProfile: FindProfile
}): PropagateProfile {
  return (userId) =>
    // Who changed the profile has a row for that; what every room hears of it follows.
    outsideAction(async () => {
      const profile = await deps.findProfile(userId)
      for (const { roomId } of await deps.storage.read.members.roomsOf(userId, ['join']))
        await renameIn(deps.writers, roomId, userId, profile ?? { displayName: null, avatarUrl: null })
    })
}

async function renameIn(
  writers: RoomWriters,
  roomId: RoomId,
  userId: UserId,
  profile: { displayName: string | null; avatarUrl: string | null },
): Promise<void> {
  try {
    await writers.write(roomId, async (room) => {
      const present = await room.state('m.room.member', userId)
      if (present?.content['membership'] !== 'join') return
      const { displayname, avatar_url, join_authorised_via_users_server, ...content } = present.content
      if (profile.displayName !== null) content['displayname'] = profile.displayName
      if (profile.avatarUrl !== null) content['avatar_url'] = profile.avatarUrl
      await room.append(
        { type: 'm.room.member', stateKey: userId, sender: userId, content },
        { unlessSame: true },
      )
    })
  } catch (error) {
    // A room whose rules refuse the new event must not keep the others from hearing of it.
    if (!(error instanceof MatrixError)) throw error
  }
}

export type PartRoom = (userId: UserId, roomId: RoomId) => Promise<void>

/** Leaves one room, or turns its invite or knock down. Nothing happens if there is nothing to leave. */
export function partRoom(deps: { writers: RoomWriters }): PartRoom {
  return async (userId, roomId) => {
    await deps.writers.write(roomId, async (room) => {
      const membership = await room.membership(userId)
      if (membership !== 'join' && membership !== 'invite' && membership !== 'knock') return
      await room.append({
        type: 'm.room.member',
        stateKey: userId,
        sender: userId,
        content: { membership: 'leave' },
      })
    })
  }
}
