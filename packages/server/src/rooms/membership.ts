import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Membership, Storage } from '@ranvier/storage'
import { MAX_AVATAR_URL_LENGTH, MAX_DISPLAYNAME_LENGTH } from '../accounts/profiles.ts'
import { badRequest, badState, forbidden, guestForbidden, notFound } from '../errors.ts'
import type { Requester } from '../requester.ts'
import { checkNotBlocked } from './admin/blocks.ts'
import { authoriseRestrictedJoin } from './restricted-join.ts'
import type { AppendOptions, RoomWriter } from './room-writer.ts'
import type { RoomWriters } from './room-writers.ts'
import { checkMaySend, checkNotSuspended } from './standing.ts'

export interface MembershipChange {
  /** Whose membership. */
  target: UserId
  membership: Membership
  reason?: string
  /** Further content of the member event, as `PUT /state` may carry. */
  content?: JsonObject
  /** The endpoint's own demand on the membership before: 403 otherwise. */
  from?: readonly Membership[]
  isDirect?: boolean
  /** What the event says of when it was sent; ms. Default: now. */
  originServerTs?: number | undefined
}

export type ChangeMembership = (by: Requester, roomId: RoomId, change: MembershipChange) => Promise<EventId>

/** What a local account is called. */
export type FindProfile = (
  userId: UserId,
) => Promise<{ displayName: string | null; avatarUrl: string | null } | undefined>

export interface MembershipDeps {
  writers: RoomWriters
  storage: Storage
  findProfile: FindProfile
  isLocal: (userId: string) => boolean
  /** Throws for a picture that may be no avatar. Absent: any may. */
  checkAvatar?: (avatarUrl: string) => Promise<void>
  /** Invites do not tell what the invited are called. */
  hidesInvitedProfiles?: boolean
}

/**
 * Changes who is what in a room: join, invite, leave, kick, ban, unban, knock all come here. Joining again and leaving
 * what one has left are answered with the present event.
 * 403 `M_FORBIDDEN` when the room's rules refuse, or an administrator has blocked the room; 404 `M_NOT_FOUND` for an
 * unknown room.
 */
export function changeMembership(deps: MembershipDeps): ChangeMembership {
  return async (by, roomId, change) => {
    await checkStanding(deps, by, roomId, change)
    await checkProfile(deps, change.content ?? {})
    if (COMES_IN.has(change.membership)) await checkNotBlocked(deps.storage, roomId)
    return deps.writers.write(roomId, (room) => changeIn(deps, room, by, change))
  }
}

/** Whoever is in bad standing may still leave; who owes an agreement may look at what the server has to say. */
async function checkStanding(
  { storage }: MembershipDeps,
  by: Requester,
  roomId: RoomId,
  { target, membership }: MembershipChange,
): Promise<void> {
  const isOwn = target === by.userId
  if (isOwn && membership === 'leave') return
  const isNotices =
    by.owedConsent !== undefined &&
    isOwn &&
    membership === 'join' &&
    (await storage.read.serverNotices.findRoom(target)) === roomId
  if (isNotices) checkNotSuspended(by)
  else checkMaySend(by)
}

/** What a blocked room does not let happen. */
const COMES_IN: ReadonlySet<Membership> = new Set(['join', 'invite', 'knock'])

