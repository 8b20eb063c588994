import { powerLevelsOf } from '../auth/power-levels.ts'
import { membershipOf } from '../auth/room-state.ts'
import type { RoomEvent } from '../event/types.ts'
import type { EventId } from '../ids/brands.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import { compareByAge } from './compare.ts'
import type { EventLoader } from './event-loader.ts'
import { PriorityQueue } from './priority-queue.ts'

/**
 * True for events that may take somebody's abilities away: power levels, join rules, kicks and bans.
 * Create events count too, as they do for Synapse: they are then sorted first, which changes no result.
 */
export function isPowerEvent(event: RoomEvent): boolean {
  switch (event.type) {
    case 'm.room.power_levels':
    case 'm.room.join_rules':
    case 'm.room.create':
      return event.stateKey === ''
    case 'm.room.member': {
      const membership = membershipOf(event)
      return (membership === 'leave' || membership === 'ban') && event.sender !== event.stateKey
    }
    default:
      return false
  }
}

/**
 * The power events among `candidates` and what they rest on among `candidates`.
 *
 * The auth chain is followed as far as it stays inside `candidates`, as other servers do. An event behind one that is
 * not a candidate is in the auth chain of every state set, and what all agree on needs no replay.
 */
export function powerEventsAndTheirGrounds(candidates: ReadonlyMap<EventId, RoomEvent>): Set<EventId> {
  const found = new Set<EventId>()
  for (const event of candidates.values()) {
    if (!isPowerEvent(event)) continue
    const queue = [event.eventId]
    for (let eventId = queue.pop(); eventId !== undefined; eventId = queue.pop()) {
      const next = candidates.get(eventId)
      if (next === undefined || found.has(eventId)) continue
      found.add(eventId)
      queue.push(...next.authEvents)
    }
  }
  return found
}

/**
 * Reverse topological power order: auth events first; among those that are ready, higher power of the sender, then age.
 * Events that cite each other in a circle, which only forged ids of versions 1 and 2 can, are left out.
 * `create` is the create event of a version 12 room; older events cite theirs.
 *
 * Spec: Rooms v2 §State resolution, reverse topological power ordering.
 */
export function sortByPower(
  events: readonly RoomEvent[],
  rules: RoomVersionRules,
  loader: EventLoader,
  create: RoomEvent | undefined,
): RoomEvent[] {
  const waitingFor = new Map<EventId, number>()
  const citedBy = new Map<EventId, Ranked[]>()
  const byId = new Map(events.map((event) => [event.eventId, event]))
  const ready = new PriorityQueue<Ranked>(compareRanked)
  for (const event of events) {
    const ranked = { event, power: senderPower(event, rules, loader, create) }
    const cited = new Set(event.authEvents.filter((eventId) => byId.has(eventId)))
    if (cited.size === 0) ready.push(ranked)
    waitingFor.set(event.eventId, cited.size)
    for (const eventId of cited) {
      const citing = citedBy.get(eventId)
      if (citing === undefined) citedBy.set(eventId, [ranked])
      else citing.push(ranked)
    }
  }
  const sorted: RoomEvent[] = []
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    sorted.push(next.event)
    for (const citing of citedBy.get(next.event.eventId) ?? []) {
      const left = waitingFor.get(citing.event.eventId)! - 1
      waitingFor.set(citing.event.eventId, left)
      if (left === 0) ready.push(citing)
    }
  }
  return sorted
}

interface Ranked {
  event: RoomEvent
  power: number
}

function compareRanked(a: Ranked, b: Ranked): number {
  if (a.power !== b.power) return a.power > b.power ? -1 : 1
  return compareByAge(a.event, b.event)
}

/** The level of the sender by the power levels the event itself cites. */
function senderPower(
  event: RoomEvent,
  rules: RoomVersionRules,
  loader: EventLoader,
  create: RoomEvent | undefined,
): number {
  let levels: RoomEvent | undefined
  let citedCreate: RoomEvent | undefined
  for (const eventId of event.authEvents) {
    const cited = loader.get(eventId)
    if (cited?.stateKey !== '') continue
    if (cited.type === 'm.room.power_levels') levels = cited
    else if (cited.type === 'm.room.create') citedCreate = cited
  }
  // A create event has nothing to cite; who sends it is at least the creator.
  const root = create ?? (event.type === 'm.room.create' ? event : citedCreate)
  return powerLevelsOf(root, levels, rules).userLevel(event.sender)
}
