import type { UserId } from '@ranvier/protocol/ids/brands'
import type { PresenceState } from '@ranvier/storage'
import type { ActiveUser } from '../notify/active-user.ts'
import type { SyncParts } from './sync.ts'

/** Runs `work` for a user who stays in memory, and counts as syncing, until it ends, however it ends. */
export async function whileSyncing<T>(
  { notifier, presence }: Pick<SyncParts, 'notifier' | 'presence'>,
  userId: UserId,
  setPresence: PresenceState,
  work: (user: ActiveUser) => Promise<T>,
): Promise<T> {
  const user = await notifier.use(userId)
  try {
    const ended = await presence.syncing(userId, setPresence)
    try {
      return await work(user)
    } finally {
      ended()
    }
  } finally {
    notifier.release(user)
  }
}
