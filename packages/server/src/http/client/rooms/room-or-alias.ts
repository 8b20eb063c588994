import type { RoomAlias, RoomId } from '@ranvier/protocol/ids/brands'
import { isRoomAlias } from '@ranvier/protocol/ids/room-alias'
import { isRoomId } from '@ranvier/protocol/ids/room-id'
import { aliasNotFound, type FindAlias } from '../../../directory/resolve-alias.ts'
import { invalidParam } from '../../../errors.ts'

/** A room id or an alias. Throws 400 `M_INVALID_PARAM`. */
export function roomIdOrAliasParam(raw: string): RoomId | RoomAlias {
  if (isRoomId(raw) || isRoomAlias(raw)) return raw
  throw invalidParam(`'${raw.slice(0, 100)}' is neither a room id nor a room alias`)
}

/** The room meant; 404 `M_NOT_FOUND` for an alias that points nowhere. */
export async function resolveRoom(findAlias: FindAlias, idOrAlias: RoomId | RoomAlias): Promise<RoomId> {
  if (!isRoomAlias(idOrAlias)) return idOrAlias
  const found = await findAlias(idOrAlias)
  if (found === undefined) throw aliasNotFound(idOrAlias)
  return found.roomId
}
