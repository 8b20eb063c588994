import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import { badJson } from '../errors.ts'
import {
  type EventFilterFields,
  FilterFields,
  type RoomEventFilterFields,
  type RoomFields,
} from '../rooms/reads/filter-fields.ts'

export type EventFilter = EventFilterFields

export interface RoomEventFilter extends RoomEventFilterFields {
  readonly includeRedundantMembers: boolean
  readonly unreadThreadNotifications: boolean
}

export interface SyncFilter {
  /** Paths, each as its keys. */
  eventFields: readonly (readonly string[])[] | undefined
  federationFormat: boolean
  presence: EventFilter
  accountData: EventFilter
  room: RoomFields & {
    includeLeave: boolean
    timeline: RoomEventFilter
    state: RoomEventFilter
    ephemeral: RoomEventFilter
    accountData: RoomEventFilter
  }
}

/** Reads a filter as clients write it. Unknown keys are ignored; a known one of the wrong type → 400 `M_BAD_JSON`. */
export function parseSyncFilter(json: unknown): SyncFilter {
  const filter = object(json, 'filter')
  const room = object(filter['room'], 'room')
  const ofRooms = new FilterFields(room)
  return {
    eventFields: new FilterFields(filter).strings('event_fields')?.map(pathKeys),
    federationFormat: eventFormat(filter) === 'federation',
    presence: parseEventFilter(filter['presence'], 'presence'),
    accountData: parseEventFilter(filter['account_data'], 'account_data'),
    room: {
      ...ofRooms.roomFilter(),
      includeLeave: ofRooms.flag('include_leave') ?? false,
      timeline: parseRoomEventFilter(room['timeline'], 'room.timeline'),
      state: parseRoomEventFilter(room['state'], 'room.state'),
      ephemeral: parseRoomEventFilter(room['ephemeral'], 'room.ephemeral'),
      accountData: parseRoomEventFilter(room['account_data'], 'room.account_data'),
    },
  }
}

/** Reads one part of a filter. Throws 400 `M_BAD_JSON`. */
export function parseRoomEventFilter(json: unknown, name = 'filter'): RoomEventFilter {
  const fields = new FilterFields(object(json, name), { where: `${name}: ` })
  return {
    ...fields.roomEventFilter(),
    includeRedundantMembers: fields.flag('include_redundant_members') ?? false,
    unreadThreadNotifications:
      fields.flag('unread_thread_notifications') ??
      fields.flag('org.matrix.msc3773.unread_thread_notifications') ??
      false,
  }
}

function parseEventFilter(json: unknown, name: string): EventFilter {
  return new FilterFields(object(json, name), { where: `${name}: ` }).eventFilter()
}

function object(value: unknown, name: string): JsonObject {
  if (value === undefined) return {}
  if (!isJsonObject(value)) throw badJson(`'${name}' must be an object`)
  return value
}

function eventFormat(filter: JsonObject): string {
  const format = filter['event_format'] ?? 'client'
  if (format !== 'client' && format !== 'federation')
    throw badJson("'event_format' must be 'client' or 'federation'")
  return format
}

/** `content.m\.relates_to` → `content`, `m.relates_to`. Spec: Appendices §Dot-separated property paths. */
function pathKeys(path: string): string[] {
  const keys = ['']
  for (let i = 0; i < path.length; i++) {
    const char = path[i]!
    const next = path[i + 1]
    if (char === '\\' && (next === '.' || next === '\\')) {
      keys[keys.length - 1] += next
      i++
    } else if (char === '.') keys.push('')
    else keys[keys.length - 1] += char
  }
  return keys
}

/** Lets everything pass. */
export const NO_FILTER: SyncFilter = parseSyncFilter({})
