import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { PushAction } from '@ranvier/protocol/push-rules/types'
import type { RoomReads } from '../rooms/reads/read-access.ts'
import type { LoadedEvent } from '../rooms/room-events.ts'
import { type Judge, type JudgeParts, judgeFor } from './judge.ts'
import { threadOf } from './threads.ts'
import type { Unread } from './unread.ts'

export interface Notification {
  loaded: LoadedEvent
  actions: readonly PushAction[]
  read: boolean
}

export interface NotificationPage {
  notifications: Notification[]
  /** The next page begins below this position; `undefined`: there is none. */
  next: number | undefined
}

export interface NotificationParts extends JudgeParts {
  reads: RoomReads
  unread: Unread
  /** Position of the newest event. */
  newest: () => number
}

/**
 * What one request looks at, step by step: most pages are full after the first. Then it answers with what it has found, and
 * where to go on. The steps are few, as the database goes through all rooms of the user for each.
 */
const STEPS = [
  { events: 200, positions: 5_000 },
  { events: 600, positions: 15_000 },
  { events: 1_200, positions: 30_000 },
]
/** Events that are read to be judged; most pages are full after a few. */
const JUDGED_AT_ONCE = 50

/**
 * Events about which the user is or would have been notified, newest first, below the position `before`. They are
 * judged anew, by the rules of now: nothing is stored per event and member. Spec: CS API `GET /notifications`.
 */
export async function listNotifications(
  parts: NotificationParts,
  userId: UserId,
  page: { before: number; limit: number; onlyHighlights: boolean },
): Promise<NotificationPage> {
  const { members, sync } = parts.reads.storage.read
  const judges = new Map<RoomId, Judge>()
  const notifications: Notification[] = []
  if ((await members.joinedRoomsPage(userId, { after: '', limit: 1 })).length === 0)
    return { notifications, next: undefined }
  let before = Math.min(page.before, parts.newest() + 1)
  for (const { events: limit, positions } of STEPS) {
    if (before <= 1) break
    const after = Math.max(0, before - 1 - positions)
    const found = await sync.othersEvents(userId, { after, before, limit })
    const nids = await sinceTheJoins(parts, userId, found)
    for (let from = 0; from < nids.length; from += JUDGED_AT_ONCE) {
      const some = nids.slice(from, from + JUDGED_AT_ONCE)
      const events = await parts.reads.roomEvents.byNid(some)
      for (const nid of some) {
        const loaded = events.get(nid)
        const judged = loaded && (await judgeOne(parts, judges, userId, loaded, page.onlyHighlights))
        if (judged === undefined) continue
        notifications.push(judged)
        if (notifications.length === page.limit) return { notifications, next: nid }
      }
    }
    before = found.length === limit ? found.at(-1)!.nid : after + 1
  }
  return { notifications, next: before > 1 ? before : undefined }
}

/** nids of what happened while the user was there: many rooms have a beginning and nothing more, which nobody need read. */
async function sinceTheJoins(
  { reads }: NotificationParts,
  userId: UserId,
  found: readonly { nid: number; roomId: RoomId }[],
): Promise<number[]> {
  const joins = new Map<RoomId, number>()
  const nids: number[] = []
  for (const { nid, roomId } of found) {
    let join = joins.get(roomId)
    if (join === undefined) {
      const { joinedSince } = await reads.visibility.histories.member(roomId, userId)
      join = joinedSince ?? Number.POSITIVE_INFINITY
      joins.set(roomId, join)
    }
    if (nid > join) nids.push(nid)
  }
  return nids
}

async function judgeOne(
  parts: NotificationParts,
  judges: Map<RoomId, Judge>,
  userId: UserId,
  loaded: LoadedEvent,
  onlyHighlights: boolean,
): Promise<Notification | undefined> {
  const { roomId, position } = loaded.row
  const { visibility, roomEvents } = parts.reads
  if (position === null) return undefined
  let judge = judges.get(roomId)
  if (judge === undefined) {
    judge = await judgeFor(parts, userId, roomId, await visibility.ignored.of(userId))
    judges.set(roomId, judge)
  }
  const outcome = judge(loaded)
  if (!outcome?.notify || (onlyHighlights && !outcome.highlight)) return undefined
  const thread = await threadOf(roomEvents, loaded)
  return {
    loaded,
    actions: outcome.actions,
    read: await parts.unread.hasRead(userId, roomId, { position, thread }),
  }
}
