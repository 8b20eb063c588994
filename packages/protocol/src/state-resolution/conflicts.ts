import type { EventId } from '../ids/brands.ts'
import type { EventLoader } from './event-loader.ts'
import { authEventIdsOf } from './event-loader.ts'
import type { StateMap } from './state-map.ts'

export interface Conflicts {
  /** The entries that are the same in all state sets. */
  unconflicted: Map<string, EventId>
  /** The events of all other entries. */
  conflicted: Set<EventId>
}

/** Splits state sets as state resolution v2 does: an entry that one set lacks is in conflict. */
export function findConflicts(stateSets: readonly StateMap[]): Conflicts {
  const [first, ...others] = stateSets
  const unconflicted = new Map<string, EventId>()
  const conflicted = new Set<EventId>()
  for (const [key, eventId] of first ?? []) {
    if (others.every((other) => other.get(key) === eventId)) unconflicted.set(key, eventId)
  }
  for (const state of stateSets) {
    for (const [key, eventId] of state) if (!unconflicted.has(key)) conflicted.add(eventId)
  }
  return { unconflicted, conflicted }
}

/**
 * The auth difference: the events in the auth chain of some state set that are not in that of every one.
 *
 * A state event counts into the chain of its own set. The spec's wording would let an entry all sets agree on into the
 * difference if only some chains cite it; Synapse does not, and in version 12 that decides results.
 *
 * What all sets share is in every chain together with all it cites. So only the chains of conflicted entries can hold
 * anything that differs, and the long walk through the others is made only if they do.
 */
export function authDifference(
  stateSets: readonly StateMap[],
  { unconflicted, conflicted }: Conflicts,
  loader: EventLoader,
): Set<EventId> {
  const reachedBy = new Map<EventId, number>()
  for (const state of stateSets) {
    const starts = [...state.values()].filter((eventId) => conflicted.has(eventId))
    walkAuthChain(starts, loader, (eventId) => {
      reachedBy.set(eventId, (reachedBy.get(eventId) ?? 0) + 1)
      return true
    })
  }
  const difference = new Set<EventId>()
  for (const [eventId, count] of reachedBy) if (count < stateSets.length) difference.add(eventId)
  for (const eventId of unconflicted.values()) difference.delete(eventId)
  if (difference.size > 0) {
    walkAuthChain(unconflicted.values(), loader, (eventId) => {
      difference.delete(eventId)
      return difference.size > 0
    })
  }
  return difference
}

/**
 * The conflicted subgraph: every event on a path of auth events from one conflicted event to another, ends included.
 * These are the events reached from a conflicted event from which a conflicted event is reached.
 */
export function conflictedSubgraph(conflicted: ReadonlySet<EventId>, loader: EventLoader): Set<EventId> {
  const citedBy = new Map<EventId, EventId[]>()
  walkAuthChain(
    conflicted,
    loader,
    () => true,
    (from, to) => {
      const citing = citedBy.get(to)
      if (citing === undefined) citedBy.set(to, [from])
      else citing.push(from)
    },
  )
  // Backwards along the edges just seen: all of them start at something a conflicted event reaches.
  const subgraph = new Set(conflicted)
  const queue = [...conflicted]
  for (let eventId = queue.pop(); eventId !== undefined; eventId = queue.pop()) {
    for (const citing of citedBy.get(eventId) ?? []) {
      if (subgraph.has(citing)) continue
      subgraph.add(citing)
      queue.push(citing)
    }
  }
  return subgraph
}

/**
 * Visits each event of the auth chains of `starts` once; a start itself only if another event cites it.
 * `visit` returns false to end the walk. Terminates for any input, also for events that cite each other.
 */
function walkAuthChain(
  starts: Iterable<EventId>,
  loader: EventLoader,
  visit: (eventId: EventId) => boolean,
  onEdge?: (from: EventId, to: EventId) => void,
): void {
  const visited = new Set<EventId>()
  const expanded = new Set<EventId>()
  const queue = [...starts]
  for (let eventId = queue.pop(); eventId !== undefined; eventId = queue.pop()) {
    if (expanded.has(eventId)) continue
    expanded.add(eventId)
    for (const cited of authEventIdsOf(loader, eventId)) {
      onEdge?.(eventId, cited)
      if (visited.has(cited)) continue
      visited.add(cited)
      if (!visit(cited)) return
      queue.push(cited)
    }
  }
}
