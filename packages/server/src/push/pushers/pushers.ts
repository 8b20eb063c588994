import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Pusher, Storage } from '@ranvier/storage'
import type { AccountDependents } from '../../accounts/account-data.ts'
import type { Clock } from '../../clock.ts'
import { WorkLimit } from '../../media/work-limit.ts'
import type { OutboundClient } from '../../outbound/client.ts'
import type { RoomReads } from '../../rooms/reads/read-access.ts'
import type { JudgeParts } from '../judge.ts'
import type { Unread } from '../unread.ts'
import { Badges } from './badges.ts'
import { notifyGateway } from './gateway.ts'
import type { NotificationMails } from './notification-mail.ts'
import { pusherDependents } from './pusher-dependents.ts'
import { PusherPool } from './pusher-pool.ts'
import { type DeletePusher, deletePusher, type SetPusher, setPusher } from './set-pusher.ts'

export interface PushersConfig {
  /** Synapse: `push.enabled`. Off: pushers are kept, and nobody is notified. */
  enabled: boolean
  /** Synapse: `push.include_content`. */
  includeContent: boolean
  /** Synapse: `push.group_unread_count_by_room`. A room with unread messages counts once. */
  groupUnreadCountByRoom: boolean
  /** The server sends mail. */
  emailEnabled: boolean
}

export interface PushersDeps {
  storage: Storage
  clock: Clock
  reads: RoomReads
  judging: JudgeParts
  unread: Unread
  outbound: Pick<OutboundClient, 'request'>
  /** null: no mail about events is sent. */
  mails?: NotificationMails | null
  config: PushersConfig
  limits: { rooms: number; users: number }
  isExpired?: ((userId: UserId) => Promise<boolean>) | undefined
  /** A gateway that does not answer, with its pusher, or a failure nobody waits for. */
  onError: (error: unknown, pusher?: { userId: string; appId: string }) => void
}

/** Every verb on pushers, and the notifications that go out by themselves once started. */
export interface Pushers extends AsyncDisposable {
  set: SetPusher
  delete: DeletePusher
  list(userId: UserId): Promise<Pusher[]>
  /** What goes when a device or an account goes. */
  dependents: AccountDependents
  /** Begins to notify, of what has not been sent before the last stop first. */
  start(): Promise<void>
}

/** Pushers that look for notifications or count at once. */
const WORKING_AT_ONCE = 8

export function createPushers(deps: PushersDeps): Pushers {
  const { storage, clock, config, limits, isExpired, onError, unread } = deps
  const badges = new Badges({ storage, unread, byRoom: config.groupUnreadCountByRoom }, limits)
  const pool = new PusherPool(
    { storage, clock, badges, limits, isExpired, onError },
    {
      ...deps.judging,
      storage,
      clock,
      reads: deps.reads,
      unread,
      badges,
      notify: notifyGateway(deps),
      mails: deps.mails ?? null,
      isExpired,
      limit: new WorkLimit({ running: WORKING_AT_ONCE, waiting: Number.POSITIVE_INFINITY }),
      includeContent: config.includeContent,
      onError,
    },
  )
  return {
    set: setPusher({ storage, clock, emailEnabled: config.emailEnabled }),
    delete: deletePusher(deps),
    list: (userId) => storage.read.pushers.listOfUser(userId),
    dependents: pusherDependents,
    start: async () => {
      if (config.enabled) await pool.start()
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  }
}
