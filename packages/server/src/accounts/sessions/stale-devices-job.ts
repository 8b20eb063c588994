import type { Storage } from '@ranvier/storage'
import { defineJob, type JobKind } from '../../jobs/define-job.ts'
import { type AccountDependents, deleteDevicesIn } from '../account-data.ts'

/** Its id in the database: there is one for ever. */
export const STALE_DEVICES_ID = 'delete-stale-devices'
const BATCH = 50
const PAUSE_MS = 24 * 3_600_000 // Synapse's

/**
 * Logs out devices that have not been seen for `unseenMs`, with their keys and pushers; null: never. Synapse:
 * delete_stale_devices_after
 */
export function staleDevicesJob(deps: {
  storage: Pick<Storage, 'read'>
  dependents: readonly AccountDependents[]
  unseenMs: number | null
}): JobKind {
  return defineJob<Record<string, never>, null>({
    name: STALE_DEVICES_ID,
    async step({ nowMs }) {
      if (deps.unseenMs === null) return { progress: null, dueTs: nowMs + PAUSE_MS }
      const beforeTs = nowMs - deps.unseenMs
      const stale = await deps.storage.read.devices.listStale(beforeTs, { limit: BATCH })
      return async (tx) => {
        for (const { userId, deviceId } of stale) {
          // It may have been used since it was found.
          const device = await tx.devices.find(userId, deviceId)
          if (device !== undefined && (device.lastSeenTs ?? device.createdTs) < beforeTs)
            await deleteDevicesIn(tx, userId, [deviceId], deps.dependents)
        }
        return { progress: null, dueTs: stale.length === BATCH ? nowMs : nowMs + PAUSE_MS }
      }
    },
  })
}
