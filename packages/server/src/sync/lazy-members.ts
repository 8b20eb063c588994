import type { RoomId } from '@ranvier/protocol/ids/brands'
import { createRecentCache, createSizedCache, type RecentCache } from '../recent-cache.ts'
import type { RoomReads } from '../rooms/reads/read-access.ts'
import type { SyncScope } from './scope.ts'

/** Who learns members, from which answer to which. */
export type LazyReader = Pick<SyncScope, 'userId' | 'deviceId' | 'since' | 'upTo'>

interface SentMembers {
  /** User → position of the answer that carried their member event. */
  users: Map<string, number>
}

const MEMBERS_PER_ROOM = 1_000
const RECENT_ANSWERS = 500

/**
 * Which members each device knows already. A member once sent stays right without being sent again: later changes
 * reach the client as part of the timeline or of the gap before it. An entry counts only for a client that comes back
 * with the token of the answer that carried it, or a later one: an answer that was lost taught it nothing.
 */
export class LazyMembers {
  readonly #sent: RecentCache<string, SentMembers>
  readonly #members = createRecentCache<string, Promise<number[]>>(RECENT_ANSWERS)

  /** `members` of all devices and rooms together, some fifty bytes each. Who is forgotten is sent once more. */
  constructor(limits: { members: number }) {
    this.#sent = createSizedCache(limits.members, ({ users }) => users.size + 1)
  }

  /** Those of `userIds` the device cannot know, noted as sent with this answer. */
  select(scope: LazyReader, roomId: RoomId, userIds: ReadonlySet<string>, isNew: boolean): string[] {
    const key = JSON.stringify([scope.userId, scope.deviceId, roomId])
    const known = this.#sent.get(key)?.users
    // A client that is new to the room has nothing of it.
    const users = known === undefined || isNew ? new Map<string, number>() : known
    const since = scope.since?.events ?? -1
    const unknown: string[] = []
    for (const userId of userIds) {
      const at = users.get(userId)
      if (at !== undefined && at <= since) continue
      unknown.push(userId)
      users.set(userId, scope.upTo.events)
    }
    for (const userId of users.keys()) {
      if (users.size <= MEMBERS_PER_ROOM) break
      users.delete(userId)
    }
    // A value of its own each time: only so its size is counted anew.
    if (unknown.length > 0 || users !== known) this.#sent.set(key, { users })
    return unknown
  }

  /**
   * nids of the member events of `userIds` as of `position`. When somebody new speaks, everybody who listens asks the
   * same: the answer is kept for a while. What was at a position does not change.
   */
  async memberNids(
    reads: RoomReads,
    roomId: RoomId,
    userIds: readonly string[],
    position: number,
  ): Promise<number[]> {
    if (userIds.length === 0) return []
    const key = JSON.stringify([roomId, position, userIds])
    const known = this.#members.get(key)
    if (known !== undefined) return known
    const nids = reads.storage.read.roomState
      .entriesAt(roomId, 'm.room.member', userIds, position)
      .then((entries) => entries.map(({ nid }) => nid))
    this.#members.set(key, nids)
    nids.catch(() => this.#members.delete(key))
    return nids
  }
}
