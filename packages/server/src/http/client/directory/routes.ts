import type { CreateAlias, DeleteAlias } from '../../../directory/aliases.ts'
import type { ListRoom, PublishRoom } from '../../../directory/publish-room.ts'
import type { FindAlias } from '../../../directory/resolve-alias.ts'
import type { Route } from '../../route.ts'
import { createAliasRoute, deleteAliasRoute, findAliasRoute, listAliasesRoute } from './aliases.ts'
import { type PublicRoomsDeps, publicRoomsRoutes } from './public-rooms.ts'
import { listRoomRoute, publishedRoute, publishRoute } from './publish.ts'

export interface DirectoryRoutesDeps extends PublicRoomsDeps {
  findAlias: FindAlias
  createAlias: CreateAlias
  deleteAlias: DeleteAlias
  publishRoom: PublishRoom
  listRoom: ListRoom
}

/** Room aliases and the list of public rooms. */
export function directoryRoutes(deps: DirectoryRoutesDeps): Route[] {
  return [
    findAliasRoute(deps),
    createAliasRoute(deps),
    deleteAliasRoute(deps),
    listAliasesRoute(deps),
    publishedRoute(deps),
    publishRoute(deps),
    listRoomRoute(deps),
    ...publicRoomsRoutes(deps),
  ]
}
