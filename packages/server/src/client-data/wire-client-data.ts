import type { Clock } from '../clock.ts'
import type { Notifier } from '../notify/notifier.ts'
import type { PresenceTracker } from '../notify/presence.ts'
import type { Typing } from '../notify/typing.ts'
import type { JudgeParts } from '../push/judge.ts'
import type { Unread } from '../push/unread.ts'
import type { RateLimits } from '../rate-limit.ts'
import { ThreadSubscriptions } from '../relations/thread-subscriptions.ts'
import type { ClientTxns } from '../rooms/client-txns.ts'
import type { RoomReads } from '../rooms/reads/read-access.ts'
import { AccountData } from './account-data.ts'
import { Filters } from './filters.ts'
import { PresenceStatus } from './presence.ts'
import { sendReceipts } from './receipts.ts'
import { sendToDevice } from './send-to-device.ts'
import { Tags } from './tags.ts'
import { setTyping } from './typing.ts'

/** Builds the verbs on what clients keep on the server, on top of what `wireSync` built. */
export function wireClientData(parts: {
  reads: RoomReads
  clock: Clock
  txns: ClientTxns
  rateLimits: Pick<RateLimits, 'check'>
  isLocal: (userId: string) => boolean
  typing: Typing
  presence: PresenceTracker
  judging: JudgeParts
  unread: Unread
  notifier: Notifier
}) {
  const { reads, clock, txns, rateLimits, isLocal, typing, presence, judging, unread, notifier } = parts
  const { storage, roomEvents } = reads
  const { rules: pushRules } = judging
  return {
    filters: new Filters(storage),
    accountData: new AccountData(storage, pushRules),
    tags: new Tags(storage),
    sendReceipts: sendReceipts({ storage, roomEvents, clock }),
    setTyping: setTyping({ storage, typing }),
    presenceStatus: new PresenceStatus({ storage, presence, rateLimits, clock }),
    sendToDevice: sendToDevice({ storage, txns, clock, isLocal }),
    pushRules,
    threadSubscriptions: new ThreadSubscriptions(reads),
    reads,
    notifications: { ...judging, reads, unread, newest: () => notifier.positions.events },
    nowMs: () => clock.nowMs(),
  }
}
