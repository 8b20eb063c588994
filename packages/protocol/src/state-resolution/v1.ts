import { createHash } from 'node:crypto'
import { checkAuth } from '../auth/check.ts'
import type { RoomEvent, StateLookup } from '../event/types.ts'
import type { EventId } from '../ids/brands.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import type { EventLoader } from './event-loader.ts'
import { getStateEvent } from './event-loader.ts'
import type { StateMap } from './state-map.ts'
import { splitStateMapKey, stateMapKey } from './state-map.ts'

// What the rules depend on is settled first, in this order.
const AUTH_TYPES = ['m.room.power_levels', 'm.room.join_rules', 'm.room.member'] as const

/** State resolution v1, for room version 1 only. Spec: Rooms v1 §State resolution. */
export function resolveV1(
  rules: RoomVersionRules,
  stateSets: readonly StateMap[],
  loader: EventLoader,
): Map<string, EventId> {
  const { agreed, conflicts } = splitV1(stateSets)
  const isAllowed = (event: RoomEvent, state: StateLookup) => checkAuth(event, rules, state).allowed
  const resolved = new Map(agreed)
  for (const type of AUTH_TYPES) {
    const before = lookupIn(new Map(resolved), loader) // entries of one type do not see each other's outcome
    for (const [key, eventIds] of conflicts) {
      if (splitStateMapKey(key)[0] !== type) continue
      resolved.set(key, pickAuthEvent(oldestFirst(eventIds, loader), before, isAllowed).eventId)
      conflicts.delete(key)
    }
  }
  const state = lookupIn(new Map(resolved), loader)
  for (const [key, eventIds] of conflicts) {
    const newestFirst = oldestFirst(eventIds, loader).reverse()
    // Synapse: when none is allowed, the oldest stays. The spec says nothing of that case.
    const picked = newestFirst.find((event) => isAllowed(event, state)) ?? newestFirst.at(-1)!
    resolved.set(key, picked.eventId)
  }
  return resolved
}

interface Split {
  agreed: Map<string, EventId>
  conflicts: Map<string, Set<EventId>>
}

/** Unlike in v2, an entry that some sets lack is in no conflict. */
function splitV1(stateSets: readonly StateMap[]): Split {
  const values = new Map<string, Set<EventId>>()
  for (const state of stateSets) {
    for (const [key, eventId] of state) {
      const known = values.get(key)
      if (known === undefined) values.set(key, new Set([eventId]))
      else known.add(eventId)
    }
  }
  const agreed = new Map<string, EventId>()
  const conflicts = new Map<string, Set<EventId>>()
  for (const [key, eventIds] of values) {
    const [only] = eventIds
    if (eventIds.size === 1) agreed.set(key, only!)
    else conflicts.set(key, eventIds)
  }
  return { agreed, conflicts }
}

/** Starts from the oldest and goes on as long as each is allowed in the state with the one before it. */
function pickAuthEvent(
  candidates: readonly RoomEvent[],
  before: StateLookup,
  isAllowed: (event: RoomEvent, state: StateLookup) => boolean,
): RoomEvent {
  let [picked, ...later] = candidates as [RoomEvent, ...RoomEvent[]] // a conflict has at least two
  for (const event of later) {
    const current = picked
    const state: StateLookup = (type, stateKey) =>
      type === current.type && stateKey === current.stateKey ? current : before(type, stateKey)
    if (!isAllowed(event, state)) return picked
    picked = event
  }
  return picked
}

/** By depth; of equal depth, the greater SHA-1 of the id first. */
function oldestFirst(eventIds: Iterable<EventId>, loader: EventLoader): RoomEvent[] {
  const ranked = Array.from(eventIds, (eventId) => ({
    event: getStateEvent(loader, eventId),
    sha1: createHash('sha1').update(eventId).digest('hex'),
  }))
  ranked.sort((a, b) => a.event.depth - b.event.depth || (a.sha1 > b.sha1 ? -1 : 1))
  return ranked.map(({ event }) => event)
}

function lookupIn(state: ReadonlyMap<string, EventId>, loader: EventLoader): StateLookup {
  return (type, stateKey) => {
    const eventId = state.get(stateMapKey(type, stateKey))
    return eventId === undefined ? undefined : getStateEvent(loader, eventId)
  }
}
