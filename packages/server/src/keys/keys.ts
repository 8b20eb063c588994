import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import type { AccountDependents } from '../accounts/account-data.ts'
import type { Clock } from '../clock.ts'
import type { JobKind } from '../jobs/define-job.ts'
import type { RoomEvents } from '../rooms/room-events.ts'
import { type AllowReplacement, allowReplacement } from './allow-replacement.ts'
import { type BackupSessions, backupSessions } from './backup-sessions.ts'
import { type ClaimKeys, claimKeys } from './claim-keys.ts'
import { deleteBackupJob } from './delete-backup-job.ts'
import { type KeyBackups, keyBackups } from './key-backups.ts'
import { type FindKeyCounts, keyCounts } from './key-counts.ts'
import { keyDependents } from './key-dependents.ts'
import { type ListDeviceListChanges, listDeviceListChanges } from './list-changes.ts'
import { type QueryKeys, queryKeys } from './query-keys.ts'
import { type UploadCrossSigningKeys, uploadCrossSigningKeys } from './upload-cross-signing.ts'
import { type UploadKeys, uploadKeys } from './upload-keys.ts'
import { type UploadSignatures, uploadSignatures } from './upload-signatures.ts'

export interface KeysDeps {
  storage: Storage
  clock: Clock
  roomEvents: Pick<RoomEvents, 'byNid'>
  isLocal: (userId: string) => boolean
}

/** Every verb on keys for end-to-end encryption. */
export interface Keys {
  upload: UploadKeys
  query: QueryKeys
  claim: ClaimKeys
  listChanges: ListDeviceListChanges
  uploadCrossSigning: UploadCrossSigningKeys
  /** For administrators: lets a user replace the cross-signing keys without further proof for a while. */
  allowReplacement: AllowReplacement
  uploadSignatures: UploadSignatures
  backups: KeyBackups
  backupSessions: BackupSessions
  /** For `/sync`: what is left of a device's keys. Cheap to ask. */
  counts: FindKeyCounts
  oneTimeKeyCounts(userId: UserId, deviceId: string): Promise<Readonly<Record<string, number>>>
  unusedFallbackKeyTypes(userId: UserId, deviceId: string): Promise<readonly string[]>
  /** What goes when a device or an account goes. */
  dependents: AccountDependents
  jobs: readonly JobKind[]
}

export function createKeys(deps: KeysDeps): Keys {
  const counts = keyCounts(deps.storage)
  return {
    upload: uploadKeys(deps),
    query: queryKeys(deps),
    claim: claimKeys(deps),
    listChanges: listDeviceListChanges(deps),
    uploadCrossSigning: uploadCrossSigningKeys(deps),
    allowReplacement: allowReplacement(deps),
    uploadSignatures: uploadSignatures(deps),
    backups: keyBackups(deps),
    backupSessions: backupSessions(deps),
    counts,
    oneTimeKeyCounts: async (userId, deviceId) => (await counts(userId, deviceId)).oneTimeKeys,
    unusedFallbackKeyTypes: async (userId, deviceId) =>
      (await counts(userId, deviceId)).unusedFallbackKeyTypes,
    dependents: keyDependents(deps),
    jobs: [deleteBackupJob()],
  }
}
