import type { Pusher } from '@ranvier/storage'
import type { Pushers } from '../../../push/pushers/pushers.ts'
import { clientRoute, type Route } from '../../route.ts'

/** `GET /pushers` */
export function listPushersRoute({ pushers }: { pushers: Pushers }): Route {
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/pushers',
    auth: 'user',
    async handler({ requester }) {
      return { pushers: (await pushers.list(requester.userId)).map(pusherJson) }
    },
  })
}

function pusherJson(pusher: Pusher) {
  return {
    app_id: pusher.appId,
    pushkey: pusher.pushkey,
    kind: pusher.kind,
    app_display_name: pusher.appDisplayName,
    device_display_name: pusher.deviceDisplayName,
    profile_tag: pusher.profileTag,
    lang: pusher.lang,
    data: pusher.data,
    // MSC3881
    enabled: pusher.enabled,
    device_id: pusher.deviceId,
    'org.matrix.msc3881.enabled': pusher.enabled,
    'org.matrix.msc3881.device_id': pusher.deviceId,
  }
}
