import { Type } from '@ranvier/admin-api/schema'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Accounts } from '../../../accounts/accounts.ts'
import type { Requester } from '../../../requester.ts'
import type { HttpRequest } from '../../request.ts'
import { clientRoute, type Route } from '../../route.ts'
import type { Uia } from '../../uia.ts'

/** `DELETE /devices/{deviceId}` and `POST /delete_devices`. Both want the password; unknown devices are no error. */
export function deleteDeviceRoutes({ accounts, uia }: { accounts: Accounts; uia: Uia }): Route[] {
  async function prove(requester: Requester, request: HttpRequest, body: unknown) {
    if (requester.tokenId < 0) return null // MSC4190: an application service has no password
    const proof = await uia.check({
      request,
      body: body as JsonObject, // parsed JSON
      flows: [['m.login.password']],
      requester,
      mayReuse: true,
    })
    return proof.answer
  }
  return [
    clientRoute({
      method: 'DELETE',
      path: '/_matrix/client/v3/devices/:deviceId',
      auth: 'user',
      body: Type.Object({}),
      emptyBody: true,
      async handler({ requester, params: { deviceId }, body, request }) {
        const answer = await prove(requester, request, body)
        if (answer !== null) return answer
        await accounts.devices.delete(requester.userId, [deviceId])
        return {}
      },
    }),
    clientRoute({
      method: 'POST',
      path: '/_matrix/client/v3/delete_devices',
      auth: 'user',
      body: Type.Object({ devices: Type.Array(Type.String()) }),
      async handler({ requester, body, request }) {
        const answer = await prove(requester, request, body)
        if (answer !== null) return answer
        await accounts.devices.delete(requester.userId, body.devices)
        return {}
      },
    }),
  ]
}
