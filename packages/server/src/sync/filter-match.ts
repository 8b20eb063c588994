import { relationOf } from '@ranvier/protocol/event/relation'
import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import type { EventFilter, RoomEventFilter } from './filter.ts'

interface Matchable {
  type: string
  sender: string
  content: JsonObject
}

/** Whether the filter lets an event of a room pass; its room has been looked at already. */
export function matchesEvent(filter: RoomEventFilter, event: Matchable): boolean {
  if (!matchesType(filter, event.type) || !matchesSender(filter, event.sender)) return false
  if (!matchesRelation(filter, event)) return false
  return filter.containsUrl === undefined || filter.containsUrl === (typeof event.content['url'] === 'string')
}

function matchesRelation({ relTypes, notRelTypes }: RoomEventFilter, event: Matchable): boolean {
  if (relTypes === undefined && notRelTypes === undefined) return true
  const relType = relationOf(event)?.relType ?? ''
  return !notRelTypes?.has(relType) && (relTypes?.has(relType) ?? true)
}

export function matchesType(filter: EventFilter, type: string): boolean {
  return !filter.notTypes?.matches(type) && (filter.types?.matches(type) ?? true)
}

export function matchesSender(filter: EventFilter, sender: string): boolean {
  return !filter.notSenders.has(sender) && (filter.senders?.has(sender) ?? true)
}

export function matchesRoom(
  filter: { rooms: ReadonlySet<string> | undefined; notRooms: ReadonlySet<string> },
  roomId: string,
): boolean {
  return !filter.notRooms.has(roomId) && (filter.rooms?.has(roomId) ?? true)
}

/** True if a filter of events lets every event pass. */
export function letsAllPass(filter: RoomEventFilter): boolean {
  return (
    filter.types === undefined &&
    filter.senders === undefined &&
    filter.containsUrl === undefined &&
    filter.relTypes === undefined &&
    filter.relatedBy === undefined &&
    filter.notRelTypes === undefined &&
    filter.notTypes === undefined &&
    filter.notSenders.size === 0
  )
}

/** Only the members of `event` that the paths name. */
export function pickFields(event: JsonObject, paths: readonly (readonly string[])[]): JsonObject {
  const result: JsonObject = {}
  for (const path of paths) copyPath(event, result, path)
  return result
}

/** Nothing if the path leads nowhere: no empty objects on the way there. */
function copyPath(from: JsonObject, to: JsonObject, path: readonly string[]): void {
  if (!leadsSomewhere(from, path)) return
  let source: JsonObject = from
  let target: JsonObject = to
  for (const [i, key] of path.entries()) {
    const value = source[key]
    if (i === path.length - 1) {
      define(target, key, value)
      return
    }
    if (!isJsonObject(value)) return
    const known = Object.hasOwn(target, key) ? target[key] : undefined
    // A longer path may come after one that took the whole object: then everything is there already.
    if (known === value) return
    const next = isJsonObject(known) ? known : {}
    if (next !== known) define(target, key, next)
    source = value
    target = next
  }
}

function leadsSomewhere(from: JsonObject, path: readonly string[]): boolean {
  let value: JsonObject[string] | undefined = from
  for (const key of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return false
    value = value[key]
  }
  return true
}

/** As an own property, whatever its name. */
function define(target: JsonObject, key: string, value: JsonObject[string]): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}
