import type { RoomEvent, StateLookup } from '../event/types.ts'
import type { EventId } from '../ids/brands.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import { authEventKeys } from './selection.ts'
import type { AuthVerdict } from './verdict.ts'
import { ALLOWED, reject } from './verdict.ts'

/**
 * Whether an event cites the right auth events. Spec: Rooms v12 §Authorization rules, 3.
 *
 * `authEvents` are the events it lists, all of them: one that could not be found is for the caller to refuse.
 * `isRejected` says which of them were rejected when they were received.
 */
export function checkAuthEvents(
  event: RoomEvent,
  rules: RoomVersionRules,
  authEvents: readonly RoomEvent[],
  isRejected: (eventId: EventId) => boolean,
): AuthVerdict {
  if (event.type === 'm.room.create') {
    return authEvents.length === 0
      ? ALLOWED
      : reject('unexpected-auth-event', 'A create event cites no auth events')
  }
  const expected = new Set(authEventKeys(event, rules).map(([type, stateKey]) => entry(type, stateKey)))
  const seen = new Set<string>()
  for (const cited of authEvents) {
    const key = cited.stateKey === undefined ? undefined : entry(cited.type, cited.stateKey)
    // 3.1
    if (key !== undefined && seen.has(key)) {
      return reject('duplicate-auth-event', `Two auth events are ${cited.type}`)
    }
    // 3.2
    if (key === undefined || !expected.has(key)) {
      return reject('unexpected-auth-event', `${cited.type} does not belong into the auth events`)
    }
    // 3.3
    if (isRejected(cited.eventId)) {
      return reject('rejected-auth-event', `The auth event ${cited.eventId} was rejected`)
    }
    // 3.5
    if (cited.roomId !== event.roomId) return reject('wrong-room', 'An auth event is of another room')
    seen.add(key)
  }
  // Versions 1–11: 3.4
  if (rules.createInAuthEvents && !seen.has(entry('m.room.create', ''))) {
    return reject('missing-auth-event', 'The create event is not among the auth events')
  }
  return ALLOWED
}

/**
 * The state that a list of auth events makes. Version 12 events do not cite the create event: pass it beside them.
 * Where two are of one key, the first counts.
 */
export function stateOfAuthEvents(authEvents: readonly RoomEvent[], create?: RoomEvent): StateLookup {
  return (type, stateKey) => {
    for (const event of authEvents) if (event.type === type && event.stateKey === stateKey) return event
    return type === 'm.room.create' && stateKey === '' ? create : undefined
  }
}

function entry(type: string, stateKey: string): string {
  return `${type}\0${stateKey}`
}
