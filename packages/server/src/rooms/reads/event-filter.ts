import type { RoomEvent } from '@ranvier/protocol/event/types'
import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import { InvalidJsonError, parseJson } from '@ranvier/protocol/parse-json'
import { badJson, notJson, tooLarge } from '../../errors.ts'
import { FilterFields, type RoomEventFilterFields } from './filter-fields.ts'
import { letsAllPass, matchesEvent, matchesRoom } from './filter-match.ts'

/** Which events of rooms somebody wants to see. Spec: CS API §Filtering, RoomEventFilter. */
export interface RoomEventFilter extends RoomEventFilterFields {
  /** Lets every event pass: nothing need be looked at. */
  readonly matchesAll: boolean
  /** Does not look at what relates to the event. */
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
  const fields = new FilterFields(definition, { nullIsAbsent: true, where: 'Filter: ' }).roomEventFilter()
  const allRooms = fields.rooms === undefined && fields.notRooms.size === 0
  return {
    ...fields,
    matchesAll: allRooms && letsAllPass(fields),
    matches: (event) => matchesRoom(fields, event.roomId) && matchesEvent(fields, event),
  }
}
