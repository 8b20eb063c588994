import type { Storage } from '@ranvier/storage'
import type { AccountDependents } from './accounts/account-data.ts'
import { partRoomsJob } from './accounts/part-rooms.ts'
import { STALE_DEVICES_ID, staleDevicesJob } from './accounts/sessions/stale-devices-job.ts'
import {
  FORGET_THREEPID_SESSIONS_ID,
  forgetThreepidSessionsJob,
} from './accounts/threepids/forget-sessions-job.ts'
import { FORGET_BULK_ID } from './bulk/forget-job.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config/config.ts'
import type { JobKind } from './jobs/define-job.ts'
import { FORGET_ENDED_ID, forgetEndedJob } from './jobs/forget-ended-job.ts'
import { type JobRunner, jobRunner } from './jobs/runner.ts'
import type { LoggerFactory } from './logger.ts'
import { REMOVE_MEDIA_ID } from './media/remove-job.ts'
import { SWEEP_MEDIA_ID } from './media/sweep-job.ts'
import { redactUserJob } from './moderation/redact-user-job.ts'
import { COUNT_DEVICES_ID, countDevicesJob } from './rooms/count-devices-job.ts'
import { FORGET_TXNS_ID, forgetTxnsJob } from './rooms/forget-txns-job.ts'
import { PRUNE_REDACTED_ID, pruneRedactedJob } from './rooms/prune-redacted-job.ts'
import { TIDY_SEARCH_ID, tidySearchJob } from './search/tidy-job.ts'
import { MEASURE_STORAGE_ID, measureStorageJob } from './storage-report/measure-job.ts'
import type { wireRooms } from './wiring-rooms.ts'

/** Upkeep of which there is one job each, for ever. */
const UPKEEP = [
  FORGET_TXNS_ID,
  FORGET_ENDED_ID,
  FORGET_BULK_ID,
  PRUNE_REDACTED_ID,
  SWEEP_MEDIA_ID,
  FORGET_THREEPID_SESSIONS_ID,
  REMOVE_MEDIA_ID,
  MEASURE_STORAGE_ID,
  STALE_DEVICES_ID,
  TIDY_SEARCH_ID,
  COUNT_DEVICES_ID,
]

/** What runs the jobs: those of `kinds`, of upkeep, and what verbs on accounts and rooms leave behind. */
export function wireJobs(parts: {
  config: Config
  storage: Storage
  clock: Clock
  loggers: LoggerFactory
  rooms: ReturnType<typeof wireRooms>
  dependents: readonly AccountDependents[]
  kinds: readonly JobKind[]
}): JobRunner {
  const { config, storage, clock, loggers, rooms, dependents } = parts
  return jobRunner({
    storage,
    clock,
    kinds: [
      ...parts.kinds,
      forgetTxnsJob(),
      pruneRedactedJob({ retentionMs: config.rooms.redactionRetentionMs }),
      forgetEndedJob(),
      staleDevicesJob({ storage, dependents, unseenMs: config.sessions.deleteStaleDevicesAfterMs }),
      forgetThreepidSessionsJob(config.mail?.validationTokenLifetimeMs ?? 0),
      rooms.admin.deleteRoomJob,
      rooms.spreadProfileJob,
      measureStorageJob(),
      tidySearchJob(),
      countDevicesJob(),
      redactUserJob({ ...rooms, storage, redact: rooms.redactForServer }),
      partRoomsJob({
        storage,
        partRoom: rooms.partRoom,
        redact: rooms.redactForServer,
        onError: (error, where) => loggers('jobs').warn({ error, ...where }, 'a room could not be left'),
      }),
    ],
    onError: (error, job) => loggers('jobs').error({ error, job }, 'a job failed'),
  })
}

/** Sees to it that there is all of the upkeep. What a killed process has left of deleted files goes at once. */
export async function ensureUpkeep({ storage, clock }: { storage: Storage; clock: Clock }): Promise<void> {
  await storage.write(async (tx) => {
    for (const id of UPKEEP) await tx.jobs.ensure(id, { id, params: {}, createdTs: clock.nowMs() })
    await tx.jobs.hurry(REMOVE_MEDIA_ID, clock.nowMs())
  })
}
