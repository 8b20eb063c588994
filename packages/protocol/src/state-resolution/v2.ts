import type { RoomEvent } from '../event/types.ts'
import type { EventId } from '../ids/brands.ts'
import { createEventIdOf } from '../ids/room-id.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import { authDifference, conflictedSubgraph, findConflicts } from './conflicts.ts'
import type { EventLoader } from './event-loader.ts'
import { getStateEvent, takesPart } from './event-loader.ts'
import { applyAllowed } from './iterative-auth.ts'
import { sortByMainline } from './mainline-order.ts'
import { powerEventsAndTheirGrounds, sortByPower } from './power-order.ts'
import type { StateMap } from './state-map.ts'
import { stateMapKey } from './state-map.ts'

/**
 * State resolution v2 (room versions 2–11) and v2.1 (version 12), which differs in two points: it starts from nothing
 * instead of from what all sets agree on, and it replays the conflicted subgraph too.
 *
 * Spec: Rooms v2 §State resolution; Rooms v12 §State resolution (MSC4297).
 */
export function resolveV2(
  rules: RoomVersionRules,
  stateSets: readonly StateMap[],
  loader: EventLoader,
): Map<string, EventId> {
  const conflicts = findConflicts(stateSets)
  const { unconflicted, conflicted } = conflicts
  if (conflicted.size === 0) return unconflicted
  const isV21 = rules.stateResolution === 'v2.1'
  const candidates = loadCandidates(conflicted, loader)
  addCandidates(candidates, authDifference(stateSets, conflicts, loader), loader)
  if (isV21) addCandidates(candidates, conflictedSubgraph(conflicted, loader), loader)
  const create = rules.createInAuthEvents ? undefined : createOf(candidates, loader)

  // 1, 2
  const power = powerEventsAndTheirGrounds(candidates)
  const sorted = sortByPower(pick(candidates, power), rules, loader, create)
  const state = new Map(isV21 ? [] : unconflicted)
  applyAllowed(state, sorted, rules, loader, create)

  // 3, 4
  const levelsId = state.get(stateMapKey('m.room.power_levels', ''))
  const levels = levelsId === undefined ? undefined : getStateEvent(loader, levelsId)
  const rest = [...candidates.values()].filter(({ eventId }) => !power.has(eventId))
  applyAllowed(state, sortByMainline(rest, levels, loader), rules, loader, create)

  // 5
  for (const [key, eventId] of unconflicted) state.set(key, eventId)
  return state
}

function loadCandidates(conflicted: Iterable<EventId>, loader: EventLoader): Map<EventId, RoomEvent> {
  const candidates = new Map<EventId, RoomEvent>()
  for (const eventId of conflicted) {
    const event = getStateEvent(loader, eventId)
    if (takesPart(loader, eventId)) candidates.set(eventId, event)
  }
  return candidates
}

/** Events of the auth chains. One we do not have cannot be replayed; whatever cites it was accepted without us. */
function addCandidates(
  candidates: Map<EventId, RoomEvent>,
  eventIds: Iterable<EventId>,
  loader: EventLoader,
): void {
  for (const eventId of eventIds) {
    const event = loader.get(eventId)
    if (event !== undefined && takesPart(loader, eventId)) candidates.set(eventId, event)
  }
}

function createOf(candidates: ReadonlyMap<EventId, RoomEvent>, loader: EventLoader): RoomEvent | undefined {
  for (const { roomId } of candidates.values()) return getStateEvent(loader, createEventIdOf(roomId))
  return undefined
}

function pick(candidates: ReadonlyMap<EventId, RoomEvent>, ids: ReadonlySet<EventId>): RoomEvent[] {
  return [...candidates.values()].filter(({ eventId }) => ids.has(eventId))
}
