import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { ALL_MEMBERSHIPS, type Membership } from '@ranvier/storage'
import { forbidden } from '../errors.ts'
import { type RoomReads, readAccess } from './read-access.ts'
import { loadEntries } from './read-state.ts'
import type { LoadedEvent } from './room-events.ts'

export interface MembersRequest {
  /** As of this position in the `events` stream; `undefined`: now. */
  at: number | undefined
  membership: Membership | undefined
  notMembership: Membership | undefined
}

/**
 * The member events of a room, as they are now, were at a place, or were when the user left.
 * 403 `M_FORBIDDEN` for who may not read the room. Spec: CS API §GET /members.
 */
export async function listMembers(
  reads: RoomReads,
  userId: string,
  roomId: string,
  { at, membership, notMembership }: MembersRequest,
): Promise<LoadedEvent[]> {
  const { upTo } = await readAccess(reads, userId, roomId)
  // Given both, either may hold: so says the specification.
  const wanted = ALL_MEMBERSHIPS.filter(
    (each) =>
      (membership === undefined && notMembership === undefined) ||
      each === membership ||
      (notMembership !== undefined && each !== notMembership),
  )
  const position = at === undefined ? upTo : Math.min(at, upTo ?? at)
  const room = await reads.storage.read.rooms.findRoom(roomId)
  if (position === undefined || (room !== undefined && position >= room.lastPosition)) {
    const members = await reads.storage.read.members.list(roomId, wanted)
    return [...(await reads.roomEvents.byNid(members.map(({ nid }) => nid))).values()]
  }
  const entries = await reads.storage.read.roomState.stateAt(roomId, position)
  const memberEntries = entries.filter(({ type }) => type === 'm.room.member')
  const members =
    memberEntries.length === 0 ? await firstMember(reads, roomId) : await loadEntries(reads, memberEntries)
  return members.filter(({ event }) => wanted.includes(event.content['membership'] as Membership))
}

/** The create event, and the join of who made the room. */
const FIRST_EVENTS = 2

/**
 * A room without members has not begun: asked about a time before, such as the `prev_batch` of a timeline that holds
 * all of it, the answer is its first member.
 */
async function firstMember(reads: RoomReads, roomId: string): Promise<LoadedEvent[]> {
  const first = await reads.roomEvents.timeline(roomId, { limit: FIRST_EVENTS, dir: 'f' })
  return first.filter(({ event }) => event.type === 'm.room.member')
}

export interface JoinedMember {
  userId: UserId
  displayName: string | null
  avatarUrl: string | null
}

/** Who is joined now. 403 `M_FORBIDDEN` unless the user is. */
export async function listJoinedMembers(
  reads: RoomReads,
  userId: string,
  roomId: string,
): Promise<JoinedMember[]> {
  const { members } = reads.storage.read
  if ((await members.find(roomId, userId))?.membership !== 'join')
    throw forbidden(`User ${userId} is not in room ${roomId}`)
  return members.list(roomId, ['join'])
}

/** The rooms a user is joined to. */
export async function listJoinedRooms(reads: RoomReads, userId: string): Promise<RoomId[]> {
  const rooms = await reads.storage.read.members.roomsOf(userId, ['join'])
  return rooms.map(({ roomId }) => roomId)
}
