import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { MemberRow, RoomRow } from '@ranvier/storage'
import type { RoomReads } from '../rooms/reads/read-access.ts'
import { objectText } from './response-text.ts'
import type { SyncScope } from './scope.ts'

const MAX_HEROES = 5 // Spec: CS API §GET /sync, RoomSummary

/** The members a nameless room is named by: those in it or invited, else those who are gone; never the reader. */
export async function heroMembers(reads: RoomReads, userId: string, roomId: RoomId): Promise<MemberRow[]> {
  const { members } = reads.storage.read
  const present = await members.heroes(roomId, userId, ['join', 'invite'], MAX_HEROES)
  if (present.length > 0) return present
  return members.heroes(roomId, userId, ['leave', 'ban'], MAX_HEROES)
}

/** The ids of these; none for a room that has a name. */
export async function heroesOf(reads: RoomReads, userId: string, roomId: RoomId): Promise<string[]> {
  const room = await reads.storage.read.rooms.findRoom(roomId)
  return room === undefined ? [] : heroesOfRoom(reads, userId, room)
}

async function heroesOfRoom(reads: RoomReads, userId: string, room: RoomRow): Promise<string[]> {
  if (isNamed(room)) return []
  return (await heroMembers(reads, userId, room.roomId)).map((member) => member.userId)
}

const isNamed = ({ name, canonicalAlias }: RoomRow) => name !== null || canonicalAlias !== null

/** Counts of members, and heroes for a room that has no name of its own. */
export async function roomSummary(
  reads: RoomReads,
  { userId }: SyncScope,
  roomId: RoomId,
): Promise<string | undefined> {
  const room = await reads.storage.read.rooms.findRoom(roomId)
  if (room === undefined) return undefined
  return objectText([
    ['m.heroes', isNamed(room) ? undefined : JSON.stringify(await heroesOfRoom(reads, userId, room))],
    ['m.joined_member_count', String(room.joinedCount)],
    ['m.invited_member_count', String(room.invitedCount)],
  ])
}
