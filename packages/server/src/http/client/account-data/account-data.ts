import { Type } from '@ranvier/admin-api/schema'
import type { JsonObject } from '@ranvier/protocol/json'
import type { AccountData } from '../../../client-data/account-data.ts'
import { rawJson } from '../../answer.ts'
import { clientRoute, type Route } from '../../route.ts'
import { userIdParam } from '../../user-params.ts'
import { roomIdParam } from '../rooms/params.ts'

const GLOBAL_PATH = '/_matrix/client/v3/user/:userId/account_data/:type'
const ROOM_PATH = '/_matrix/client/v3/user/:userId/rooms/:roomId/account_data/:type'

const UNSTABLE = '/_matrix/client/unstable/org.matrix.msc3391/user/:userId'

/** `DELETE` of account data, of a room and of none. MSC3391 */
export function deleteAccountDataRoutes({ accountData }: { accountData: AccountData }): Route[] {
  return [
    clientRoute({
      method: 'DELETE',
      path: `${UNSTABLE}/account_data/:type`,
      auth: 'user',
      params: { userId: userIdParam },
      async handler({ requester, params }) {
        await accountData.delete(requester, { ...params, roomId: null })
        return {}
      },
    }),
    clientRoute({
      method: 'DELETE',
      path: `${UNSTABLE}/rooms/:roomId/account_data/:type`,
      auth: 'user',
      params: { userId: userIdParam, roomId: roomIdParam },
      async handler({ requester, params }) {
        await accountData.delete(requester, params)
        return {}
      },
    }),
  ]
}

/** `GET` and `PUT` of account data, of a room and of none. */
export function accountDataValueRoutes({ accountData }: { accountData: AccountData }): Route[] {
  const userId = userIdParam
  const roomId = roomIdParam
  return [
    clientRoute({
      method: 'GET',
      path: GLOBAL_PATH,
      auth: 'user',
      params: { userId },
      async handler({ requester, params }) {
        return rawJson(await accountData.get(requester, { ...params, roomId: null }))
      },
    }),
    clientRoute({
      method: 'PUT',
      path: GLOBAL_PATH,
      auth: 'user',
      params: { userId },
      body: Type.Object({}),
      async handler({ requester, params, body }) {
        await accountData.set(requester, { ...params, roomId: null }, body as JsonObject) // parsed JSON
        return {}
      },
    }),
    clientRoute({
      method: 'GET',
      path: ROOM_PATH,
      auth: 'user',
      params: { userId, roomId },
      async handler({ requester, params }) {
        return rawJson(await accountData.get(requester, params))
      },
    }),
    clientRoute({
      method: 'PUT',
      path: ROOM_PATH,
      auth: 'user',
      params: { userId, roomId },
      body: Type.Object({}),
      async handler({ requester, params, body }) {
        await accountData.set(requester, params, body as JsonObject) // parsed JSON
        return {}
      },
    }),
  ]
}
