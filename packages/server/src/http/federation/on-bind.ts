import { Type } from '@ranvier/admin-api/schema'
import { isRoomId } from '@ranvier/protocol/ids/room-id'
import type { JsonObject } from '@ranvier/protocol/json'
import { type TakeUpAddressInvite, takeUpAll } from '../../rooms/address-invites.ts'
import { type Route, route } from '../route.ts'

const MAX_INVITES = 100

const OnBindBody = Type.Object({
  invites: Type.Array(
    Type.Object({ room_id: Type.String(), sender: Type.String(), signed: Type.Object({}) }),
    { maxItems: MAX_INVITES },
  ),
})

/**
 * `PUT /_matrix/federation/v1/3pid/onbind`: an identity server says that an address is now a user's of ours, who was
 * invited by it. It needs to prove nothing but the invites themselves. Spec: S2S §Third-party invites
 */
export function onBindRoute({ takeUp }: { takeUp: TakeUpAddressInvite }): Route {
  return route({
    method: 'PUT',
    path: '/_matrix/federation/v1/3pid/onbind',
    auth: 'none',
    body: OnBindBody,
    async handler({ body: { invites } }) {
      const proofs = invites.flatMap(
        ({ room_id: roomId, sender, signed }) =>
          isRoomId(roomId) ? { roomId, sender, signed: signed as JsonObject } : [], // parsed JSON
      )
      await takeUpAll(takeUp, proofs)
      return {}
    },
  })
}
