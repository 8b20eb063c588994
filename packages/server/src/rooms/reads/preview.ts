import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { findRoomVersion } from '@ranvier/protocol/room-version/versions'
import type { RoomRow } from '@ranvier/storage'
import { allowedRooms, isJoinedToOne } from '../allowed-rooms.ts'
import type { RoomReads } from './read-access.ts'

/**
 * Whether somebody may know what a room is called and who it is for: members and the invited, everybody where anybody may
 * join, knock or read, and those in a room whose members may join. `userId` null: nobody in particular.
 * Spec: CS API §GET /rooms/{roomId}/hierarchy, §GET /room_summary/{roomIdOrAlias}.
 */
export async function mayPreview(reads: RoomReads, userId: UserId | null, room: RoomRow): Promise<boolean> {
  if (reads.unrestricted) return true
  const { joinRule, historyVisibility } = room
  const membership =
    userId === null ? undefined : (await reads.storage.read.members.find(room.roomId, userId))?.membership
  if (membership === 'join' || membership === 'invite') return true
  if (historyVisibility === 'world_readable' || joinRule === 'public') return true
  const rules = findRoomVersion(room.version)
  if (joinRule === 'knock' && rules?.knocking) return true
  if (joinRule === 'knock_restricted' && rules?.knockRestricted) return true
  if (userId === null) return false
  return isJoinedToOne(reads.storage, userId, (await allowedRoomIds(reads, room)) ?? [])
}

/** The rooms whose members may join a room, if it says so and its version knows of it; `undefined` otherwise. */
export async function allowedRoomIds(
  { storage, roomEvents }: RoomReads,
  { roomId, version, joinRule }: RoomRow,
): Promise<RoomId[] | undefined> {
  const rules = findRoomVersion(version)
  const isRestricted =
    (joinRule === 'restricted' && rules?.restrictedJoins) ||
    (joinRule === 'knock_restricted' && rules?.knockRestricted)
  if (!isRestricted) return undefined
  const row = await storage.read.roomState.entry(roomId, 'm.room.join_rules', '')
  return row && allowedRooms((await roomEvents.fromRow(row)).event.content['allow'])
}
