import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { Membership, Storage } from '@ranvier/storage'
import type { ActiveUser } from '../../notify/active-user.ts'
import { invitePermissions } from '../../rooms/invite-permission.ts'
import type { Visibility } from '../../rooms/reads/visibility.ts'
import type { SentRoom } from './connections.ts'
import { directRooms, spaceChildren, taggedRooms } from './direct-rooms.ts'
import type { ListFilters, ListWants, RoomWants, SlidingRequest } from './request.ts'
import type { RoomCard, RoomCards } from './room-cards.ts'

/** A room that a list may show. */
export interface ListedRoom {
  readonly roomId: RoomId
  readonly membership: Membership
  /** Position of the user's own member event. */
  readonly nid: number
  readonly card: RoomCard
  /** The user has left it themselves: it is shown this once. */
  readonly isGone: boolean
}

/** What a request is about, in the order of lists and windows. */
export interface Selection {
  /** How many rooms each list has from now on, and which are in its windows. */
  readonly lists: ReadonlyMap<string, { count: number; windows: readonly (readonly RoomId[])[] }>
  /** What is wanted of each room in sight: of all windows and subscriptions together. */
  readonly rooms: ReadonlyMap<RoomId, ListedRoom & RoomWants>
  readonly directRooms: ReadonlySet<string>
}

export interface ListParts {
  storage: Storage
  visibility: Visibility
  cards: RoomCards
  excludedRooms: ReadonlySet<string>
}

/** Which rooms the request asks for. `sentOf` says what its connection was told of a room. */
export async function selectRooms(
  parts: ListParts,
  user: ActiveUser,
  request: Pick<SlidingRequest, 'lists' | 'subscriptions'>,
  sentOf: (roomId: RoomId) => SentRoom | undefined,
): Promise<Selection> {
  const { storage, cards, excludedRooms } = parts
  const wholeList = request.lists.size > 0
  const candidates = new Map<RoomId, Omit<ListedRoom, 'roomId' | 'card'>>()
  const add = (roomId: RoomId) => {
    const own = user.rooms.get(roomId)
    if (own === undefined || excludedRooms.has(roomId)) return
    // A room one has left oneself is shown once more to a client that knows it as one that goes on.
    const sent = sentOf(roomId)?.membership
    const isOver = own.membership === 'leave' || own.membership === 'ban'
    if (!isOver || (sent !== undefined && sent !== 'leave' && sent !== 'ban'))
      candidates.set(roomId, { ...own, isGone: isOver })
  }
  for (const roomId of wholeList ? user.rooms.keys() : request.subscriptions.keys()) add(roomId)
  // Who was thrown out is shown that until they forget the room.
  for (const { roomId, membership, nid } of await storage.read.members.removedFrom(user.userId))
    if (!excludedRooms.has(roomId) && (wholeList || request.subscriptions.has(roomId)))
      candidates.set(roomId, { membership, nid, isGone: false })
  await dropUnwantedInvites(parts, user, candidates)
  const cardOf = await cards.of(candidates.keys())
  const listed: ListedRoom[] = []
  for (const [roomId, own] of candidates) {
    const card = cardOf.get(roomId)
    if (card !== undefined) listed.push({ roomId, ...own, card })
  }
  listed.sort((a, b) => activity(b) - activity(a))
  return select(storage, user, request, listed)
}

/** Spec: CS API §Ignoring users, §Invite permission; MSC4155: the user is not shown what they do not want to get. */
async function dropUnwantedInvites(
  { storage, visibility }: ListParts,
  { userId }: ActiveUser,
  candidates: Map<RoomId, Pick<ListedRoom, 'membership'>>,
): Promise<void> {
  const invites = [...candidates].filter(([, { membership }]) => membership === 'invite')
  if (invites.length === 0) return
  const [inviters, ignored, permission] = await Promise.all([
    storage.read.members.invitersOf(userId),
    visibility.ignored.of(userId),
    invitePermissions(storage, userId),
  ])
  for (const [roomId] of invites) {
    const inviter = inviters.get(roomId)
    const isWanted = inviter !== undefined && !ignored.has(inviter) && permission(inviter) === 'allow'
    if (!isWanted) candidates.delete(roomId)
  }
}

