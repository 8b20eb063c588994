import type { WhoisAnswer } from '@ranvier/admin-api/whois'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { parseUserId } from '@ranvier/protocol/ids/user-id'
import type { Accounts } from '../../../accounts/accounts.ts'
import { badRequest, notServerAdmin } from '../../../errors.ts'
import type { Requester } from '../../../requester.ts'
import { clientRoute, type Route, route } from '../../route.ts'
import { userIdParam } from '../../user-params.ts'

/**
 * `GET /_synapse/admin/v1/whois/{userId}` and its twin in the client API: from where a user was seen. For
 * administrators, and for the user himself. An unknown user of this server has been seen from nowhere.
 * Synapse: whois is the one call that looks at the user id before the token.
 */
export function whoisRoutes({ accounts }: { accounts: Accounts }): Route[] {
  async function whois(requester: Requester, userId: UserId): Promise<WhoisAnswer> {
    if (requester.userId !== userId && !(await accounts.isAdmin(requester.userId))) throw notServerAdmin()
    if (parseUserId(userId)?.server !== accounts.config.serverName)
      throw badRequest('Can only whois a local user')
    const connections = (await accounts.reads.connections(userId)).map(({ ip, lastSeenTs, userAgent }) => ({
      ip,
      last_seen: lastSeenTs,
      user_agent: userAgent,
    }))
    return { user_id: userId, devices: { '': { sessions: [{ connections }] } } }
  }
  return [
    route({
      method: 'GET',
      path: '/_synapse/admin/v1/whois/:userId',
      operationId: 'whois',
      auth: 'user',
      params: { userId: userIdParam },
      paramsFirst: true,
      handler: ({ requester, params: { userId } }) => whois(requester, userId),
    }),
    clientRoute({
      method: 'GET',
      path: '/_matrix/client/v3/admin/whois/:userId',
      operationId: 'whoisClientApi',
      aliases: ['/_matrix/client/api/v1/admin/whois/:userId'],
      auth: 'user',
      params: { userId: userIdParam },
      paramsFirst: true,
      handler: ({ requester, params: { userId } }) => whois(requester, userId),
    }),
  ]
}
