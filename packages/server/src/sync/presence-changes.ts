import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Presence, Storage } from '@ranvier/storage'
import type { ActiveUser } from '../notify/active-user.ts'
import type { PresenceTracker } from '../notify/presence.ts'
import { withBreaths } from './breaths.ts'

/** Users who are looked at at once. */
const PAGE = 500

/**
 * Who is not offline of those who share a room with the user, and the user. Half a server may be online, half a server may
 * be in one's rooms: whichever is less is looked at.
 */
export async function presentInCompany(
  { storage, presence }: { storage: Storage; presence: PresenceTracker },
  { userId, rooms }: Pick<ActiveUser, 'userId' | 'rooms'>,
): Promise<Presence[]> {
  const { members } = storage.read
  const present = presence.present()
  // Who is in many rooms is in the company of as many at least: they need not be counted.
  const company = new Set(
    present.length > rooms.size && present.length > (await members.countCompany(userId))
      ? await members.usersSharingRooms(userId)
      : await sharing(
          storage,
          userId,
          present.map((each) => each.userId),
        ),
  )
  const found = present.filter((each) => each.userId !== userId && company.has(each.userId))
  const own = await presence.get(userId)
  return own === undefined ? found : [own, ...found]
}

/** Whose presence changed above `after` up to `upTo`, of the same. */
export async function changedInCompany(
  storage: Storage,
  userId: UserId,
  { after, upTo }: { after: number; upTo: number },
): Promise<UserId[]> {
  const { presence, members } = storage.read
  const changed = await presence.changedSince(after, upTo, PAGE)
  if (changed.length === PAGE && upTo - after > (await members.countCompany(userId)))
    return presence.changedInCompany(userId, after, upTo)
  for (let page = changed; page.length === PAGE; ) {
    page = await presence.changedSince(page.at(-1)!.position, upTo, PAGE)
    changed.push(...page)
  }
  const userIds = changed.map((each) => each.userId)
  const found = new Set(await sharing(storage, userId, userIds))
  return userIds.filter((each) => each === userId || found.has(each))
}

async function sharing(storage: Storage, userId: UserId, others: readonly UserId[]): Promise<UserId[]> {
  const found: UserId[] = []
  const pages: UserId[][] = []
  for (let from = 0; from < others.length; from += PAGE) pages.push(others.slice(from, from + PAGE))
  for await (const page of withBreaths(pages, 1))
    found.push(...(await storage.read.members.sharingWith(userId, page)))
  return found
}
