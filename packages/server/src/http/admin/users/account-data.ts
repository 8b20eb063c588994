import type { UserAccountData } from '@ranvier/admin-api/users'
import { parseJson } from '@ranvier/protocol/parse-json'
import type { AccountDataRow } from '@ranvier/storage'
import { adminRoute, type Route } from '../../route.ts'
import { type AdminUserDeps, checkExists } from './deps.ts'
import { ownUserParam } from './params.ts'

/** `GET /_synapse/admin/v1/users/{userId}/accountdata`: what clients keep for the user, alone and per room. */
export function accountDataRoute({ accounts }: AdminUserDeps): Route {
  return adminRoute({
    method: 'GET',
    path: '/_synapse/admin/v1/users/:userId/accountdata',
    operationId: 'getAccountData',
    params: { userId: ownUserParam(accounts.config.serverName, 'Can only look up local users') },
    async handler({ params: { userId } }): Promise<UserAccountData> {
      await checkExists(accounts, userId)
      const places = Map.groupBy(await accounts.reads.accountData(userId), ({ roomId }) => roomId)
      const global = contentsOf(places.get(null) ?? [])
      places.delete(null)
      const rooms = [...places].map(([roomId, rows]) => [roomId, contentsOf(rows)] as const)
      return { account_data: { global, rooms: Object.fromEntries(rooms) } }
    },
  })
}

function contentsOf(rows: readonly AccountDataRow[]): Record<string, unknown> {
  return Object.fromEntries(rows.map(({ type, content }) => [type, parseJson(content)]))
}
