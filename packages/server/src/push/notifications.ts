import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { PushAction } from '@ranvier/protocol/push-rules/types'
import type { RoomReads } from '../rooms/read-access.ts'
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

const POSITIONS_PER_STEP = 5_000
const EVENTS_PER_STEP = 500
/** What one request looks at; then it answers with what it has found, and where to go on. */
const MAX_STEPS = 10

/**
 * Events about which the user is or would have been notified, newest first, below the position `before`. They are
 * judged anew, by the rules of now: nothing is stored per event and member. Spec: CS API `GET /notifications`.
 */
export async function listNotifications(
  parts: NotificationParts,
  userId: UserId,
  page: { before: number; limit: number; onlyHighlights: boolean },
): Promise<NotificationPage> {
  const { reads } = parts
  const rooms = await reads.storage.read.members.roomsOf(userId, ['join'])
  const roomIds = rooms.map((room) => room.roomId)
  const judges = new Map<RoomId, Judge>()
  const notifications: Notification[] = []
  let before = Math.min(page.before, parts.newest() + 1)
  for (let step = 0; step < MAX_STEPS && before > 1 && roomIds.length > 0; step++) {
    const after = Math.max(0, before - 1 - POSITIONS_PER_STEP)
    const nids = await reads.storage.read.sync.eventsIn(roomIds, { after, before, limit: EVENTS_PER_STEP })
    const events = await reads.roomEvents.byNid(nids)
    for (const nid of nids) {
      const loaded = events.get(nid)
      const found = loaded && (await judgeOne(parts, judges, userId, loaded, page.onlyHighlights))
      if (found === undefined) continue
      notifications.push(found)
      if (notifications.length === page.limit) return { notifications, next: nid }
    }
    before = nids.length === EVENTS_PER_STEP ? nids.at(-1)! : after + 1
  }
  return { notifications, next: before > 1 && roomIds.length > 0 ? before : undefined }
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
  const { joinedSince } = await visibility.histories.member(roomId, userId)
  if (joinedSince === undefined || position === null || position <= joinedSince) return undefined
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
