import type { EmailThrottle } from '@ranvier/storage'

// Synapse: push/emailpusher
const FIRST_MS = 10 * 60_000
const MAX_MS = 24 * 3_600_000
const FACTOR = 144 // from ten minutes to a day at once
/** A room that has been quiet for so long begins anew. */
const RESET_AFTER_MS = 12 * 3_600_000

/** When the room may be the reason of a mail again; 0 if it never was. */
export function readyAt(throttle: EmailThrottle | undefined): number {
  return throttle === undefined ? 0 : throttle.lastSentTs + throttle.throttleMs
}

/** The throttle of a room that is the reason of a mail sent now, about an event received at `receivedTs`. */
export function afterMail(
  before: EmailThrottle | undefined,
  { nowMs, receivedTs }: { nowMs: number; receivedTs: number },
): EmailThrottle {
  const isNew = before === undefined || receivedTs - before.lastSentTs > RESET_AFTER_MS
  return { lastSentTs: nowMs, throttleMs: isNew ? FIRST_MS : Math.min(before.throttleMs * FACTOR, MAX_MS) }
}
