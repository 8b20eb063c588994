import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'

const PAGE = 1_000

/** A user whose device list changed last at this position of the stream. */
export interface ChangedList {
  userId: UserId
  position: number
}

/**
 * Whose device lists changed after a position: everybody, or those alone that share a room with `userId`, and the user,
 * whichever is less to read. The caller looks anew who shares a room: half a server may have logged in since an old token,
 * half a server may be in one's rooms.
 */
export async function changedListsSince(
  { read }: Pick<Storage, 'read'>,
  userId: UserId,
  since: number,
): Promise<ChangedList[]> {
  const { devices, members } = read
  const changed = await devices.changedSince(since, PAGE)
  if (changed.length < PAGE) return changed
  const [newest, company] = await Promise.all([devices.lastChange(), members.countCompany(userId)])
  if (newest - since > company) return devices.changedInCompany(userId, since)
  for (let page = changed; page.length === PAGE; ) {
    page = await devices.changedSince(page.at(-1)!.position, PAGE)
    changed.push(...page)
  }
  return changed
}
