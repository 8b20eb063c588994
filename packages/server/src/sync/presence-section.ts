import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Presence, Storage } from '@ranvier/storage'
import { type PresenceTracker, presenceContent } from '../notify/presence.ts'
import { matchesSender, matchesType } from '../rooms/reads/filter-match.ts'
import type { SyncScope } from './scope.ts'

/** `m.presence` of the user and those they share a room with; `joined` are those who came since. */
export async function presenceSection(
  parts: { storage: Storage; presence: PresenceTracker },
  scope: SyncScope,
  joined: ReadonlySet<UserId>,
): Promise<string[]> {
  const { filter, nowMs } = scope
  if (!parts.presence.enabled || !matchesType(filter.presence, 'm.presence')) return []
  const changed = await presenceChanges(parts, scope, joined)
  return changed
    .filter(({ userId }) => matchesSender(filter.presence, userId))
    .map((presence) =>
      JSON.stringify({
        type: 'm.presence',
        sender: presence.userId,
        content: presenceContent(presence, nowMs),
      }),
    )
}

async function presenceChanges(
  { storage, presence }: { storage: Storage; presence: PresenceTracker },
  { userId, user, since, upTo }: SyncScope,
  joined: ReadonlySet<UserId>,
): Promise<Presence[]> {
  if (since === undefined) {
    const all = await storage.read.presence.changesSeenBy(userId, 0, upTo.presence)
    // Spec: CS API §Presence: who is offline need not be listed to a client that knows of nobody.
    return all.filter(({ state, userId: of }) => state !== 'offline' || of === userId)
  }
  const changed =
    since.presence >= user.start.presence
      ? user.presence.after(since.presence)
      : (await storage.read.presence.changesSeenBy(userId, since.presence, upTo.presence)).map(
          (row) => row.userId,
        )
  const userIds = new Set([...changed, ...joined])
  return userIds.size === 0 ? [] : presence.list([...userIds])
}
