import type { DehydratedDevices } from '../../../keys/dehydrated-devices.ts'
import type { Keys } from '../../../keys/keys.ts'
import type { Route } from '../../route.ts'
import type { Uia } from '../../uia.ts'
import { backupKeyRoutes } from './backup-keys.ts'
import { backupVersionRoutes } from './backup-versions.ts'
import { keyChangesRoute } from './changes.ts'
import { uploadCrossSigningRoute, uploadSignaturesRoute } from './cross-signing.ts'
import { dehydratedDeviceRoutes } from './dehydrated-device.ts'
import { claimKeysRoute, queryKeysRoute } from './query.ts'
import { uploadKeysRoute } from './upload.ts'

/** Keys for end-to-end encryption, and their backups. */
export function keyRoutes({
  keys,
  dehydratedDevices,
  uia,
}: {
  keys: Keys
  dehydratedDevices: DehydratedDevices
  uia: Uia
}): Route[] {
  return [
    uploadKeysRoute(keys),
    queryKeysRoute(keys),
    claimKeysRoute(keys),
    keyChangesRoute(keys),
    uploadCrossSigningRoute({ ...keys, uia }),
    uploadSignaturesRoute(keys),
    ...backupVersionRoutes(keys),
    ...backupKeyRoutes(keys),
    ...dehydratedDeviceRoutes({ dehydratedDevices }),
  ]
}
