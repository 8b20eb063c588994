import { StaleDevicesQuery } from '@ranvier/admin-api/openapi/queries/sessions'
import type { LoggedOut, StaleDevices } from '@ranvier/admin-api/sessions'
import type { Accounts } from '../../../accounts/accounts.ts'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'
import { localUserParam } from '../../user-params.ts'
import { MOST_ITEMS, pageToken, placeOf } from '../page-token.ts'

const staleQuery = queryParams(StaleDevicesQuery)

/** `POST /_ranvier/admin/v1/users/{userId}/log_out` and `GET /_ranvier/admin/v1/stale_devices` */
export function adminSessionRoutes({ accounts }: { accounts: Accounts }): Route[] {
  return [
    adminRoute({
      method: 'POST',
      path: '/_ranvier/admin/v1/users/:userId/log_out',
      operationId: 'logOutUser',
      params: { userId: localUserParam(accounts.config.serverName, 'Can only log out local users') },
      handler: async ({ params: { userId } }): Promise<LoggedOut> => ({
        devices: await accounts.logOutUser(userId),
      }),
    }),
    adminRoute({
      method: 'GET',
      path: '/_ranvier/admin/v1/stale_devices',
      operationId: 'listStaleDevices',
      query: staleQuery,
      async handler({ query }): Promise<StaleDevices> {
        const place =
          query.from === undefined ? undefined : placeOf(query.from, ['number', 'string', 'string'])
        const after = place && { seenTs: place[0], userId: place[1], deviceId: place[2] }
        const limit = Math.min(query.limit, MOST_ITEMS)
        const found = await accounts.devices.listStale(query.unseen_since, { after, limit: limit + 1 })
        const devices = found.slice(0, limit)
        const last = devices.at(-1)
        return {
          devices: devices.map((device) => ({
            user_id: device.userId,
            device_id: device.deviceId,
            display_name: device.displayName,
            created_ts: device.createdTs,
            last_seen_ts: device.lastSeenTs,
            last_seen_ip: device.lastSeenIp,
          })),
          ...(found.length > limit &&
            last !== undefined && {
              next_token: pageToken([last.lastSeenTs ?? last.createdTs, last.userId, last.deviceId]),
            }),
        }
      },
    }),
  ]
}
