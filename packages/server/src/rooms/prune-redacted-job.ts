import { eventJson } from '@ranvier/protocol/event/hash'
import { redactPdu } from '@ranvier/protocol/event/redact'
import type { Pdu } from '@ranvier/protocol/event/types'
import { findRoomVersion } from '@ranvier/protocol/room-version/versions'
import { defineJob, type JobKind } from '../jobs/define-job.ts'

/** Its id in the database: there is one for ever. */
export const PRUNE_REDACTED_ID = 'prune-redacted-events'
const BATCH = 100
const PAUSE_MS = 5 * 60_000

/**
 * Deletes what redacted events said, `retentionMs` after their redaction. Until then it is kept in the database, and
 * shown to nobody. Synapse: redaction_retention_period
 */
export function pruneRedactedJob({ retentionMs }: { retentionMs: number }): JobKind {
  return defineJob<Record<string, never>, null>({
    name: PRUNE_REDACTED_ID,
    step: ({ nowMs }) => {
      return async (tx) => {
        const events = await tx.redactions.listUnpruned(nowMs - retentionMs, BATCH)
        for (const { eventId, roomVersion, pdu } of events) {
          const rules = findRoomVersion(roomVersion)
          if (rules === undefined)
            throw new Error(`event ${eventId} is of unknown room version ${roomVersion}`)
          const pruned = redactPdu(JSON.parse(pdu) as Pdu, rules) // it was stored by us
          await tx.redactions.prune(eventId, eventJson(pruned, rules))
        }
        return { progress: null, dueTs: events.length === BATCH ? nowMs : nowMs + PAUSE_MS }
      }
    },
  })
}
