import { relationOf } from '@ranvier/protocol/event/relation'
import type { JsonObject } from '@ranvier/protocol/json'
import type { EventFilterFields, RoomEventFilterFields, RoomFields } from './filter-fields.ts'

interface Matchable {
  type: string
  sender: string
  content: JsonObject
}

/** Whether the filter lets an event of a room pass; its room, and who relates to it, have been looked at already. */
export function matchesEvent(filter: RoomEventFilterFields, event: Matchable): boolean {
  if (!matchesType(filter, event.type) || !matchesSender(filter, event.sender)) return false
  if (!matchesRelation(filter, event)) return false
  return filter.containsUrl === undefined || filter.containsUrl === (typeof event.content['url'] === 'string')
}

function matchesRelation({ relTypes, notRelTypes }: RoomEventFilterFields, event: Matchable): boolean {
  if (relTypes === undefined && notRelTypes === undefined) return true
  const relType = relationOf(event)?.relType ?? ''
  return !notRelTypes?.has(relType) && (relTypes?.has(relType) ?? true)
}

export function matchesType(filter: EventFilterFields, type: string): boolean {
  return !filter.notTypes?.matches(type) && (filter.types?.matches(type) ?? true)
}

export function matchesSender(filter: EventFilterFields, sender: string): boolean {
  return !filter.notSenders.has(sender) && (filter.senders?.has(sender) ?? true)
}

export function matchesRoom(filter: RoomFields, roomId: string): boolean {
  return !filter.notRooms.has(roomId) && (filter.rooms?.has(roomId) ?? true)
}

/** True if a filter of events lets every event of a room that it lets pass pass. */
export function letsAllPass(filter: RoomEventFilterFields): boolean {
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
