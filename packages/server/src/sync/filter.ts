import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import { badJson } from '../errors.ts'
import { TypePatterns } from '../rooms/reads/type-patterns.ts'

/** Which events a client wants. Absent lists allow everything; the `not` lists win. Spec: CS API §Filtering. */
export interface EventFilter {
  limit: number | undefined
  types: TypePatterns | undefined
  notTypes: TypePatterns | undefined
  senders: ReadonlySet<string> | undefined
  notSenders: ReadonlySet<string>
}

export interface RoomEventFilter extends EventFilter {
  rooms: ReadonlySet<string> | undefined
  notRooms: ReadonlySet<string>
  containsUrl: boolean | undefined
  /** By how an event relates to another itself. MSC3874 */
  relTypes: ReadonlySet<string> | undefined
  notRelTypes: ReadonlySet<string> | undefined
  /** Only events to which others relate that are of these types, or from these senders: for timelines. */
  relatedBy: { relTypes: string[] | undefined; senders: string[] | undefined } | undefined
  lazyLoadMembers: boolean
  includeRedundantMembers: boolean
  unreadThreadNotifications: boolean
}

export interface SyncFilter {
  /** Paths, each as its keys. */
  eventFields: readonly (readonly string[])[] | undefined
  federationFormat: boolean
  presence: EventFilter
  accountData: EventFilter
  room: {
    rooms: ReadonlySet<string> | undefined
    notRooms: ReadonlySet<string>
    includeLeave: boolean
    timeline: RoomEventFilter
    state: RoomEventFilter
    ephemeral: RoomEventFilter
    accountData: RoomEventFilter
  }
}

const NONE: ReadonlySet<string> = new Set()

/** Reads a filter as clients write it. Unknown keys are ignored; a known one of the wrong type → 400 `M_BAD_JSON`. */
export function parseSyncFilter(json: unknown): SyncFilter {
  const filter = object(json, 'filter')
  const room = object(filter['room'], 'room')
  return {
    eventFields: strings(filter, 'event_fields')?.map(pathKeys),
    federationFormat: eventFormat(filter) === 'federation',
    presence: parseEventFilter(filter['presence'], 'presence'),
    accountData: parseEventFilter(filter['account_data'], 'account_data'),
    room: {
      rooms: ids(room, 'rooms', '!'),
      notRooms: ids(room, 'not_rooms', '!') ?? NONE,
      includeLeave: boolean(room, 'include_leave') ?? false,
      timeline: parseRoomEventFilter(room['timeline'], 'room.timeline'),
      state: parseRoomEventFilter(room['state'], 'room.state'),
      ephemeral: parseRoomEventFilter(room['ephemeral'], 'room.ephemeral'),
      accountData: parseRoomEventFilter(room['account_data'], 'room.account_data'),
    },
  }
}

/** Reads one part of a filter, or the whole `filter` of `/messages` and its like. Throws 400 `M_BAD_JSON`. */
export function parseRoomEventFilter(json: unknown, name = 'filter'): RoomEventFilter {
  const filter = object(json, name)
  const relatedBy = {
    relTypes: strings(filter, 'related_by_rel_types'),
    senders: strings(filter, 'related_by_senders'),
  }
  return {
    ...parseEventFilter(filter, name),
    relTypes: setOf(strings(filter, 'rel_types') ?? strings(filter, 'org.matrix.msc3874.rel_types')),
    notRelTypes: setOf(
      strings(filter, 'not_rel_types') ?? strings(filter, 'org.matrix.msc3874.not_rel_types'),
    ),
    relatedBy: relatedBy.relTypes === undefined && relatedBy.senders === undefined ? undefined : relatedBy,
    rooms: ids(filter, 'rooms', '!'),
    notRooms: ids(filter, 'not_rooms', '!') ?? NONE,
    containsUrl: boolean(filter, 'contains_url'),
    lazyLoadMembers: boolean(filter, 'lazy_load_members') ?? false,
    includeRedundantMembers: boolean(filter, 'include_redundant_members') ?? false,
    unreadThreadNotifications:
      boolean(filter, 'unread_thread_notifications') ??
      boolean(filter, 'org.matrix.msc3773.unread_thread_notifications') ??
      false,
  }
}

function parseEventFilter(json: unknown, name: string): EventFilter {
  const filter = object(json, name)
  const limit = filter['limit']
  if (limit !== undefined && (!Number.isSafeInteger(limit) || (limit as number) < 0))
    throw badJson(`'${name}.limit' must be an integer, zero or positive`)
  return {
    limit: limit as number | undefined,
    types: patterns(filter, 'types'),
    notTypes: patterns(filter, 'not_types'),
    senders: ids(filter, 'senders', '@'),
    notSenders: ids(filter, 'not_senders', '@') ?? NONE,
  }
}

function object(value: unknown, name: string): JsonObject {
  if (value === undefined) return {}
  if (!isJsonObject(value)) throw badJson(`'${name}' must be an object`)
  return value
}

function strings(filter: JsonObject, key: string): string[] | undefined {
  const value = filter[key]
  if (value === undefined) return undefined
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    throw badJson(`'${key}' must be a list of strings`)
  return value
}

function patterns(filter: JsonObject, key: string): TypePatterns | undefined {
  const types = strings(filter, key)
  return types && new TypePatterns(types)
}

const setOf = (list: readonly string[] | undefined) => list && new Set(list)

function ids(filter: JsonObject, key: string, sigil: string): Set<string> | undefined {
  const list = strings(filter, key)
  if (list === undefined) return undefined
  const wrong = list.find((id) => !id.startsWith(sigil))
  if (wrong !== undefined)
    throw badJson(`'${key}' holds '${wrong.slice(0, 100)}', which is no id beginning with ${sigil}`)
  return new Set(list)
}

function boolean(filter: JsonObject, key: string): boolean | undefined {
  const value = filter[key]
  if (value !== undefined && typeof value !== 'boolean') throw badJson(`'${key}' must be true or false`)
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
