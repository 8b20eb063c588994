import { keyThatSigned } from '@ranvier/protocol/auth/third-party-invite'
import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { isUserId } from '@ranvier/protocol/ids/user-id'
import type { JsonObject } from '@ranvier/protocol/json'
import type { AskedThreepid, IdentityServers } from '../accounts/threepids/identity-server.ts'
import { roomPowerLevels } from '../directory/room-power.ts'
import { forbidden, MatrixError } from '../errors.ts'
import type { IsAdmin, Requester } from '../requester.ts'
import { checkNotBlocked } from './admin/blocks.ts'
import { type ChangeMembership, type MembershipDeps, profileContent } from './membership.ts'
import type { RoomEvents } from './room-events.ts'
import type { RoomLimits } from './room-limits.ts'
import { checkMaySend } from './standing.ts'

export interface AddressInviteDeps extends MembershipDeps {
  roomEvents: RoomEvents
  limits: RoomLimits
  isAdmin: IsAdmin
  /** Absent: no identity server is asked, so nobody is invited by an address. */
  identityServers?: IdentityServers
  config: { blockNonAdminInvites: boolean }
}

/** Resolves with the event: the invite, or what stands for it until the address is somebody's. */
export type InviteByAddress = (by: Requester, roomId: RoomId, threepid: AskedThreepid) => Promise<EventId>

/**
 * Invites who has an address: the user an identity server names, or else whoever proves later that it is theirs. 403 for
 * who may not invite, before anybody is asked or written to; 502 when the identity server cannot be asked.
 * Spec: CS API §Third-party Invites
 */
export function inviteByAddress(deps: AddressInviteDeps, change: ChangeMembership): InviteByAddress {
  return async (by, roomId, threepid) => {
    checkMaySend(by)
    if (deps.identityServers === undefined) throw lookupsRefused()
    if (deps.config.blockNonAdminInvites && !(await deps.isAdmin(by.userId)))
      throw forbidden('Invites have been disabled on this server')
    await deps.limits.inviteByAddress(by)
    await checkMayInvite(deps, by.userId, roomId)
    const userId = await deps.identityServers.lookUp(threepid)
    if (userId !== undefined) return change(by, roomId, { target: userId, membership: 'invite' })

    const invite = await describe(deps, by.userId, roomId)
    const { token, displayName, publicKeys } = await deps.identityServers.storeInvite(threepid, invite)
    const content = { display_name: displayName, ...publicKeys[0]!, public_keys: publicKeys }
    return deps.writers.write(roomId, async (room) => {
      const event = { type: 'm.room.third_party_invite', stateKey: token, sender: by.userId, content }
      return (await room.append(event)).eventId
    })
  }
}

export const lookupsRefused = () => forbidden('Looking up third-party identifiers is denied from this server')

async function checkMayInvite(deps: AddressInviteDeps, userId: UserId, roomId: RoomId): Promise<void> {
  const member = await deps.storage.read.members.find(roomId, userId)
  if (member?.membership !== 'join') throw forbidden('You are not in this room')
  await checkNotBlocked(deps.storage, roomId)
  const levels = await roomPowerLevels(deps, roomId)
  if (levels.userLevel(userId) < levels.invite) throw forbidden('You lack the power to invite')
}

/** What the identity server's mail may tell of the room and of who invites. */
async function describe(deps: AddressInviteDeps, userId: UserId, roomId: RoomId): Promise<JsonObject> {
  const [room, profile] = await Promise.all([
    deps.storage.read.rooms.findRoom(roomId),
    profileContent(deps, userId),
  ])
  const told: Record<string, unknown> = {
    room_alias: room?.canonicalAlias,
    room_avatar_url: room?.avatarUrl,
    room_join_rules: room?.joinRule,
    room_name: room?.name,
    room_type: room?.roomType,
    sender_display_name: profile['displayname'],
    sender_avatar_url: profile['avatar_url'],
  }
  const known = Object.entries(told).filter(([, value]) => typeof value === 'string')
  return { room_id: roomId, sender: userId, ...(Object.fromEntries(known) as JsonObject) }
}

/** A proof that the address somebody was invited by is a user's. */
export interface AddressProof {
  /** Who invited. */
  sender: string
  /** `mxid`, `token` and `signatures` of the identity server. */
  signed: JsonObject
}

/** Resolves when the user is invited, or in the room already. */
export type TakeUpAddressInvite = (roomId: RoomId, proof: AddressProof) => Promise<void>

/**
 * Turns the invite of an address into that of the user whose it has shown to be, in the name of who sent it. 403
 * `M_FORBIDDEN` for a proof that is none or a key that holds no more, 502 when that cannot be asked.
 * Spec: S2S §Third-party invites
 */
export function takeUpAddressInvite(deps: AddressInviteDeps): TakeUpAddressInvite {
  return async (roomId, { sender, signed }) => {
    const { mxid, token, signatures } = signed
    if (!isUserId(sender) || !isUserId(mxid) || typeof token !== 'string' || signatures === undefined)
      throw forbidden('This is no proof of an invite')
    if (!deps.isLocal(sender) || !deps.isLocal(mxid)) throw forbidden('The invite is of another server')
    const proof = { mxid, token, signatures }
    const row = await deps.storage.read.roomState.entry(roomId, 'm.room.third_party_invite', token)
    const invite = row && (await deps.roomEvents.fromRow(row)).event
    const key = invite && keyThatSigned(proof, invite.content)
    if (invite === undefined || invite.sender !== sender || key === undefined)
      throw forbidden('The room has no such invite')
    await checkNotBlocked(deps.storage, roomId)
    if (
      key.validityUrl !== undefined &&
      !(await deps.identityServers?.isKeyValid(key.validityUrl, key.publicKey))
    )
      throw forbidden('The key of the invite does not hold any more')
    const displayName = invite.content['display_name'] ?? ''
    await deps.writers.write(roomId, async (room) => {
      const present = await room.membership(mxid)
      if (present === 'join' || present === 'invite') return
      const content: JsonObject = {
        membership: 'invite',
        third_party_invite: { display_name: displayName, signed: proof },
        ...(deps.hidesInvitedProfiles ? {} : await profileContent(deps, mxid)),
      }
      await room.append({ type: 'm.room.member', stateKey: mxid, sender, content })
    })
  }
}

/** Takes up all that can be; the others may be of rooms or users we do not know. Rejects only for faults of ours. */
export async function takeUpAll(
  takeUp: TakeUpAddressInvite,
  proofs: readonly (AddressProof & { roomId: RoomId })[],
) {
  for (const { roomId, ...proof } of proofs)
    await takeUp(roomId, proof).catch((error: unknown) => {
      if (!(error instanceof MatrixError)) throw error
    })
}
