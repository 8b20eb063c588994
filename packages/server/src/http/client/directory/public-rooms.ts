import { Type } from '@ranvier/admin-api/schema'
import type { ServerName } from '@ranvier/protocol/ids/brands'
import { isServerName } from '@ranvier/protocol/ids/server-name'
import type { RoomListName, RoomRow, Storage } from '@ranvier/storage'
import { listPublicRooms, type PublicRoomsRequest } from '../../../directory/public-rooms.ts'
import { badRequest, invalidParam, notFound } from '../../../errors.ts'
import { type Query, queryInt, queryString } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'

export interface PublicRoomsDeps {
  storage: Storage
  serverName: ServerName
  config: {
    /** Synapse: enable_room_list_search. Off: the list is empty. */
    enableListSearch: boolean
    /** Synapse: allow_public_rooms_without_auth. */
    publicListWithoutAuth: boolean
  }
}

const path = '/_matrix/client/v3/publicRooms'

const PublicRoomsBody = Type.Object({
  limit: Type.Optional(Type.Union([Type.Integer({ minimum: 0 }), Type.Null()])),
  since: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  filter: Type.Optional(
    Type.Union([
      Type.Object({
        generic_search_term: Type.Optional(Type.Union([Type.String(), Type.Null()])),
        room_types: Type.Optional(
          Type.Union([Type.Array(Type.Union([Type.String(), Type.Null()])), Type.Null()]),
        ),
      }),
      Type.Null(),
    ]),
  ),
  include_all_networks: Type.Optional(Type.Boolean()),
  third_party_instance_id: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})

/** `GET` and `POST /publicRooms`: the rooms published here, largest first. */
export function publicRoomsRoutes(deps: PublicRoomsDeps): Route[] {
  const server = (query: Query) => ({ server: queryString(query, 'server') || undefined })
  return [
    clientRoute({
      method: 'GET',
      path,
      auth: deps.config.publicListWithoutAuth ? 'optional' : 'guest-ok',
      query: (query) => ({
        ...server(query),
        limit: queryInt(query, 'limit'),
        since: queryString(query, 'since') || undefined,
      }),
      handler: ({ query: { server, ...page } }) =>
        answer(deps, server, { ...page, search: undefined, roomTypes: undefined }),
    }),
    clientRoute({
      method: 'POST',
      path,
      auth: 'guest-ok',
      query: server,
      body: PublicRoomsBody,
      emptyBody: true,
      handler: ({ query, body }) => {
        const network = body.third_party_instance_id ?? ''
        if (network !== '' && body.include_all_networks)
          throw badRequest("'third_party_instance_id' cannot be used together with 'include_all_networks'")
        return answer(deps, query.server, {
          limit: body.limit ?? undefined,
          since: body.since || undefined,
          search: body.filter?.generic_search_term?.trim() || undefined,
          roomTypes: body.filter?.room_types ?? undefined,
          list: body.include_all_networks ? 'all' : network === '' ? undefined : networkOf(network),
        })
      },
    }),
  ]
}

/** `instance_id` as `/thirdparty/protocols` shows it. What is none has no rooms. */
function networkOf(instanceId: string): RoomListName {
  const [appserviceId = '', ...networkId] = instanceId.split('|')
  return { appserviceId, networkId: networkId.join('|') }
}

async function answer(
  deps: PublicRoomsDeps,
  server: string | undefined,
  request: PublicRoomsRequest,
): Promise<object> {
  if (server !== undefined && server !== deps.serverName) {
    if (!isServerName(server)) throw invalidParam(`'${server.slice(0, 100)}' is not a server name`)
    throw notFound(`The room list of ${server}`)
  }
  if (!deps.config.enableListSearch) return { chunk: [], total_room_count_estimate: 0 }
  const page = await listPublicRooms(deps, request)
  return {
    chunk: page.rooms.map(roomEntry),
    total_room_count_estimate: page.totalEstimate,
    ...(page.nextBatch === undefined ? {} : { next_batch: page.nextBatch }),
    ...(page.prevBatch === undefined ? {} : { prev_batch: page.prevBatch }),
  }
}

/** A room as lists of rooms show it. Spec: CS API §PublishedRoomsChunk; what is not set is left out. */
export function roomEntry(room: RoomRow): Record<string, unknown> {
  const entry: Record<string, unknown> = {
    room_id: room.roomId,
    num_joined_members: room.joinedCount,
    world_readable: room.historyVisibility === 'world_readable',
    guest_can_join: room.guestAccess === 'can_join',
  }
  const optional = {
    name: room.name,
    topic: room.topic,
    avatar_url: room.avatarUrl,
    canonical_alias: room.canonicalAlias,
    join_rule: room.joinRule,
    room_type: room.roomType,
  }
  for (const [key, value] of Object.entries(optional)) if (value !== null) entry[key] = value
  return entry
}
