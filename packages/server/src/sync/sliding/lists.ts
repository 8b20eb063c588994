import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { Membership, Storage } from '@ranvier/storage'
import type { ActiveUser, OwnMembership } from '../../notify/active-user.ts'
import { invitePermissions } from '../../rooms/invite-permission.ts'
import type { Visibility } from '../../rooms/reads/visibility.ts'
import type { SentRoom } from './connections.ts'
import { directRooms, spaceChildren, taggedRooms } from './direct-rooms.ts'
import { liveliest } from './liveliest.ts'
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
  /** MSC4186: position of the newest event; of a room the user is not in, where they last changed that. */
  readonly activity: number
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
  const candidates = new Map<RoomId, Pick<ListedRoom, 'membership' | 'nid' | 'isGone'>>()
  // Of some thousand rooms each request looks at every one: objects are made of what is needed, once.
  const add = (roomId: RoomId, own: OwnMembership | undefined) => {
    if (own === undefined || excludedRooms.has(roomId)) return
    const { membership, nid } = own
    const isGone = membership === 'leave' || membership === 'ban'
    if (isGone) {
      // A room one has left oneself is shown once more to a client that knows it as one that goes on.
      const sent = sentOf(roomId)?.membership
      if (sent === undefined || sent === 'leave' || sent === 'ban') return
    }
    candidates.set(roomId, { membership, nid, isGone })
  }
  if (wholeList) for (const [roomId, own] of user.rooms) add(roomId, own)
  else for (const roomId of request.subscriptions.keys()) add(roomId, user.rooms.get(roomId))
  // Who was thrown out is shown that until they forget the room.
  for (const { roomId, membership, nid } of await storage.read.members.removedFrom(user.userId))
    if (!excludedRooms.has(roomId) && (wholeList || request.subscriptions.has(roomId)))
      candidates.set(roomId, { membership, nid, isGone: false })
  await dropUnwantedInvites(parts, user, candidates)
  const cardOf = await cards.of(candidates.keys())
  const listed: ListedRoom[] = []
  for (const [roomId, { membership, nid, isGone }] of candidates) {
    const card = cardOf.get(roomId)
    if (card === undefined) continue
    const activity = membership === 'join' ? card.lastPosition : nid
    listed.push({ roomId, membership, nid, card, isGone, activity })
  }
  return select(storage, user, request, listed)
}

/** Spec: CS API §Ignoring users, §Invite permission; MSC4155: the user is not shown what they do not want to get. */
async function dropUnwantedInvites(
  { storage, visibility }: ListParts,
  { userId }: ActiveUser,
  candidates: Map<RoomId, Pick<ListedRoom, 'membership'>>,
): Promise<void> {
  const invites: RoomId[] = []
  for (const [roomId, { membership }] of candidates) if (membership === 'invite') invites.push(roomId)
  if (invites.length === 0) return
  const [inviters, ignored, permission] = await Promise.all([
    storage.read.members.invitersOf(userId),
    visibility.ignored.of(userId),
    invitePermissions(storage, userId),
  ])
  for (const roomId of invites) {
    const inviter = inviters.get(roomId)
    const isWanted = inviter !== undefined && !ignored.has(inviter) && permission(inviter) === 'allow'
    if (!isWanted) candidates.delete(roomId)
  }
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
      count: filtered.reduce((count, { isGone }) => count + Number(!isGone), 0),
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
  const inSight = liveliest(filtered, Math.max(0, ...ranges.map(([, to]) => to + 1)))
  return ranges.map(([from, to]) => {
    const window = inSight.slice(from, Math.min(to + 1, from + left))
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
    if (tagged === undefined) return true
    // The room's own are few; of those in the filter there may be very many.
    const ownTags = [...(tagged.get(roomId) ?? [])]
    if (notTags !== undefined && ownTags.some((tag) => notTags.has(tag))) return false
    return tags === undefined || ownTags.some((tag) => tags.has(tag))
  }
}
