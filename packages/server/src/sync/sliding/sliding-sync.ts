import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { ActiveUser } from '../../notify/active-user.ts'
import type { Requester } from '../../requester.ts'
import { NO_FILTER } from '../filter.ts'
import { MAX_TIMEOUT_MS, type SyncParts } from '../sync.ts'
import { acknowledgeToDevice } from '../to-device-section.ts'
import { atMost, type SyncToken } from '../token.ts'
import { whileSyncing } from '../while-syncing.ts'
import { buildSlidingAnswer, idleAnswer, type SlidingAnswerParts } from './answer.ts'
import type { ConnectionView, SentRoom, SlidingConnections } from './connections.ts'
import type { SlidingRequest } from './request.ts'
import type { ConnectionScope } from './room-entry.ts'

/**
 * What the requester's connection has not been told yet, as the JSON text of the answer; waits when there is nothing.
 * 400 `M_UNKNOWN_POS` for a position that was forgotten. MSC4186
 */
export type SlidingSync = (
  requester: Pick<Requester, 'userId' | 'deviceId'>,
  request: SlidingRequest,
) => Promise<string>

export type SlidingParts = SyncParts & SlidingAnswerParts & { connections: SlidingConnections }

export function createSlidingSync(parts: SlidingParts): SlidingSync {
  return async (requester, request) => {
    const { userId, deviceId } = requester
    const view = parts.connections.open(userId, deviceId, request.connId, request.pos)
    return whileSyncing(parts, userId, request.setPresence, (user) =>
      answer(parts, user, { deviceId, view, request }),
    )
  }
}

async function answer(
  parts: SlidingParts,
  user: ActiveUser,
  { deviceId, view, request }: { deviceId: string | null; view: ConnectionView; request: SlidingRequest },
): Promise<string> {
  const { clock, notifier, waiters, connections } = parts
  const { wish, extensions } = request
  const endMs = clock.nowMs() + Math.min(request.timeoutMs, MAX_TIMEOUT_MS)
  await notifier.settled()
  const ownToDevice = extensions.toDevice && Math.min(extensions.toDevice.since, notifier.positions.toDevice)
  if (ownToDevice !== undefined) await acknowledgeToDevice(parts.reads.storage, user, deviceId, ownToDevice)
  let since = view.at && atMost(view.at.token, notifier.positions)
  let counts = view.at?.counts ?? '{}'
  let isAsked = view.at?.wish !== wish
  const added = new Map<RoomId, SentRoom>()
  const sentOf = (roomId: RoomId) => added.get(roomId) ?? view.at?.sent.get(roomId)
  const scopeOf = (upTo: SyncToken): ConnectionScope => ({
    userId: user.userId,
    deviceId,
    user,
    filter: NO_FILTER,
    since,
    upTo,
    fullState: false,
    stateKey: 'state_after',
    nowMs: clock.nowMs(),
    connectionName: view.connection.name,
  })
  const done = (token: SyncToken, members: string) => {
    const pos = connections.add(view, { token, wish, counts, sent: added })
    return `{"pos":${JSON.stringify(pos)}${members}}`
  }
  for (;;) {
    const upTo = notifier.positions
    if (isAsked || since === undefined || user.hasNewsSince(heard(since, ownToDevice), deviceId)) {
      const built = await buildSlidingAnswer(parts, scopeOf(upTo), request, sentOf)
      for (const [roomId, sent] of built.sent) added.set(roomId, sent)
      counts = built.counts
      if (!built.isEmpty || since === undefined || clock.nowMs() >= endMs) return done(upTo, built.members)
      // What happened up to here is not for this connection: it need not be looked at again.
      since = upTo
      isAsked = false
      continue
    }
    // Not longer than was asked for, also when the clock has been set back meanwhile.
    const timeoutMs = Math.min(endMs - clock.nowMs(), request.timeoutMs)
    const outcome =
      timeoutMs > 0
        ? await waiters.wait(user, { deviceId, timeoutMs, signal: request.caller.signal })
        : 'timeout'
    if (outcome !== 'news') return done(since, await idleAnswer(parts, scopeOf(since), request, counts))
  }
}

/** What is no news to a request: presence, and messages to the device unless it asks for them, by their own token. */
function heard(since: SyncToken, ownToDevice: number | undefined): SyncToken {
  return { ...since, presence: Number.MAX_SAFE_INTEGER, toDevice: ownToDevice ?? Number.MAX_SAFE_INTEGER }
}
