import type { EventId, RoomId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Requester } from '../requester.ts'
import type { InviteByAddress, TakeUpAddressInvite } from './address-invites.ts'
import type { CreateRoom, NewRoom } from './create-room.ts'
import type { ChangeMembership } from './membership.ts'
import type { RedactEvent, SendEvent, SendState } from './send-event.ts'
import type { UpgradeRoom } from './upgrade/upgrade-room.ts'

/** What users do in rooms. */
export interface RoomVerbs {
  createRoom: CreateRoom
  changeMembership: ChangeMembership
  sendEvent: SendEvent
  sendState: SendState
  redactEvent: RedactEvent
  upgradeRoom: UpgradeRoom
  inviteByAddress: InviteByAddress
  takeUpAddressInvite: TakeUpAddressInvite
}

export interface ShadowBanParts {
  /** Waits as long as a busy server might take. */
  pretendToWork: () => Promise<void>
  /** An event id that no event has. */
  fakeEventId: () => EventId
  fakeRoomId: () => RoomId
}

/**
 * The verbs as shadow-banned users have them: they hear of success, and nobody hears of them.
 * What harms nobody happens: joining, leaving, making rooms. Synapse: admin_api/user_admin_api §Shadow-ban; there kicks
 * and bans are let through, which we do not: others would see them.
 */
export function withShadowBan(verbs: RoomVerbs, parts: ShadowBanParts): RoomVerbs {
  const pretend = async (): Promise<EventId> => {
    await parts.pretendToWork()
    return parts.fakeEventId()
  }
  return {
    createRoom: (by, room) => verbs.createRoom(by, by.shadowBanned ? withoutInvites(room) : room),
    changeMembership: (by, roomId, change) => {
      if (!by.shadowBanned) return verbs.changeMembership(by, roomId, change)
      const concernsOthers = change.target !== by.userId || change.membership === 'ban'
      if (concernsOthers || change.membership === 'invite') return pretend()
      // Another name would be seen by everybody in the room, and so would be words in a reason.
      const { content, reason, ...plain } = change
      return verbs.changeMembership(by, roomId, plain)
    },
    sendEvent: (by, roomId, what) => (by.shadowBanned ? pretend() : verbs.sendEvent(by, roomId, what)),
    sendState: (by, roomId, what) => {
      if (!by.shadowBanned) return verbs.sendState(by, roomId, what)
      const membership = ownMembership(by, what)
      if (membership === undefined) return pretend()
      return verbs.changeMembership(by, roomId, { target: by.userId, membership })
    },
    redactEvent: (by, roomId, what) => (by.shadowBanned ? pretend() : verbs.redactEvent(by, roomId, what)),
    inviteByAddress: (by, roomId, threepid) =>
      by.shadowBanned ? pretend() : verbs.inviteByAddress(by, roomId, threepid),
    takeUpAddressInvite: verbs.takeUpAddressInvite,
    upgradeRoom: async (by, roomId, how) => {
      if (!by.shadowBanned) return verbs.upgradeRoom(by, roomId, how)
      await parts.pretendToWork()
      return parts.fakeRoomId()
    },
  }
}

/** The room with nobody in it or asked to it but who makes it; member events in the initial state ask, too. */
function withoutInvites(room: NewRoom): NewRoom {
  const initialState = room.initialState.filter(({ type }) => type !== 'm.room.member')
  return { ...room, invite: [], initialState }
}

/** Coming, knocking or leaving oneself, which may happen; `undefined` for any other state. */
function ownMembership(
  by: Requester,
  { type, stateKey, content }: { type: string; stateKey: string; content: JsonObject },
): 'join' | 'knock' | 'leave' | undefined {
  if (type !== 'm.room.member' || stateKey !== by.userId) return undefined
  const { membership } = content
  return membership === 'join' || membership === 'knock' || membership === 'leave' ? membership : undefined
}
