import type { EventId } from '../ids/brands.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import type { EventLoader } from './event-loader.ts'
import type { StateMap } from './state-map.ts'
import { resolveV1 } from './v1.ts'
import { resolveV2 } from './v2.ts'

/**
 * The state that the state sets of a fork resolve to, by the algorithm of the room version. A new map.
 * Depends on the sets and the events alone: not on the order of the sets, not on any current state, so the result may
 * be kept for ever. Throws `MissingStateEventError` if `loader` lacks an event of a set.
 *
 * Spec: Room versions §State resolution.
 */
export function resolveState(
  rules: RoomVersionRules,
  stateSets: readonly StateMap[],
  loader: EventLoader,
): Map<string, EventId> {
  const [first, ...others] = stateSets
  if (first === undefined) return new Map()
  if (others.every((other) => isSameState(first, other))) return new Map(first)
  return rules.stateResolution === 'v1'
    ? resolveV1(rules, stateSets, loader)
    : resolveV2(rules, stateSets, loader)
}

/** True if both have the same entries. */
export function isSameState(a: StateMap, b: StateMap): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [key, eventId] of a) if (b.get(key) !== eventId) return false
  return true
}
