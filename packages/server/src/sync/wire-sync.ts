import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { Notifier } from '../notify/notifier.ts'
import { PresenceTracker } from '../notify/presence.ts'
import { RecentReceipts } from '../notify/recent-receipts.ts'
import { Typing } from '../notify/typing.ts'
import { Waiters, type WaitLimits } from '../notify/waiters.ts'
import { PushRules } from '../push/push-rules.ts'
import { RoomPushContexts } from '../push/room-contexts.ts'
import { Unread } from '../push/unread.ts'
import type { RoomReads } from '../rooms/reads/read-access.ts'
import type { AnswerParts } from './answer.ts'
import { LazyMembers } from './lazy-members.ts'
import { BumpStamps } from './sliding/bump-stamps.ts'
import { SlidingConnections } from './sliding/connections.ts'
import { RoomCards } from './sliding/room-cards.ts'
import { createSlidingSync } from './sliding/sliding-sync.ts'
import { createSync } from './sync.ts'

export interface SyncLimits {
  /** Users whose news is followed in memory. */
  activeUsers: number
  /** Rooms of which something is kept in memory: receipts, power levels. */
  rooms: number
  longPolls: WaitLimits
  /** Rooms and users with changes that are kept of each active user and stream; for more the database is asked. */
  maxChanged?: number
}

const IDLE_MS = 10 * 60_000
const MAX_CHANGED = 2_000
const MEMBERS_PER_ROOM = 10 // of which names are kept, on average
const CONNECTIONS_PER_DEVICE = 8 // a client has one for its rooms and one for encryption, a second of them after trouble
const CONNECTION_IDLE_MS = 24 * 3_600_000 // a client that comes back later begins anew, as after a restart
const SENT_ROOMS_PER_USER = 20 // that connections remember, on average
const CARDS_PER_ROOM = 10 // a card is small, and a list needs those of all its rooms
const LAZY_MEMBERS_PER_USER = 50 // that devices are known to know, in all their rooms, on average

/** Builds what clients hear by, in the order of dependency. Nothing must have been written since `storage` was opened. */
export async function wireSync(parts: {
  storage: Storage
  clock: Clock
  reads: RoomReads
  presenceEnabled: boolean
  /** Threads notify who is subscribed to them. MSC4306 */
  threadSubscriptions?: boolean
  keyCounts: AnswerParts['keyCounts']
  /** Rooms that are left out of syncs. */
  excludedRooms?: readonly string[]
  limits: SyncLimits
  onError: (error: unknown) => void
}) {
  const { storage, clock, reads, limits, onError } = parts
  const { roomEvents, visibility } = reads
  const now = await storage.positions()
  const notifier = new Notifier({
    storage,
    clock,
    limits: {
      activeUsers: limits.activeUsers,
      idleMs: IDLE_MS,
      maxChanged: limits.maxChanged ?? MAX_CHANGED,
    },
    positions: {
      events: now.events,
      accountData: now.account_data,
      receipts: now.receipts,
      toDevice: now.to_device,
      deviceLists: now.device_lists,
      presence: now.presence,
      typing: clock.nowMs(), // see `Typing`
    },
    onError,
  })
  const waiters = new Waiters(clock, limits.longPolls)
  const typing = new Typing({ clock, notifier, storage })
  const receipts = new RecentReceipts(storage, { rooms: limits.rooms })
  const presence = new PresenceTracker({ storage, clock, enabled: parts.presenceEnabled, onError })
  await presence.start()
  const pushRules = new PushRules(storage, { users: limits.activeUsers }, parts)
  const contexts = new RoomPushContexts(storage, roomEvents, {
    rooms: limits.rooms,
    members: limits.rooms * MEMBERS_PER_ROOM,
  })
  const judging = {
    rules: pushRules,
    contexts,
    ...(parts.threadSubscriptions && {
      subscribedThreads: (userId: UserId, roomId: RoomId) =>
        storage.read.threadSubscriptions.subscribedIn(userId, roomId),
    }),
  }
  const unread = new Unread(
    { ...judging, storage, roomEvents, visibility, onError },
    { users: limits.activeUsers },
  )
  const lazyMembers = new LazyMembers({ members: limits.activeUsers * LAZY_MEMBERS_PER_USER })
  const syncParts = {
    clock,
    notifier,
    waiters,
    reads,
    typing,
    receipts,
    presence,
    pushRules,
    unread,
    lazyMembers,
    keyCounts: parts.keyCounts,
    excludedRooms: new Set(parts.excludedRooms),
  }
  const connections = new SlidingConnections(clock, {
    perDevice: CONNECTIONS_PER_DEVICE,
    total: limits.activeUsers,
    rooms: limits.activeUsers * SENT_ROOMS_PER_USER,
    idleMs: CONNECTION_IDLE_MS,
  })
  const slidingSync = createSlidingSync({
    ...syncParts,
    connections,
    cards: new RoomCards(storage, { rooms: limits.rooms * CARDS_PER_ROOM }),
    bumpStamps: new BumpStamps(storage, { rooms: limits.rooms }),
  })
  return {
    notifier,
    waiters,
    typing,
    presence,
    pushRules,
    judging,
    unread,
    sync: createSync(syncParts),
    slidingSync,
    connections,
  }
}
