import type { Accounts } from '../../../accounts/accounts.ts'
import { clientRoute, type Route } from '../../route.ts'
import { userIdParam } from '../../user-params.ts'

/** `GET /profile/{userId}` and `GET /profile/{userId}/{keyName}`. Open to everybody unless the configuration says no. */
export function profileReadRoutes({ accounts }: { accounts: Accounts }): Route[] {
  const { profilesNeedAuth, profilesNeedSharedRoom } = accounts.config
  const auth = profilesNeedAuth || profilesNeedSharedRoom ? 'guest-ok' : 'none'
  return [
    clientRoute({
      method: 'GET',
      path: '/_matrix/client/v3/profile/:userId',
      auth,
      params: { userId: userIdParam },
      async handler({ requester, params: { userId } }) {
        await accounts.profiles.checkMayRead(requester, userId)
        return accounts.profiles.get(userId)
      },
    }),
    clientRoute({
      method: 'GET',
      path: '/_matrix/client/v3/profile/:userId/:keyName',
      aliases: ['/_matrix/client/unstable/uk.tcpip.msc4133/profile/:userId/:keyName'],
      auth,
      params: { userId: userIdParam },
      async handler({ requester, params: { userId, keyName } }) {
        await accounts.profiles.checkMayRead(requester, userId)
        return { [keyName]: await accounts.profiles.getField(userId, keyName) }
      },
    }),
  ]
}
