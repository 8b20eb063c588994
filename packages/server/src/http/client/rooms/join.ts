import { type Static, Type } from '@ranvier/admin-api/schema'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { FindAlias } from '../../../directory/resolve-alias.ts'
import { forbidden } from '../../../errors.ts'
import type { Requester } from '../../../requester.ts'
import type { RoomVerbs } from '../../../rooms/shadow-ban.ts'
import { clientRoute, type Route } from '../../route.ts'
import { roomIdParam } from './params.ts'
import { resolveRoom, roomIdOrAliasParam } from './room-or-alias.ts'

const ReasonBody = Type.Object({ reason: Type.Optional(Type.String()) })
const JoinBody = Type.Object({
  reason: Type.Optional(Type.String()),
  third_party_signed: Type.Optional(
    Type.Object({
      sender: Type.String(),
      mxid: Type.String(),
      token: Type.String(),
      signatures: Type.Object({}),
    }),
  ),
})
type JoinBody = Static<typeof JoinBody>

/** What a join says that is not for the member event, or only the server may say there. */
const NOT_CONTENT = new Set([
  ...['reason', 'membership', 'displayname', 'avatar_url', 'is_direct', 'third_party_signed'],
  'join_authorised_via_users_server',
])

/** Further members of a join's body go into the member event. NOTSPEC: Synapse does so, and clients rely on it. */
function extraContent(body: JoinBody): JsonObject {
  const json = body as JsonObject // parsed JSON; the schema names only some of it
  return Object.fromEntries(Object.entries(json).filter(([key]) => !NOT_CONTENT.has(key)))
}

interface JoinDeps {
  verbs: RoomVerbs
  findAlias: FindAlias
}

/** `POST /join/{roomIdOrAlias}` and `POST /rooms/{roomId}/join`. Joining again succeeds and changes nothing. */
export function joinRoutes(deps: JoinDeps): Route[] {
  async function join(requester: Requester, roomId: RoomId, body: JoinBody): Promise<object> {
    const content = extraContent(body)
    if (body.third_party_signed !== undefined) {
      const { sender, ...signed } = body.third_party_signed
      if (signed.mxid !== requester.userId) throw forbidden('The invite was made for another user')
      await deps.verbs.takeUpAddressInvite(roomId, { sender, signed: signed as JsonObject }) // parsed JSON
    }
    await deps.verbs.changeMembership(requester, roomId, {
      target: requester.userId,
      membership: 'join',
      ...(body.reason !== undefined && { reason: body.reason }),
      ...(Object.keys(content).length > 0 && { content }),
    })
    return { room_id: roomId }
  }
  return [
    clientRoute({
      method: 'POST',
      path: '/_matrix/client/v3/join/:roomIdOrAlias',
      auth: 'guest-ok',
      params: { roomIdOrAlias: roomIdOrAliasParam },
      body: JoinBody,
      emptyBody: true,
      handler: async ({ requester, params, body }) =>
        join(requester, await resolveRoom(deps.findAlias, params.roomIdOrAlias), body),
    }),
    clientRoute({
      method: 'POST',
      path: '/_matrix/client/v3/rooms/:roomId/join',
      auth: 'guest-ok',
      params: { roomId: roomIdParam },
      body: JoinBody,
      emptyBody: true,
      handler: ({ requester, params, body }) => join(requester, params.roomId, body),
    }),
  ]
}

/** `POST /knock/{roomIdOrAlias}` */
export function knockRoute(deps: JoinDeps): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/knock/:roomIdOrAlias',
    auth: 'user',
    params: { roomIdOrAlias: roomIdOrAliasParam },
    body: ReasonBody,
    emptyBody: true,
    async handler({ requester, params, body: { reason } }) {
      const roomId = await resolveRoom(deps.findAlias, params.roomIdOrAlias)
      await deps.verbs.changeMembership(requester, roomId, {
        target: requester.userId,
        membership: 'knock',
        ...(reason === undefined ? {} : { reason }),
      })
      return { room_id: roomId }
    },
  })
}
