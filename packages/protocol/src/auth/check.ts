import type { RoomEvent, StateLookup } from '../event/types.ts'
import { createEventIdOf } from '../ids/room-id.ts'
import { serverNameOf } from '../ids/server-name.ts'
import { isUserId } from '../ids/user-id.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import { checkMember } from './member.ts'
import type { AuthOptions } from './options.ts'
import { checkPowerLevelChange } from './power-level-change.ts'
import type { PowerLevels } from './power-levels.ts'
import { powerLevelsIn } from './power-levels.ts'
import { membershipIn } from './room-state.ts'
import type { AuthVerdict } from './verdict.ts'
import { ALLOWED, reject } from './verdict.ts'

const NO_OPTIONS: AuthOptions = Object.freeze({})

/**
 * Whether the authorisation rules of the room version allow `event` in `state`.
 *
 * `state` must yield the (accepted) create event in every version, also in version 12 where no event cites it.
 * Rule 3, which is about the cited auth events themselves, is `checkAuthEvents`.
 * Numbers in comments are those of Rooms v12 §Authorization rules; the text of a rejection is fit for a client.
 */
export function checkAuth(
  event: RoomEvent,
  rules: RoomVersionRules,
  state: StateLookup,
  options: AuthOptions = NO_OPTIONS,
): AuthVerdict {
  // 1
  if (event.type === 'm.room.create') return checkCreate(event, rules)
  // 2
  const create = state('m.room.create', '')
  if (create === undefined) return reject('no-create-event', 'The room has no create event')
  if (!isRoomOf(create, event, rules)) return reject('wrong-room', 'The event is of another room')
  // 4
  if (create.content['m.federate'] === false && !isSameServer(event.sender, create.sender)) {
    return reject('federation-disabled', 'The room admits users of one server only')
  }
  // Versions 1–5, rule 4: nothing else is asked of aliases, not even membership.
  if (rules.aliasesSpecialRule && event.type === 'm.room.aliases') return checkAliases(event)
  // 5
  if (event.type === 'm.room.member') {
    const levels = options.powerLevels ?? powerLevelsIn(state, rules)
    return checkMember(event, rules, state, create, levels, options)
  }
  // 6
  if (membershipIn(state, event.sender) !== 'join') {
    return reject('sender-not-joined', `${event.sender} is not in the room`)
  }
  return checkJoined(event, rules, state, create, options.powerLevels ?? powerLevelsIn(state, rules))
}

/** Rules 7 and later: what a member of the room may do. */
function checkJoined(
  event: RoomEvent,
  rules: RoomVersionRules,
  state: StateLookup,
  create: RoomEvent,
  levels: PowerLevels,
): AuthVerdict {
  const own = levels.userLevel(event.sender)
  // 7
  if (event.type === 'm.room.third_party_invite') {
    return own >= levels.invite ? ALLOWED : lacksPower(event.sender, levels.invite, 'to invite')
  }
  // 8
  const needed = levels.eventLevel(event.type, event.stateKey !== undefined)
  if (needed > own) return lacksPower(event.sender, needed, `to send ${event.type}`)
  // 9
  if (event.stateKey?.startsWith('@') && event.stateKey !== event.sender) {
    return reject('state-key-of-another', 'The state key is the id of another user')
  }
  // 10
  if (event.type === 'm.room.power_levels') return checkPowerLevelChange(event, rules, state, create, levels)
  // Versions 1 and 2, rule 11.
  if (rules.redactionInAuthRules && event.type === 'm.room.redaction') return checkRedaction(event, levels)
  // 11
  return ALLOWED
}

function checkCreate(event: RoomEvent, rules: RoomVersionRules): AuthVerdict {
  const { content } = event
  // 1.1
  if (event.prevEvents.length > 0) {
    return reject('create-with-prev-events', 'A create event cannot have previous events')
  }
  // 1.2
  if (rules.hashRoomIds) {
    if (event.pdu.room_id !== undefined) return reject('create-with-room-id', 'The room id is not to be sent')
  } else if (!isSameServer(event.roomId, event.sender)) {
    return reject('create-in-foreign-domain', 'The room id is of another server than the sender')
  }
  // 1.3: `rules` are those of a recognised version, so any other value is an unknown or a wrong one.
  if (content.room_version !== undefined && content.room_version !== rules.version) {
    return reject('unknown-room-version', 'content.room_version is not the version of the room')
  }
  // Versions 1–10
  if (rules.creatorInContent && content.creator === undefined) {
    return reject('create-without-creator', 'content.creator is missing')
  }
  // 1.4
  if (rules.creatorPower && content.additional_creators !== undefined) {
    const additional = content.additional_creators
    if (!Array.isArray(additional) || !additional.every(isUserId)) {
      return reject('bad-additional-creators', 'content.additional_creators is not a list of user ids')
    }
  }
  return ALLOWED
}

function isRoomOf(create: RoomEvent, event: RoomEvent, rules: RoomVersionRules): boolean {
  if (rules.hashRoomIds) return createEventIdOf(event.roomId) === create.eventId
  return create.roomId === event.roomId
}

function checkAliases(event: RoomEvent): AuthVerdict {
  if (event.stateKey !== undefined && serverNameOf(event.sender) === event.stateKey) return ALLOWED
  return reject('bad-aliases-event', 'Aliases can only be set for the server of the sender')
}

/** A redaction of an event from the same server is allowed to everybody: event ids of these versions name the server. */
function checkRedaction(event: RoomEvent, levels: PowerLevels): AuthVerdict {
  if (levels.userLevel(event.sender) >= levels.redact) return ALLOWED
  const target = event.pdu.redacts
  if (typeof target === 'string' && isSameServer(target, event.eventId)) return ALLOWED
  return lacksPower(event.sender, levels.redact, 'to redact events of others')
}

function isSameServer(a: string, b: string): boolean {
  const server = serverNameOf(a)
  return server !== undefined && server === serverNameOf(b)
}

function lacksPower(sender: string, needed: number, what: string): AuthVerdict {
  return reject('insufficient-power', `${sender} needs power level ${needed} ${what}`)
}
