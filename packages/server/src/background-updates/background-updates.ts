import type { JsonObject } from '@ranvier/protocol/json'
import type { Storage } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { badRequest } from '../errors.ts'
import type { JobKind } from '../jobs/define-job.ts'
import { rebuildJob } from './rebuild-job.ts'

/** Kept with the jobs and shown to administrators: named as in Synapse. */
export const BACKGROUND_UPDATES = ['regenerate_directory', 'populate_stats_process_rooms'] as const
type UpdateName = (typeof BACKGROUND_UPDATES)[number]

/** How far a background update has come. */
export interface RebuildProgress extends JsonObject {
  /** What is being walked through, where several things are. */
  part: number
  /** Id of the last one done. */
  after: string
  items: number
}

/** A background update that is at work. */
export interface CurrentUpdate {
  name: string
  items: number
  durationMs: number
}

/** Derived data made anew, slowly, beside everything else. Synapse: usage/administration/admin_api/background_updates */
export interface BackgroundUpdates {
  isEnabled(): boolean
  /** Pauses and resumes; forgotten when the server stops. */
  setEnabled(enabled: boolean): Promise<void>
  current(): Promise<CurrentUpdate | undefined>
  /** 400 `M_UNKNOWN` for an unknown name, and for one that is at work already. */
  start(name: string): Promise<void>
  jobs: readonly JobKind[]
}

export function backgroundUpdates(deps: {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
  /** Tells the user directory that something is queued for it. */
  wakeDirectory: () => void
}): BackgroundUpdates {
  const { storage, clock } = deps
  let enabled = true
  const isEnabled = () => enabled
  return {
    isEnabled,
    async setEnabled(wanted) {
      await storage.write(async (tx) =>
        tx.audit.updated('background_updates', 'enabled', { enabled }, { enabled: wanted }),
      )
      enabled = wanted
    },
    async current() {
      for (const name of BACKGROUND_UPDATES) {
        const [job] = await storage.read.jobs.list({ name, statuses: ['scheduled', 'active'] }, 1)
        if (job === undefined) continue
        const progress = job.progress as RebuildProgress | null // only `rebuildJob` writes it
        return { name, items: progress?.items ?? 0, durationMs: clock.nowMs() - job.createdTs }
      }
      return undefined
    },
    async start(name) {
      const known = BACKGROUND_UPDATES.find((each) => each === name)
      if (known === undefined) throw badRequest('Invalid job_name')
      await storage.write(async (tx) => {
        const [live] = await tx.jobs.list({ name, statuses: ['scheduled', 'active'] }, 1)
        if (live !== undefined) throw badRequest(`Job ${name} is already in queue of background updates.`)
        await tx.jobs.enqueue(name, { params: {}, createdTs: clock.nowMs() })
      })
    },
    jobs: [
      rebuildJob<UpdateName>('regenerate_directory', {
        isEnabled,
        parts: [
          (tx, after, limit) => tx.rebuild.queueAccounts(after, limit),
          (tx, after, limit) => tx.rebuild.queueRooms(after, limit),
        ],
        afterStep: deps.wakeDirectory,
      }),
      rebuildJob<UpdateName>('populate_stats_process_rooms', {
        isEnabled,
        parts: [(tx, after, limit) => tx.rebuild.recountRooms(after, limit)],
      }),
    ],
  }
}
