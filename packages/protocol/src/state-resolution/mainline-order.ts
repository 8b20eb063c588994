import type { RoomEvent } from '../event/types.ts'
import type { EventId } from '../ids/brands.ts'
import { compareByAge } from './compare.ts'
import type { EventLoader } from './event-loader.ts'

/**
 * Mainline order: events that rest on older power levels of the mainline first, those that rest on none of it before
 * all; then by age. `powerLevels` is the head of the mainline; without one all events are equally far from it.
 *
 * Spec: Rooms v2 §State resolution, mainline ordering.
 */
export function sortByMainline(
  events: readonly RoomEvent[],
  powerLevels: RoomEvent | undefined,
  loader: EventLoader,
): RoomEvent[] {
  const positions = mainlinePositions(powerLevels, loader)
  const ranked = events.map((event) => ({ event, position: positionOf(event, positions, loader) }))
  ranked.sort((a, b) => {
    if (a.position !== b.position) return a.position > b.position ? -1 : 1
    return compareByAge(a.event, b.event)
  })
  return ranked.map(({ event }) => event)
}

function mainlinePositions(head: RoomEvent | undefined, loader: EventLoader): Map<EventId, number> {
  const positions = new Map<EventId, number>()
  for (let event = head; event !== undefined; event = citedPowerLevels(event, loader)) {
    if (positions.has(event.eventId)) break // a circle
    positions.set(event.eventId, positions.size)
  }
  return positions
}

/** Distance from the head of the mainline. Remembers the way it went: many events rest on the same power levels. */
function positionOf(event: RoomEvent, positions: Map<EventId, number>, loader: EventLoader): number {
  const way: EventId[] = []
  let position = Number.POSITIVE_INFINITY
  for (
    let power = citedPowerLevels(event, loader);
    power !== undefined;
    power = citedPowerLevels(power, loader)
  ) {
    const known = positions.get(power.eventId)
    if (known !== undefined) {
      position = known
      break
    }
    positions.set(power.eventId, Number.POSITIVE_INFINITY) // until we know better; ends circles
    way.push(power.eventId)
  }
  for (const eventId of way) positions.set(eventId, position)
  return position
}

function citedPowerLevels(event: RoomEvent, loader: EventLoader): RoomEvent | undefined {
  for (const eventId of event.authEvents) {
    const cited = loader.get(eventId)
    if (cited?.type === 'm.room.power_levels' && cited.stateKey === '') return cited
  }
  return undefined
}
