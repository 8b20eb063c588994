import type { AdminPusher, AdminPusherList } from '@ranvier/admin-api/pushers'
import type { Pusher } from '@ranvier/storage'
import type { Accounts } from '../../../accounts/accounts.ts'
import { notFound } from '../../../errors.ts'
import type { Pushers } from '../../../push/pushers/pushers.ts'
import { adminRoute, type Route } from '../../route.ts'
import { localUserParam } from '../../user-params.ts'

/** `GET /_synapse/admin/v1/users/{userId}/pushers` */
export function adminPusherRoutes({
  accounts,
  pushers,
}: {
  accounts: Pick<Accounts, 'config' | 'reads'>
  pushers: Pick<Pushers, 'list'>
}): Route[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/users/:userId/pushers',
      operationId: 'listPushers',
      params: { userId: localUserParam(accounts.config.serverName, 'Can only look up local users') },
      async handler({ params: { userId } }): Promise<AdminPusherList> {
        if (!(await accounts.reads.exists(userId))) throw notFound('User')
        const list = (await pushers.list(userId)).map(pusherShape)
        return { pushers: list, total: list.length }
      },
    }),
  ]
}

function pusherShape(pusher: Pusher): AdminPusher {
  return {
    app_display_name: pusher.appDisplayName,
    app_id: pusher.appId,
    data: pusher.data,
    device_display_name: pusher.deviceDisplayName,
    device_id: pusher.deviceId,
    enabled: pusher.enabled,
    kind: pusher.kind,
    lang: pusher.lang,
    profile_tag: pusher.profileTag,
    pushkey: pusher.pushkey,
  }
}