/** MSC4186: the room with the newest event first; one the user is not in stands where they last changed that. */
function activity({ membership, nid, card }: ListedRoom): number {
  return membership === 'join' ? card.lastPosition : nid
}

async function select(
  storage: Storage,
  user: ActiveUser,
  request: Pick<SlidingRequest, 'lists' | 'subscriptions'>,
  listed: readonly ListedRoom[],
): Promise<Selection> {
  const direct = listed.length === 0 ? new Set<string>() : await directRooms(storage, user.userId)
  const rooms = new Map<RoomId, ListedRoom & RoomWants>()
  const want = (room: ListedRoom, wants: RoomWants) => {
    const known = rooms.get(room.roomId)
    const required = known === undefined ? wants.required : known.required.with(wants.required)
    const timelineLimit = Math.max(known?.timelineLimit ?? 0, wants.timelineLimit)
    rooms.set(room.roomId, { ...room, required, timelineLimit })
  }
  const lists = new Map<string, { count: number; windows: RoomId[][] }>()
  for (const [name, list] of request.lists) {
    const passes = await filterOf(storage, user, list.filters, direct)
    const filtered = listed.filter(passes)
    const windows = windowsOf(list, filtered)
    for (const room of windows.flat()) want(room, list)
    lists.set(name, {
      count: filtered.filter(({ isGone }) => !isGone).length,
      windows: windows.map((window) => window.map(({ roomId }) => roomId)),
    })
  }
  if (request.subscriptions.size > 0)
    for (const room of listed) {
      const wants = request.subscriptions.get(room.roomId)
      if (wants !== undefined) want(room, wants)
    }
  return { lists, rooms, directRooms: direct }
}

/** Windows may overlap, but together they show no more than the list twice: what is beyond that is cut off. */
function windowsOf({ ranges }: ListWants, filtered: readonly ListedRoom[]): ListedRoom[][] {
  let left = 2 * filtered.length
  return ranges.map(([from, to]) => {
    const window = filtered.slice(from, Math.min(to + 1, from + left))
    left -= window.length
    return window
  })
}

async function filterOf(
  storage: Storage,
  { userId, rooms }: ActiveUser,
  filters: ListFilters,
  direct: ReadonlySet<string>,
): Promise<(room: ListedRoom) => boolean> {
  const { isDm, isEncrypted, isInvite, spaces, roomTypes, notRoomTypes, nameLike, tags, notTags } = filters
  const name = nameLike?.toLowerCase()
  const tagged = tags || notTags ? await taggedRooms(storage, userId) : undefined
  const ownSpaces = spaces && [...spaces].filter((space) => rooms.get(space as RoomId)?.membership === 'join')
  const children = ownSpaces && (await spaceChildren(storage, ownSpaces))
  return ({ roomId, membership, card }) => {
    if (isDm !== undefined && isDm !== direct.has(roomId)) return false
    if (isEncrypted !== undefined && isEncrypted !== card.isEncrypted) return false
    if (isInvite !== undefined && isInvite !== (membership === 'invite')) return false
    if (children !== undefined && !children.has(roomId)) return false
    if (notRoomTypes?.has(card.roomType)) return false
    if (roomTypes !== undefined && !roomTypes.has(card.roomType)) return false
    if (name !== undefined && !card.name?.toLowerCase().includes(name)) return false
    // The room's own are few; of those in the filter there may be very many.
    const ownTags = [...(tagged?.get(roomId) ?? [])]
    if (notTags !== undefined && ownTags.some((tag) => notTags.has(tag))) return false
    return tags === undefined || ownTags.some((tag) => tags.has(tag))
  }
}
