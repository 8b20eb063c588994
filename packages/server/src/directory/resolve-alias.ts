import type { RoomAlias, RoomId, ServerName } from '@ranvier/protocol/ids/brands'
import { serverNameOf } from '@ranvier/protocol/ids/server-name'
import type { Storage } from '@ranvier/storage'
import type { AppserviceQueries } from '../appservices/queries.ts'
import { MatrixError } from '../errors.ts'

export interface ResolvedAlias {
  roomId: RoomId
  /** Servers through which the room can be joined. */
  servers: ServerName[]
}

/** Finds the room an alias points to, `undefined` if it points nowhere. Spec: CS API §Room aliases. */
export type FindAlias = (alias: RoomAlias) => Promise<ResolvedAlias | undefined>

/** Asks the alias's own server. Rejects or gives `undefined` when that server knows no such alias. */
export type FindRemoteAlias = (alias: RoomAlias) => Promise<ResolvedAlias | undefined>

export function findAlias(deps: {
  storage: Storage
  serverName: ServerName
  findRemote?: FindRemoteAlias
  /** Application services make rooms of theirs when somebody asks for them. */
  queries?: Pick<AppserviceQueries, 'aliasExists'>
}): FindAlias {
  return async (alias) => {
    if (serverNameOf(alias) !== deps.serverName) return deps.findRemote?.(alias)
    const { rooms } = deps.storage.read
    let found = await rooms.findAlias(alias)
    if (found === undefined && (await deps.queries?.aliasExists(alias))) found = await rooms.findAlias(alias)
    return found && { roomId: found.roomId, servers: [deps.serverName] }
  }
}

/** 404 `M_NOT_FOUND`: the alias points nowhere. */
export function aliasNotFound(alias: string): MatrixError {
  return new MatrixError(404, 'M_NOT_FOUND', `Room alias ${alias} not found`)
}
