import { defineJob, type JobKind } from '../../jobs/define-job.ts'

/** Its id in the database: there is one for ever. */
export const FORGET_THREEPID_SESSIONS_ID = 'forget-threepid-sessions'
/** Longer than any link or proof is good for, unless links are configured to be. */
const KEPT_MS = 7 * 86_400_000
const BATCH = 200
const PAUSE_MS = 3_600_000

/** Forgets addresses that somebody began to prove, or has proven and not used. */
export function forgetThreepidSessionsJob(tokenLifetimeMs: number): JobKind {
  const keptMs = Math.max(KEPT_MS, 2 * tokenLifetimeMs)
  return defineJob<Record<string, never>, null>({
    name: FORGET_THREEPID_SESSIONS_ID,
    step:
      ({ nowMs }) =>
      async (tx) => {
        const forgotten = await tx.threepidSessions.deleteBefore(nowMs - keptMs, BATCH)
        return { progress: null, dueTs: forgotten === BATCH ? nowMs : nowMs + PAUSE_MS }
      },
  })
}
