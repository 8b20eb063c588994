import type { UserId } from '@ranvier/protocol/ids/brands'
import type { CheckCanonicalAlias } from '../directory/canonical-alias.ts'
import { type AddressInviteDeps, inviteByAddress, takeUpAddressInvite } from './address-invites.ts'
import { type CheckInviteDeps, checkInvite } from './check-invite.ts'
import { type CheckNewRoomDeps, checkedCreateRoom } from './check-new-room.ts'
import { checkedMembership } from './checked-membership.ts'
import type { ClientTxns } from './client-txns.ts'
import { type CreateRoomDeps, createRoom } from './create-room.ts'
import { changeMembership, type MembershipDeps } from './membership.ts'
import type { RoomEvents } from './room-events.ts'
import { redactEvent, type SendDeps, sendEvent, sendState } from './send-event.ts'
import { type RoomVerbs, type ShadowBanParts, withShadowBan } from './shadow-ban.ts'
import { carryOver } from './upgrade/carry-over.ts'
import { upgradeRoom } from './upgrade/upgrade-room.ts'

export interface RoomVerbParts extends CreateRoomDeps, MembershipDeps, CheckInviteDeps {
  roomEvents: RoomEvents
  txns: ClientTxns
  isAliasReserved?: CheckNewRoomDeps['isAliasReserved']
  nowMs: () => number
  checkCanonicalAlias: CheckCanonicalAlias
  config: CheckInviteDeps['config'] & CheckNewRoomDeps['config']
  shadowBan: ShadowBanParts
  /** Who sends notices of the server. */
  noticesUser?: UserId | undefined
  identityServers?: AddressInviteDeps['identityServers']
}

/** What users do in rooms, with all that is asked of users: limits, permissions of this server, shadow bans. */
export function roomVerbs(parts: RoomVerbParts): RoomVerbs {
  const { limits } = parts
  const invite = checkInvite(parts)
  const carry = carryOver(parts)
  const membership = checkedMembership(
    { ...parts, checkInvite: invite, carryOver: carry },
    changeMembership(parts),
  )
  const send: SendDeps = { ...parts, changeMembership: membership }
  const upgrade = upgradeRoom(parts)
  const create = checkedCreateRoom({ ...parts, checkInvite: invite }, createRoom(parts))
  const limited: RoomVerbs = {
    createRoom: async (by, room) => {
      const roomId = await create(by, room)
      // Who replaces a room by hand has come into the new one, too.
      if (room.creationContent['predecessor'] !== undefined) await carry(by.userId, roomId)
      return roomId
    },
    changeMembership: membership,
    sendEvent: sendEvent(send),
    sendState: sendState(send),
    redactEvent: redactEvent(send),
    inviteByAddress: inviteByAddress(parts, membership),
    takeUpAddressInvite: takeUpAddressInvite(parts),
    upgradeRoom: async (by, roomId, how) => {
      await limits.message(by)
      const newRoomId = await upgrade(by, roomId, how)
      await carry(by.userId, newRoomId)
      return newRoomId
    },
  }
  return withShadowBan(limited, parts.shadowBan)
}
