import { type Static, Type } from '@ranvier/admin-api/schema'
import type { JsonObject } from '@ranvier/protocol/json'
import { missingParam } from '../../../errors.ts'
import type { Pushers } from '../../../push/pushers/pushers.ts'
import { clientRoute, type Route } from '../../route.ts'

const SetPusherBody = Type.Object({
  kind: Type.Union([Type.String(), Type.Null()]),
  app_id: Type.String(),
  pushkey: Type.String(),
  app_display_name: Type.Optional(Type.String()),
  device_display_name: Type.Optional(Type.String()),
  profile_tag: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  lang: Type.Optional(Type.String()),
  data: Type.Optional(Type.Object({})),
  append: Type.Optional(Type.Boolean()),
  // MSC3881
  enabled: Type.Optional(Type.Boolean()),
  'org.matrix.msc3881.enabled': Type.Optional(Type.Boolean()),
})
type SetPusherBody = Static<typeof SetPusherBody>

/**
 * `POST /pushers/set`
 *
 * - `kind: null` deletes; a pusher that is not there is none too many
 * - unless `append`, other users lose their pushers with the same app and pushkey
 */
export function setPusherRoute({ pushers }: { pushers: Pushers }): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/pushers/set',
    auth: 'user',
    body: SetPusherBody,
    async handler({ requester, body }) {
      const { kind, app_id: appId, pushkey } = body
      if (kind === null) await pushers.delete({ userId: requester.userId, appId, pushkey })
      else await pushers.set(requester, { kind, appId, pushkey, ...detailsOf(body) })
      return {}
    },
  })
}

function detailsOf(body: SetPusherBody) {
  const { app_display_name: appDisplayName, device_display_name: deviceDisplayName, lang, data } = body
  if (
    appDisplayName === undefined ||
    deviceDisplayName === undefined ||
    lang === undefined ||
    data === undefined
  ) {
    const names = ['app_display_name', 'device_display_name', 'lang', 'data'] as const
    throw missingParam(`Missing params: ${names.filter((name) => body[name] === undefined).join(', ')}`)
  }
  return {
    appDisplayName,
    deviceDisplayName,
    lang,
    data: data as JsonObject, // parsed JSON
    profileTag: body.profile_tag ?? '',
    enabled: body.enabled ?? body['org.matrix.msc3881.enabled'] ?? true,
    append: body.append ?? false,
  }
}
