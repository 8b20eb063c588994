import type { RoomEvent, StateLookup } from '../event/types.ts'
import { serverNameOf } from '../ids/server-name.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import type { AuthOptions } from './options.ts'
import type { PowerLevels } from './power-levels.ts'
import { creatorOf, joinRuleIn, membershipIn } from './room-state.ts'
import { checkThirdPartyInvite } from './third-party-invite.ts'
import type { AuthVerdict } from './verdict.ts'
import { ALLOWED, reject } from './verdict.ts'

interface MemberCase {
  event: RoomEvent
  target: string
  rules: RoomVersionRules
  state: StateLookup
  create: RoomEvent
  levels: PowerLevels
}

/** The rules for `m.room.member`. Numbers are those of Rooms v12 §Authorization rules. */
export function checkMember(
  event: RoomEvent,
  rules: RoomVersionRules,
  state: StateLookup,
  create: RoomEvent,
  levels: PowerLevels,
  options: AuthOptions,
): AuthVerdict {
  // 5.1
  const target = event.stateKey
  const { membership } = event.content
  if (target === undefined) return reject('bad-member-event', 'A membership event needs a state key')
  if (membership === undefined) return reject('bad-member-event', 'content.membership is missing')
  // 5.2 (from version 8), whatever the membership.
  if (!isSignedByAuthoriser(event, rules, options)) {
    return reject('not-signed-by-authoriser', 'The server of join_authorised_via_users_server has not signed')
  }
  const facts: MemberCase = { event, target, rules, state, create, levels }
  if (membership === 'join') return checkJoin(facts)
  if (membership === 'invite') return checkInvite(facts)
  if (membership === 'leave') return checkLeave(facts)
  if (membership === 'ban') return checkBan(facts)
  if (membership === 'knock' && rules.knocking) return checkKnock(facts)
  return reject('bad-member-event', 'content.membership is not a membership of this room version')
}

function isSignedByAuthoriser(event: RoomEvent, rules: RoomVersionRules, options: AuthOptions): boolean {
  const authoriser = event.content.join_authorised_via_users_server
  if (!rules.restrictedJoins || authoriser === undefined) return true
  const server = typeof authoriser === 'string' ? serverNameOf(authoriser) : undefined
  if (server === undefined) return false
  return options.isSignedBy === undefined || options.isSignedBy(event, server)
}

// 5.3
function checkJoin({ event, target, rules, state, create, levels }: MemberCase): AuthVerdict {
  // 5.3.1: the first join of a room.
  const isFirst = event.prevEvents.length === 1 && event.prevEvents[0] === create.eventId
  if (isFirst && target === creatorOf(create, rules)) return ALLOWED
  // 5.3.2
  if (event.sender !== target) return reject('join-for-another', 'Nobody can join for somebody else')
  // 5.3.3
  const current = membershipIn(state, target)
  if (current === 'ban') return reject('banned', `${target} is banned from the room`)
  const rule = joinRuleIn(state)
  const isExpected = current === 'invite' || current === 'join'
  // 5.3.4
  if (rule === 'invite' || (rule === 'knock' && rules.knocking)) {
    return isExpected ? ALLOWED : reject('not-invited', `${target} is not invited to the room`)
  }
  // 5.3.5
  if (isRestricted(rule, rules)) {
    return isExpected || hasAuthoriser(event, state, levels)
      ? ALLOWED
      : reject('authoriser-not-allowed', 'Nobody who may invite has authorised this join')
  }
  // 5.3.6, 5.3.7
  return rule === 'public' ? ALLOWED : reject('join-rule', 'The join rule of the room lets nobody join')
}

function isRestricted(rule: string | undefined, rules: RoomVersionRules): boolean {
  return (
    (rule === 'restricted' && rules.restrictedJoins) || (rule === 'knock_restricted' && rules.knockRestricted)
  )
}

function hasAuthoriser(event: RoomEvent, state: StateLookup, levels: PowerLevels): boolean {
  const authoriser = event.content.join_authorised_via_users_server
  if (typeof authoriser !== 'string') return false
  return membershipIn(state, authoriser) === 'join' && levels.userLevel(authoriser) >= levels.invite
}

// 5.4
function checkInvite({ event, target, state, levels }: MemberCase): AuthVerdict {
  if (event.content.third_party_invite !== undefined) return checkThirdPartyInvite(event, target, state)
  if (membershipIn(state, event.sender) !== 'join') return senderNotJoined(event)
  const current = membershipIn(state, target)
  if (current === 'join') return reject('already-in-room', `${target} is already in the room`)
  if (current === 'ban') return reject('banned', `${target} is banned from the room`)
  return levels.userLevel(event.sender) >= levels.invite
    ? ALLOWED
    : reject('insufficient-power', `${event.sender} may not invite`)
}

// 5.5
function checkLeave({ event, target, rules, state, levels }: MemberCase): AuthVerdict {
  const current = membershipIn(state, target)
  if (event.sender === target) {
    const isIn = current === 'invite' || current === 'join' || (current === 'knock' && rules.knocking)
    return isIn ? ALLOWED : reject('not-in-room', `${target} is not in the room`)
  }
  if (membershipIn(state, event.sender) !== 'join') return senderNotJoined(event)
  const own = levels.userLevel(event.sender)
  if (current === 'ban' && own < levels.ban) {
    return reject('insufficient-power', `${event.sender} may not unban`)
  }
  return own >= levels.kick && levels.userLevel(target) < own
    ? ALLOWED
    : reject('insufficient-power', `${event.sender} may not remove ${target}`)
}

// 5.6
function checkBan({ event, target, state, levels }: MemberCase): AuthVerdict {
  if (membershipIn(state, event.sender) !== 'join') return senderNotJoined(event)
  const own = levels.userLevel(event.sender)
  return own >= levels.ban && levels.userLevel(target) < own
    ? ALLOWED
    : reject('insufficient-power', `${event.sender} may not ban ${target}`)
}

// 5.7
function checkKnock({ event, target, rules, state }: MemberCase): AuthVerdict {
  const rule = joinRuleIn(state)
  if (rule !== 'knock' && !(rule === 'knock_restricted' && rules.knockRestricted)) {
    return reject('knock-not-allowed', 'The join rule of the room does not allow knocking')
  }
  if (event.sender !== target) return reject('knock-for-another', 'Nobody can knock for somebody else')
  const current = membershipIn(state, target)
  if (current === 'ban') return reject('banned', `${target} is banned from the room`)
  return current === 'invite' || current === 'join'
    ? reject('already-in-room', `${target} is already invited or joined`)
    : ALLOWED
}

function senderNotJoined(event: RoomEvent): AuthVerdict {
  return reject('sender-not-joined', `${event.sender} is not in the room`)
}
