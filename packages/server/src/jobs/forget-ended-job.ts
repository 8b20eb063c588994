import { defineJob, type JobKind } from './define-job.ts'

/** Its id in the database: there is one for ever. */
export const FORGET_ENDED_ID = 'forget-ended-jobs'
const KEPT_MS = 7 * 24 * 3_600_000 // Synapse keeps the state of admins' tasks for a week
const BATCH = 200
const PAUSE_MS = 3_600_000

/** Forgets jobs that ended a week ago, with their results. */
export function forgetEndedJob(): JobKind {
  return defineJob<Record<string, never>, null>({
    name: FORGET_ENDED_ID,
    step:
      ({ nowMs }) =>
      async (tx) => {
        const forgotten = await tx.jobs.deleteEnded(nowMs - KEPT_MS, BATCH)
        return { progress: null, dueTs: forgotten === BATCH ? nowMs : nowMs + PAUSE_MS }
      },
  })
}
