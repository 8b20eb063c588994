import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { isEventId } from '@ranvier/protocol/ids/event-id'
import { isRoomId } from '@ranvier/protocol/ids/room-id'
import { isUserId } from '@ranvier/protocol/ids/user-id'
import { invalidParam } from '../../../errors.ts'
import { parseRoomEventFilter, type RoomEventFilter } from '../../../rooms/reads/event-filter.ts'
import { eventsPositionOf } from '../../../sync/token.ts'
import { type Query, queryString } from '../../query.ts'

/** A room id from a path or a body. Throws 400 `M_INVALID_PARAM`. */
export function roomIdParam(raw: string): RoomId {
  if (!isRoomId(raw)) throw invalidParam(`${shown(raw)} is not a room id`)
  return raw
}

/** An event id. Throws 400 `M_INVALID_PARAM`. */
export function eventIdParam(raw: string): EventId {
  if (!isEventId(raw)) throw invalidParam(`${shown(raw)} is not an event id`)
  return raw
}

/** A user id. Throws 400 `M_INVALID_PARAM`. */
export function userIdParam(raw: string): UserId {
  if (!isUserId(raw)) throw invalidParam(`${shown(raw)} is not a user id`)
  return raw
}

/** The place a pagination token stands for; `undefined` without one. Throws 400 `M_INVALID_PARAM`. */
export function placeQuery(query: Query, name: string): number | undefined {
  const token = queryString(query, name)
  // Some clients send an empty token for "no token".
  return token === undefined || token === '' ? undefined : eventsPositionOf(token, name)
}

/** The room event filter in `filter`; without it, everything passes. Throws 400 `M_NOT_JSON` or `M_BAD_JSON`. */
export function filterQuery(query: Query): RoomEventFilter {
  return parseRoomEventFilter(queryString(query, 'filter'))
}

function shown(raw: string): string {
  return `'${raw.slice(0, 100)}'`
}
