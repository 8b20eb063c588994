import type { JsonObject } from '@ranvier/protocol/json'
import type { UploadKeys } from '../../../keys/upload-keys.ts'
import { clientRoute, type Route } from '../../route.ts'
import { UploadBody } from './shapes.ts'

/** `POST /keys/upload`: the keys of the caller's device. Answers with how many one-time keys it has now. */
export function uploadKeysRoute({ upload }: { upload: UploadKeys }): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/keys/upload',
    auth: 'guest-ok',
    body: UploadBody,
    missingErrcode: 'M_BAD_JSON',
    emptyBody: true,
    async handler({ requester, body }) {
      const fallbackKeys = body.fallback_keys ?? body['org.matrix.msc2732.fallback_keys']
      const counts = await upload(requester, {
        deviceKeys: (body.device_keys ?? undefined) as JsonObject | undefined, // parsed JSON, here and below
        oneTimeKeys: (body.one_time_keys ?? {}) as JsonObject,
        fallbackKeys: (fallbackKeys ?? {}) as JsonObject,
      })
      return { one_time_key_counts: counts }
    },
  })
}
