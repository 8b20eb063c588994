import type { UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Transaction } from '@ranvier/storage'
import { defineJob, type JobKind } from '../jobs/define-job.ts'

const NAME = 'delete-key-backup'
const SESSIONS_PER_STEP = 500

interface Params extends JsonObject {
  version: number
}

/** Deletes the keys of a backup that is out of sight already, in the background. */
export async function enqueueDeletion(
  tx: Transaction,
  { userId, version }: { userId: UserId; version: number },
  nowMs: number,
): Promise<void> {
  await tx.jobs.enqueue(NAME, { subject: userId, params: { version }, createdTs: nowMs })
}

/** The job that deletes the keys of a deleted backup: there may be a hundred thousand. */
export function deleteBackupJob(): JobKind {
  return defineJob<Params, { deleted: number }>({
    name: NAME,
    step:
      ({ subject, batch }, { version }, progress) =>
      async (tx) => {
        const userId = subject as UserId // jobs of this name are enqueued for an account
        const limit = batch(SESSIONS_PER_STEP)
        const deleted = await tx.backupSessions.deleteSome(userId, version, { roomId: null, limit })
        return { progress: { deleted: (progress?.deleted ?? 0) + deleted }, done: deleted < limit }
      },
  })
}
