import type { RoomAlias, RoomId } from '@ranvier/protocol/ids/brands'
import { isRoomAlias } from '@ranvier/protocol/ids/room-alias'
import { isRoomId } from '@ranvier/protocol/ids/room-id'
import { aliasNotFound, type FindAlias } from '../../../directory/resolve-alias.ts'
import { badRequest } from '../../../errors.ts'

/** The id of a room that need not exist. Throws 400 `M_UNKNOWN`, as Synapse does here. */
export function legalRoomId(raw: string): RoomId {
  if (!isRoomId(raw)) throw badRequest(`${raw.slice(0, 100)} is not a legal room ID`)
  return raw
}

/** Throws 400 `M_UNKNOWN` for what is neither. */
export function roomIdOrAlias(raw: string): RoomId | RoomAlias {
  if (isRoomId(raw) || isRoomAlias(raw)) return raw
  throw badRequest(`${raw.slice(0, 100)} was not legal room ID or room alias`)
}

/** The room an alias points to: 404 `M_NOT_FOUND` if to none. An id stands for itself. */
export async function resolveRoom(findAlias: FindAlias, room: RoomId | RoomAlias): Promise<RoomId> {
  if (!isRoomAlias(room)) return room
  const found = await findAlias(room)
  if (found === undefined) throw aliasNotFound(room)
  return found.roomId
}
