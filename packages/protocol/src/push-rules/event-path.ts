import type { RoomEvent } from '../event/types.ts'
import { isJsonObject } from '../json.ts'

/**
 * The keys of a dot-separated path. `\.` and `\\` stand for a dot and a backslash within a key; any other backslash
 * stands for itself. Spec: Appendices §Dot-separated property paths.
 */
export function parsePath(path: string): string[] {
  const keys: string[] = []
  let key = ''
  for (let i = 0; i < path.length; i++) {
    const unit = path[i]!
    const next = path[i + 1]
    if (unit === '\\' && (next === '.' || next === '\\')) {
      key += next
      i++
    } else if (unit === '.') {
      keys.push(key)
      key = ''
    } else {
      key += unit
    }
  }
  keys.push(key)
  return keys
}

/** The value at a parsed path of an event as clients see it; `undefined` if there is none. Arrays are not entered. */
export function valueAt(event: RoomEvent, keys: readonly string[]): unknown {
  let value = topLevel(event, keys[0]!)
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i]!
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined
    value = value[key]
  }
  return value
}

function topLevel(event: RoomEvent, key: string): unknown {
  switch (key) {
    case 'content':
      return event.content
    case 'type':
      return event.type
    case 'sender':
      return event.sender
    case 'state_key':
      return event.stateKey
    case 'room_id':
      return event.roomId
    case 'event_id':
      return event.eventId
    default:
      return Object.hasOwn(event.pdu, key) ? event.pdu[key] : undefined
  }
}
