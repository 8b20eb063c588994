import { defineJob, type JobKind } from '../jobs/define-job.ts'
import { TXN_LIFETIME_MS } from './client-txns.ts'

/** Its id in the database: there is one for ever. */
export const FORGET_TXNS_ID = 'forget-client-txns'
const BATCH = 500
const PAUSE_MS = 5 * 60_000

/** Forgets answers to transaction ids that no client will repeat any more, a batch at a time. */
export function forgetTxnsJob(): JobKind {
  return defineJob<Record<string, never>, null>({
    name: FORGET_TXNS_ID,
    step: (context) => async (tx) => {
      const forgotten = await tx.rooms.forgetTxns(context.nowMs - TXN_LIFETIME_MS, BATCH)
      return { progress: null, dueTs: forgotten === BATCH ? context.nowMs : context.nowMs + PAUSE_MS }
    },
  })
}
