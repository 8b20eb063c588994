import { Type } from '@ranvier/admin-api/schema'
import type { Accounts } from '../../../accounts/accounts.ts'
import { json } from '../../answer.ts'
import { clientRoute, type Route } from '../../route.ts'
import { deviceJson } from './device-json.ts'

/** `GET /devices`, `GET` and `PUT /devices/{deviceId}` */
export function deviceRoutesOfOwner({ accounts }: { accounts: Accounts }): Route[] {
  return [
    clientRoute({
      method: 'GET',
      path: '/_matrix/client/v3/devices',
      auth: 'guest-ok',
      async handler({ requester }) {
        return { devices: (await accounts.devices.list(requester.userId)).map(deviceJson) }
      },
    }),
    clientRoute({
      method: 'GET',
      path: '/_matrix/client/v3/devices/:deviceId',
      auth: 'guest-ok',
      async handler({ requester, params: { deviceId } }) {
        return deviceJson(await accounts.devices.get(requester.userId, deviceId))
      },
    }),
    clientRoute({
      method: 'PUT',
      path: '/_matrix/client/v3/devices/:deviceId',
      auth: 'guest-ok',
      body: Type.Object({ display_name: Type.Optional(Type.Union([Type.String(), Type.Null()])) }),
      async handler({ requester, params: { deviceId }, body }) {
        const name = body.display_name ?? undefined
        if (requester.tokenId < 0 && (await accounts.devices.createNamed(requester.userId, deviceId, name)))
          return json(201, {}) // MSC4190: an application service makes its users' devices this way
        if (name === undefined) await accounts.devices.get(requester.userId, deviceId)
        else await accounts.devices.rename(requester.userId, deviceId, name)
        return {}
      },
    }),
  ]
}
