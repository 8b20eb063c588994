import type { JsonObject } from '@ranvier/protocol/json'
import type { CrossSigningUpload, UploadCrossSigningKeys } from '../../../keys/upload-cross-signing.ts'
import type { UploadSignatures } from '../../../keys/upload-signatures.ts'
import { clientRoute, type Route } from '../../route.ts'
import type { Uia } from '../../uia.ts'
import { AnyObject, byUser, CrossSigningBody, fromMap, mapOf } from './shapes.ts'

/** `POST /keys/device_signing/upload`: cross-signing keys. To replace keys that are there wants the password. */
export function uploadCrossSigningRoute(deps: {
  uploadCrossSigning: UploadCrossSigningKeys
  uia: Uia
}): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/keys/device_signing/upload',
    auth: 'user',
    body: CrossSigningBody,
    async handler({ requester, body, request }) {
      const upload: CrossSigningUpload = {}
      for (const usage of ['master', 'self_signing', 'user_signing'] as const) {
        const key = body[`${usage}_key`]
        if (key !== undefined && key !== null) upload[usage] = key as JsonObject // parsed JSON
      }
      // Spec: CS API §POST /keys/device_signing/upload: not asked of application services.
      const isProven = requester.appserviceId !== null
      if ((await deps.uploadCrossSigning(requester.userId, upload, { isProven })) === 'done') return {}
      const { answer } = await deps.uia.check({
        request,
        body: body as JsonObject, // parsed JSON
        flows: [['m.login.password']],
        requester,
      })
      if (answer !== null) return answer
      await deps.uploadCrossSigning(requester.userId, upload, { isProven: true })
      return {}
    },
  })
}

/** `POST /keys/signatures/upload`: signatures on one's own keys and on others'. */
export function uploadSignaturesRoute({ uploadSignatures }: { uploadSignatures: UploadSignatures }): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/keys/signatures/upload',
    auth: 'user',
    body: mapOf(mapOf(AnyObject)),
    async handler({ requester, body }) {
      const upload = [...byUser(body)].map(
        ([userId, keys]) => [userId, new Map(Object.entries(keys))] as const,
      )
      const failures = await uploadSignatures(requester.userId, new Map(upload))
      return {
        failures: Object.fromEntries([...failures].map(([userId, keys]) => [userId, fromMap(keys)])),
      }
    },
  })
}
