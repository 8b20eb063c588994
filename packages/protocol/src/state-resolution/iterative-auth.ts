import { checkAuth } from '../auth/check.ts'
import type { RoomEvent, StateLookup } from '../event/types.ts'
import type { EventId } from '../ids/brands.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import type { EventLoader } from './event-loader.ts'
import { getStateEvent } from './event-loader.ts'
import { stateMapKey } from './state-map.ts'

/**
 * Iterative auth checks: applies to `state`, in order, those events the rules allow in it. The others are left out.
 * What the state lacks is taken from the auth events of the event itself, unless they were rejected.
 * `create` is the create event of a version 12 room.
 *
 * Spec: Rooms v2 §State resolution, iterative auth checks.
 */
export function applyAllowed(
  state: Map<string, EventId>,
  events: readonly RoomEvent[],
  rules: RoomVersionRules,
  loader: EventLoader,
  create: RoomEvent | undefined,
): void {
  for (const event of events) {
    if (event.stateKey === undefined) continue
    const lookup = lookupFor(event, state, loader, create)
    if (checkAuth(event, rules, lookup).allowed) {
      state.set(stateMapKey(event.type, event.stateKey), event.eventId)
    }
  }
}

function lookupFor(
  event: RoomEvent,
  state: ReadonlyMap<string, EventId>,
  loader: EventLoader,
  create: RoomEvent | undefined,
): StateLookup {
  return (type, stateKey) => {
    const eventId = state.get(stateMapKey(type, stateKey))
    if (eventId !== undefined) return getStateEvent(loader, eventId)
    if (create !== undefined && type === 'm.room.create' && stateKey === '') return create
    return citedEvent(event, type, stateKey, loader)
  }
}

function citedEvent(
  event: RoomEvent,
  type: string,
  stateKey: string,
  loader: EventLoader,
): RoomEvent | undefined {
  for (const eventId of event.authEvents) {
    const cited = loader.get(eventId)
    if (cited?.type === type && cited.stateKey === stateKey && !loader.isRejected(eventId)) return cited
  }
  return undefined
}
