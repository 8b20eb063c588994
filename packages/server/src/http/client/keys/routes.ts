import type { Keys } from '../../../keys/keys.ts'
import type { Route } from '../../route.ts'
import type { Uia } from '../../uia.ts'
import { backupKeyRoutes } from './backup-keys.ts'
import { backupVersionRoutes } from './backup-versions.ts'
import { keyChangesRoute } from './changes.ts'
import { uploadCrossSigningRoute, uploadSignaturesRoute } from './cross-signing.ts'
import { claimKeysRoute, queryKeysRoute } from './query.ts'
import { uploadKeysRoute } from './upload.ts'

/** Keys for end-to-end encryption, and their backups. */
export function keyRoutes({ keys, uia }: { keys: Keys; uia: Uia }): Route[] {
  return [
    uploadKeysRoute(keys),
    queryKeysRoute(keys),
    claimKeysRoute(keys),
    keyChangesRoute(keys),
    uploadCrossSigningRoute({ ...keys, uia }),
    uploadSignaturesRoute(keys),
    ...backupVersionRoutes(keys),
    ...backupKeyRoutes(keys),
  ]
}
