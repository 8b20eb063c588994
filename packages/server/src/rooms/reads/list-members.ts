import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { ALL_MEMBERSHIPS, type MemberRow, type Membership } from '@ranvier/storage'
import { forbidden } from '../../errors.ts'
import { AT_ONCE, ascending, inSteps } from '../../in-steps.ts'
import type { LoadedEvent } from '../room-events.ts'
import { namesIn } from './member-names.ts'
import { type RoomReads, readAccess } from './read-access.ts'

export interface MembersRequest {
  /** As of this position in the `events` stream; `undefined`: now. */
  at: number | undefined
  membership: Membership | undefined
  notMembership: Membership | undefined
}

/** Events of one moment: they are what they are, whenever they are read. */
export interface FoundEvents {
  nids: number[]
  /** Those to leave out are known by what they say. */
  isWanted?: (loaded: LoadedEvent) => boolean
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
): Promise<FoundEvents> {
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
  if (position === undefined || (room !== undefined && position >= room.lastPosition))
    return { nids: await reads.storage.read.members.nids(roomId, wanted) }
  const entries = await reads.storage.read.roomState.membersAt(roomId, position)
  return {
    nids: entries.length === 0 ? await firstMember(reads, roomId) : entries.map(({ nid }) => nid),
    isWanted: ({ event }) => wanted.includes(event.content['membership'] as Membership),
  }
}

/** The create event, and the join of who made the room. */
const FIRST_EVENTS = 2

/**
 * A room without members has not begun: asked about a time before, such as the `prev_batch` of a timeline that holds
 * all of it, the answer is its first member.
 */
async function firstMember(reads: RoomReads, roomId: string): Promise<number[]> {
  const first = await reads.roomEvents.timeline(roomId, { limit: FIRST_EVENTS, dir: 'f' })
  return first.filter(({ event }) => event.type === 'm.room.member').map(({ row }) => row.nid)
}

export interface JoinedMember {
  userId: UserId
  displayName: string | null
  avatarUrl: string | null
}

/** Who is joined to a room: at once, or of a large one step by step. */
export type JoinedMembers =
  | { isLarge: false; steps: readonly (readonly JoinedMember[])[] }
  | { isLarge: true; steps: AsyncIterable<readonly JoinedMember[]> }

/**
 * Who is joined now. However long it takes to read them, all are as of one moment. 403 `M_FORBIDDEN` unless the user is.
 */
export async function listJoinedMembers(
  reads: RoomReads,
  userId: string,
  roomId: string,
): Promise<JoinedMembers> {
  const { members } = reads.storage.read
  if ((await members.find(roomId, userId))?.membership !== 'join')
    throw forbidden(`User ${userId} is not in room ${roomId}`)
  const nids = await members.nids(roomId, ['join'])
  if (nids.length <= AT_ONCE) return { isLarge: false, steps: [await members.list(roomId, ['join'])] }
  return {
    isLarge: true,
    steps: joinedMembers(reads, roomId, ascending(nids)),
  }
}

async function* joinedMembers(
  reads: RoomReads,
  roomId: string,
  nids: readonly number[],
): AsyncGenerator<readonly JoinedMember[], void> {
  for await (const some of inSteps(nids)) {
    const joined = await reads.storage.read.members.joinedBetween(roomId, some[0]!, some.at(-1)!)
    yield joined.length === some.length ? joined : [...joined, ...(await asTheyWere(reads, some, joined))]
  }
}

/** Who has left meanwhile, or is called otherwise now. */
async function asTheyWere(
  reads: RoomReads,
  nids: readonly number[],
  present: readonly MemberRow[],
): Promise<JoinedMember[]> {
  const here = new Set(present.map(({ nid }) => nid))
  const events = await reads.roomEvents.byNid(nids.filter((nid) => !here.has(nid)))
  return [...events.values()].map(({ event }) => ({
    userId: event.stateKey as UserId, // of a member event
    ...namesIn(event.content),
  }))
}

/** The rooms a user is joined to. */
export async function listJoinedRooms(reads: RoomReads, userId: string): Promise<RoomId[]> {
  const rooms = await reads.storage.read.members.roomsOf(userId, ['join'])
  return rooms.map(({ roomId }) => roomId)
}
