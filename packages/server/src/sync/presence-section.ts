import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Presence, Storage } from '@ranvier/storage'
import { type PresenceTracker, presenceContent } from '../notify/presence.ts'
import { matchesSender, matchesType } from '../rooms/reads/filter-match.ts'
import { changedInCompany, presentInCompany } from './presence-changes.ts'
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
  // Spec: CS API §Presence: who is offline need not be listed to a client that knows of nobody.
  if (since === undefined) return presentInCompany({ storage, presence }, user)
  const after = since.presence
  const changed =
    after >= user.start.presence
      ? user.presence.after(after)
      : await changedInCompany(storage, userId, { after, upTo: upTo.presence })
  const userIds = new Set([...changed, ...joined])
  return userIds.size === 0 ? [] : presence.list([...userIds])
}
