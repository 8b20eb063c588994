import { relationOf } from '@ranvier/protocol/event/relation'
import type { RoomEvent } from '@ranvier/protocol/event/types'
import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import { InvalidJsonError, parseJson } from '@ranvier/protocol/parse-json'
import { badJson, notJson, tooLarge } from '../../errors.ts'
import { TypePatterns } from './type-patterns.ts'

/** Which events of rooms somebody wants to see. Spec: CS API §Filtering, RoomEventFilter. */
export interface RoomEventFilter {
  readonly limit: number | undefined
  readonly lazyLoadMembers: boolean
  /** Lets every event pass: nothing need be looked at. */
  readonly matchesAll: boolean
  /** Only in these rooms; `undefined`: in all. */
  readonly rooms: ReadonlySet<string> | undefined
  readonly notRooms: ReadonlySet<string> | undefined
  /** Only events to which others relate that are of these types, or from these senders. {@link matches} does not look. */
  readonly relatedBy: { relTypes: string[] | undefined; senders: string[] | undefined } | undefined
  matches(event: RoomEvent): boolean
}

/**
 * The filter of a `filter` query parameter; without one, everything. 400 `M_NOT_JSON` for what is no JSON, `M_BAD_JSON`
 * for JSON that is no filter.
 */
export function parseRoomEventFilter(text: string | undefined): RoomEventFilter {
  if (text === undefined || text === '') return roomEventFilter({})
  let definition: unknown
  try {
    definition = parseJson(text)
  } catch (error) {
    if (!(error instanceof InvalidJsonError)) throw error
    throw notJson("Query parameter 'filter' is not JSON")
  }
  if (!isJsonObject(definition)) throw badJson("Query parameter 'filter' must be a JSON object")
  return roomEventFilter(definition)
}

/** Of any filter, in characters of JSON: several thousand rooms. */
export const MAX_FILTER_LENGTH = 262_144
export const filterTooLarge = () => tooLarge(`A filter has at most ${MAX_FILTER_LENGTH} characters`)

/**
 * The filter an object describes. Unknown members are ignored, ill-typed ones are 400 `M_BAD_JSON`; 413 `M_TOO_LARGE` for a
 * very large one.
 */
export function roomEventFilter(definition: JsonObject): RoomEventFilter {
  if (JSON.stringify(definition).length > MAX_FILTER_LENGTH) throw filterTooLarge()
  const types = patterns(definition, 'types')
  const notTypes = patterns(definition, 'not_types')
  const senders = ids(definition, 'senders', '@')
  const notSenders = ids(definition, 'not_senders', '@')
  const rooms = ids(definition, 'rooms', '!')
  const notRooms = ids(definition, 'not_rooms', '!')
  const containsUrl = flag(definition, 'contains_url')
  const relTypes = setOf(
    strings(definition, 'rel_types') ?? strings(definition, 'org.matrix.msc3874.rel_types'),
  )
  const notRelTypes = setOf(
    strings(definition, 'not_rel_types') ?? strings(definition, 'org.matrix.msc3874.not_rel_types'),
  )
  const related = {
    relTypes: strings(definition, 'related_by_rel_types'),
    senders: strings(definition, 'related_by_senders'),
  }
  const conditions: ((event: RoomEvent) => boolean)[] = []
  if (types !== undefined) conditions.push(({ type }) => types.matches(type))
  if (notTypes !== undefined) conditions.push(({ type }) => !notTypes.matches(type))
  if (senders !== undefined) conditions.push(({ sender }) => senders.has(sender))
  if (notSenders !== undefined) conditions.push(({ sender }) => !notSenders.has(sender))
  if (rooms !== undefined) conditions.push(({ roomId }) => rooms.has(roomId))
  if (notRooms !== undefined) conditions.push(({ roomId }) => !notRooms.has(roomId))
  if (containsUrl !== undefined)
    conditions.push(({ content }) => (typeof content['url'] === 'string') === containsUrl)
  // MSC3874: by how an event relates to another itself.
  if (relTypes !== undefined) conditions.push((event) => relTypes.has(relationOf(event)?.relType ?? ''))
  if (notRelTypes !== undefined)
    conditions.push((event) => !notRelTypes.has(relationOf(event)?.relType ?? ''))
  const relatedBy = related.relTypes === undefined && related.senders === undefined ? undefined : related
  return {
    rooms,
    notRooms,
    relatedBy,
    limit: limitOf(definition),
    lazyLoadMembers: flag(definition, 'lazy_load_members') ?? false,
    matchesAll: conditions.length === 0 && relatedBy === undefined,
    matches: (event) => conditions.every((holds) => holds(event)),
  }
}

function patterns(definition: JsonObject, key: string): TypePatterns | undefined {
  const types = strings(definition, key)
  return types && new TypePatterns(types)
}

function strings(definition: JsonObject, key: string): string[] | undefined {
  const value = definition[key]
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string'))
    throw badJson(`Filter: '${key}' must be a list of strings`)
  return value
}

const setOf = (list: readonly string[] | undefined) => list && new Set(list)

function ids(definition: JsonObject, key: string, sigil: string): ReadonlySet<string> | undefined {
  const list = strings(definition, key)
  const wrong = list?.find((id) => !id.startsWith(sigil))
  if (wrong !== undefined)
    throw badJson(`Filter: '${key}' holds '${wrong.slice(0, 100)}', which is no id beginning with ${sigil}`)
  return list && new Set(list)
}

function flag(definition: JsonObject, key: string): boolean | undefined {
  const value = definition[key]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'boolean') throw badJson(`Filter: '${key}' must be true or false`)
  return value
}

function limitOf(definition: JsonObject): number | undefined {
  const value = definition['limit']
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw badJson("Filter: 'limit' must be a whole number, zero or more")
  return value
}
