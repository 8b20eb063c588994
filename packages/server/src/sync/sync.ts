import type { PresenceState } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import type { ActiveUser } from '../notify/active-user.ts'
import type { Notifier } from '../notify/notifier.ts'
import type { Waiters } from '../notify/waiters.ts'
import type { Requester } from '../requester.ts'
import { type AnswerParts, buildAnswer, emptyAnswer, keyCountsOf, quietText } from './answer.ts'
import type { SyncFilter } from './filter.ts'
import type { JsonText } from './response-text.ts'
import type { StateKey } from './scope.ts'
import { acknowledgeToDevice, hasToDevice } from './to-device-section.ts'
import { atMost, type SyncToken } from './token.ts'
import { whileSyncing } from './while-syncing.ts'

export interface SyncRequest {
  since: SyncToken | undefined
  filter: SyncFilter
  fullState: boolean
  stateKey: StateKey
  /** How long to wait for something to happen. */
  timeoutMs: number
  setPresence: PresenceState
  /** Whose signal ends a wait. Most do not wait, and then none is made. */
  caller: { readonly signal: AbortSignal }
}

/** What happened for the requester since a token, as the JSON text of the answer; waits when nothing did and may wait. */
export type Sync = (
  requester: Pick<Requester, 'userId' | 'deviceId'>,
  request: SyncRequest,
) => JsonText | Promise<JsonText>

export interface SyncParts extends AnswerParts {
  clock: Clock
  notifier: Notifier
  waiters: Waiters
}

/** No wait is longer, whatever the client asks for: proxies give up on idle connections. */
export const MAX_TIMEOUT_MS = 5 * 60_000

export function createSync(parts: SyncParts): Sync {
  return (requester, request) =>
    quietAnswer(parts, requester, request) ??
    whileSyncing(parts, requester.userId, request.setPresence, (user) =>
      answer(parts, user, requester, request),
    )
}

/**
 * The answer to who comes back to ask whether anything has happened when nothing has, and all that tells so is in memory.
 * `undefined`: {@link answer} has to look, or to wait.
 */
function quietAnswer(
  parts: SyncParts,
  { userId, deviceId }: Pick<Requester, 'userId' | 'deviceId'>,
  { since: given, fullState, timeoutMs, setPresence }: SyncRequest,
): JsonText | undefined {
  const { notifier, presence } = parts
  if (given === undefined || fullState || timeoutMs > 0) return undefined
  if (presence.counts(setPresence) || notifier.settled() !== undefined) return undefined
  const user = notifier.known(userId)
  if (user === undefined) return undefined
  const since = atMost(given, notifier.positions)
  if (hasToDevice(user, deviceId) || user.hasNewsSince(since, deviceId)) return undefined
  const counts = keyCountsOf(parts, { userId, deviceId })
  if (counts instanceof Promise) return undefined
  return quietText({ ...notifier.positions, toDevice: since.toDevice }, counts)
}

async function answer(
  parts: SyncParts,
  user: ActiveUser,
  { userId, deviceId }: Pick<Requester, 'userId' | 'deviceId'>,
  request: SyncRequest,
): Promise<JsonText> {
  const { clock, notifier, waiters } = parts
  const { filter, fullState, stateKey } = request
  const endMs = clock.nowMs() + Math.min(request.timeoutMs, MAX_TIMEOUT_MS)
  await notifier.settled()
  let since = request.since && atMost(request.since, notifier.positions)
  if (since !== undefined) await acknowledgeToDevice(parts.reads.storage, user, deviceId, since.toDevice)
  for (;;) {
    const upTo = notifier.positions
    if (since === undefined || fullState || user.hasNewsSince(since, deviceId)) {
      const nowMs = clock.nowMs()
      const scope = { userId, deviceId, user, filter, since, upTo, fullState, stateKey, nowMs }
      const { text, next, isEmpty } = await buildAnswer(parts, scope)
      if (!isEmpty || since === undefined || fullState || clock.nowMs() >= endMs) return text
      // What happened up to here is not for this client: it need not be looked at again.
      since = next
      continue
    }
    // Not longer than was asked for, also when the clock has been set back meanwhile.
    const timeoutMs = Math.min(endMs - clock.nowMs(), request.timeoutMs)
    const outcome =
      timeoutMs > 0
        ? await waiters.wait(user, { deviceId, timeoutMs, signal: request.caller.signal })
        : 'timeout'
    if (outcome === 'news') continue
    // Something may have come together with what ended the wait. It must not lie before the token of an answer without it.
    const heardUpTo = user.hasNewsSince(since, deviceId) ? upTo : notifier.positions
    return emptyAnswer(parts, { userId, deviceId }, { ...heardUpTo, toDevice: since.toDevice })
  }
}