async function changeIn(
  deps: MembershipDeps,
  room: RoomWriter,
  by: Requester,
  change: MembershipChange,
): Promise<EventId> {
  const { target, membership } = change
  const present = await room.state('m.room.member', target)
  const before = await room.membership(target)
  if (change.from !== undefined && (before === undefined || !change.from.includes(before))) {
    const message = `${target} is ${before === undefined ? 'not in the room' : describe(before)}`
    // Spec: CS API §Other error codes: such as unbanning who is not banned.
    throw change.from.includes('ban') ? badState(message) : forbidden(message)
  }
  const own = target === by.userId
  // A profile change sends new content for a join; only a plain repetition changes nothing.
  if (own && before === membership && present !== undefined && change.content === undefined)
    return present.eventId
  if (own && membership === 'leave' && before === undefined) throw forbidden('You are not in this room')
  if (membership === 'join' && own && by.isGuest) await checkGuestsMayJoin(room)
  const content: JsonObject = { ...change.content, membership }
  if (change.reason !== undefined) content['reason'] = change.reason
  if (change.isDirect) content['is_direct'] = true
  await addProfile(deps, content, target, membership)
  if (membership === 'join' && own && before !== 'join') {
    const authoriser = await authoriseRestrictedJoin(deps, room, target, before)
    if (authoriser !== undefined) content['join_authorised_via_users_server'] = authoriser
  }
  const options: AppendOptions = { unlessSame: true, originServerTs: change.originServerTs }
  const event = await room.append(
    { type: 'm.room.member', stateKey: target, sender: by.userId, content },
    options,
  )
  return event.eventId
}

/** Who gives a name and picture of their own for one room keeps to the limits of profiles. Synapse: handlers/room_member */
async function checkProfile({ checkAvatar }: MembershipDeps, content: JsonObject): Promise<void> {
  const { displayname, avatar_url: avatarUrl } = content
  if (typeof displayname === 'string' && displayname.length > MAX_DISPLAYNAME_LENGTH)
    throw badRequest(`Displayname is too long (max ${MAX_DISPLAYNAME_LENGTH} characters)`)
  if (typeof avatarUrl !== 'string') return
  if (avatarUrl.length > MAX_AVATAR_URL_LENGTH)
    throw badRequest(`Avatar URL is too long (max ${MAX_AVATAR_URL_LENGTH} characters)`)
  await checkAvatar?.(avatarUrl)
}

/** Member events carry the name and picture of a local target. Spec: CS API §m.room.member. */
async function addProfile(
  deps: MembershipDeps,
  content: JsonObject,
  target: UserId,
  membership: Membership,
): Promise<void> {
  if (membership !== 'join' && membership !== 'invite' && membership !== 'knock') return
  if (membership === 'invite' && deps.hidesInvitedProfiles) return
  const profile = await profileContent(deps, target)
  for (const key of Object.keys(profile)) if (content[key] === undefined) content[key] = profile[key]!
}

/** The members of an `m.room.member` that tell what a local user is called. Empty for others. */
export async function profileContent(
  deps: Pick<MembershipDeps, 'findProfile' | 'isLocal'>,
  userId: UserId,
): Promise<JsonObject> {
  const profile = deps.isLocal(userId) ? await deps.findProfile(userId) : undefined
  const content: JsonObject = {}
  if (profile?.displayName != null) content['displayname'] = profile.displayName
  if (profile?.avatarUrl != null) content['avatar_url'] = profile.avatarUrl
  return content
}

async function checkGuestsMayJoin(room: RoomWriter): Promise<void> {
  const access = await room.state('m.room.guest_access', '')
  if (access?.content['guest_access'] !== 'can_join') throw guestForbidden('Guests may not join this room')
}

function describe(membership: Membership): string {
  const words = {
    join: 'in the room',
    invite: 'invited',
    leave: 'not in the room',
    ban: 'banned',
    knock: 'knocking',
  }
  return words[membership]
}

export type ForgetRoom = (userId: UserId, roomId: RoomId) => Promise<void>

/** Takes a left room out of the user's sight: 400 `M_UNKNOWN` while still in it, 404 for a room never seen. */
export function forgetRoom(deps: { storage: Storage }): ForgetRoom {
  return async (userId, roomId) => {
    const member = await deps.storage.read.members.find(roomId, userId)
    if (member === undefined) throw notFound(`Room ${roomId}`)
    if (member.membership !== 'leave' && member.membership !== 'ban')
      throw badRequest(`User ${userId} is in room ${roomId}: leave it first`)
    await deps.storage.write(async (tx) => {
      await tx.members.forget(roomId, userId)
      const position = await tx.takePosition('account_data')
      tx.announce({ stream: 'account_data', position, key: userId, change: 'forget', detail: { roomId } })
    })
  }
}
