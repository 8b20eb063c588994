import { type Static, Type } from '@ranvier/admin-api/schema'
import { isServerName } from '@ranvier/protocol/ids/server-name'
import type { AskedThreepid } from '../../../accounts/threepids/identity-server.ts'
import { canonicalThreepid } from '../../../accounts/threepids/threepid-form.ts'
import { invalidParam, missingParam } from '../../../errors.ts'
import { lookupsRefused } from '../../../rooms/address-invites.ts'
import type { RoomVerbs } from '../../../rooms/shadow-ban.ts'
import { clientRoute, type Route } from '../../route.ts'
import { roomIdParam, userIdParam } from './params.ts'

const AddressMembers = {
  medium: Type.Optional(Type.String()),
  address: Type.Optional(Type.String()),
  id_server: Type.Optional(Type.String()),
  id_access_token: Type.Optional(Type.String()),
}
/** Whom to ask about which address. */
export const AddressBody = Type.Object(AddressMembers)
const InviteBody = Type.Object({
  user_id: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
  ...AddressMembers,
})

/** `POST /rooms/{roomId}/invite`, by user id or by an address. */
export function inviteRoute({ verbs }: { verbs: RoomVerbs }): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/rooms/:roomId/invite',
    auth: 'user',
    params: { roomId: roomIdParam },
    body: InviteBody,
    async handler({ requester, params: { roomId }, body: { user_id, reason, ...address } }) {
      if (user_id === undefined) {
        if (address.medium === undefined && address.address === undefined)
          throw missingParam('Missing param: user_id')
        await verbs.inviteByAddress(requester, roomId, askedThreepid(address))
        return {}
      }
      await verbs.changeMembership(requester, roomId, {
        target: userIdParam(user_id),
        membership: 'invite',
        ...(reason === undefined ? {} : { reason }),
      })
      return {}
    },
  })
}

/** 400 for what is missing or wrong; 403 for clients from before identity servers asked for a token of the user. */
export function askedThreepid(body: Static<typeof AddressBody>): AskedThreepid {
  const { medium, address, id_server: idServer, id_access_token: accessToken } = body
  if (medium === undefined || address === undefined || idServer === undefined)
    throw missingParam('medium, address and id_server are needed')
  if (accessToken === undefined) throw lookupsRefused()
  if (!isServerName(idServer)) throw invalidParam("'id_server' is not the name of a server")
  return { ...canonicalThreepid(medium, address), idServer, accessToken }
}
