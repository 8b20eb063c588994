import { Type } from '@ranvier/admin-api/schema'
import type { RoomAlias } from '@ranvier/protocol/ids/brands'
import { isRoomAlias } from '@ranvier/protocol/ids/room-alias'
import type { Storage } from '@ranvier/storage'
import type { CreateAlias, DeleteAlias } from '../../../directory/aliases.ts'
import { listAliases } from '../../../directory/list-aliases.ts'
import { aliasNotFound, type FindAlias } from '../../../directory/resolve-alias.ts'
import { invalidParam } from '../../../errors.ts'
import { clientRoute, type Route } from '../../route.ts'
import { roomIdParam } from '../rooms/params.ts'

const path = '/_matrix/client/v3/directory/room/:roomAlias'

function roomAliasParam(raw: string): RoomAlias {
  if (!isRoomAlias(raw)) throw invalidParam('Room alias invalid')
  return raw
}

/** `GET /directory/room/{roomAlias}`: which room, and which servers know it. */
export function findAliasRoute({ findAlias }: { findAlias: FindAlias }): Route {
  return clientRoute({
    method: 'GET',
    path,
    auth: 'none',
    params: { roomAlias: roomAliasParam },
    async handler({ params: { roomAlias } }) {
      const found = await findAlias(roomAlias)
      if (found === undefined) throw aliasNotFound(roomAlias)
      return { room_id: found.roomId, servers: found.servers }
    },
  })
}

/** `PUT /directory/room/{roomAlias}`: 409 when the alias is taken. */
export function createAliasRoute({ createAlias }: { createAlias: CreateAlias }): Route {
  return clientRoute({
    method: 'PUT',
    path,
    auth: 'user',
    adminEffect: true,
    params: { roomAlias: roomAliasParam },
    body: Type.Object({ room_id: Type.String() }),
    async handler({ requester, params: { roomAlias }, body }) {
      await createAlias(requester, roomAlias, roomIdParam(body.room_id))
      return {}
    },
  })
}

/** `DELETE /directory/room/{roomAlias}` */
export function deleteAliasRoute({ deleteAlias }: { deleteAlias: DeleteAlias }): Route {
  return clientRoute({
    method: 'DELETE',
    path,
    auth: 'user',
    adminEffect: true,
    params: { roomAlias: roomAliasParam },
    async handler({ requester, params: { roomAlias } }) {
      await deleteAlias(requester, roomAlias)
      return {}
    },
  })
}

/** `GET /rooms/{roomId}/aliases` */
export function listAliasesRoute(deps: { storage: Storage }): Route {
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/rooms/:roomId/aliases',
    aliases: ['/_matrix/client/unstable/org.matrix.msc2432/rooms/:roomId/aliases'],
    auth: 'user',
    params: { roomId: roomIdParam },
    handler: async ({ requester, params: { roomId } }) => ({
      aliases: await listAliases(deps, requester.userId, roomId),
    }),
  })
}
