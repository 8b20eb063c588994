import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { PushOutcome } from '@ranvier/protocol/push-rules/evaluate'
import { invitePermission } from '../../rooms/invite-permission.ts'
import type { RoomReads } from '../../rooms/reads/read-access.ts'
import type { LoadedEvent } from '../../rooms/room-events.ts'
import { type JudgeParts, judgeFor } from '../judge.ts'
import { threadOf } from '../threads.ts'
import type { Unread } from '../unread.ts'

/** An event a user is to be notified of. */
export interface DueNotification {
  loaded: LoadedEvent
  outcome: PushOutcome
}

export interface DueBatch {
  /** In the order of the stream. */
  due: DueNotification[]
  /** Every event up to this position has been looked at. */
  upTo: number
}

export interface FindParts extends JudgeParts {
  reads: RoomReads
}

const EVENTS_PER_ROOM = 50

/**
 * Which events of `rooms` above `after` and up to `upTo` notify the user, by their push rules. Looks at some events of
 * each room at a time: the answer says how far it got. Events received before `sinceMs` are passed over.
 */
export async function findDue(
  parts: FindParts,
  userId: UserId,
  rooms: Iterable<RoomId>,
  range: { after: number; upTo: number; sinceMs: number },
): Promise<DueBatch> {
  const found: LoadedEvent[] = []
  let { upTo } = range
  for (const roomId of rooms) {
    const events = await eventsFor(parts, userId, roomId, range)
    const last = events.at(-1)
    if (last === undefined) continue
    // There may be more behind it. Of the other rooms what comes later has to wait for that.
    if (events.length === EVENTS_PER_ROOM) upTo = Math.min(upTo, last.row.position!)
    found.push(...events)
  }
  const inOrder = found
    .filter(({ row }) => row.position! <= upTo && row.receivedTs >= range.sinceMs && row.sender !== userId)
    .sort((a, b) => a.row.position! - b.row.position!)
  return { due: await judgeAll(parts, userId, inOrder), upTo }
}

/** Whether the user has seen the event elsewhere by now. */
export async function isRead(
  parts: FindParts & { unread: Unread },
  userId: UserId,
  loaded: LoadedEvent,
): Promise<boolean> {
  const { roomId, position } = loaded.row
  const thread = await threadOf(parts.reads.roomEvents, loaded)
  return parts.unread.hasRead(userId, roomId, { position: position!, thread })
}

/** A member hears of what came after they did, who is invited of the invite. Spec: CS API §Receiving notifications. */
async function eventsFor(
  { reads }: FindParts,
  userId: UserId,
  roomId: RoomId,
  { after, upTo }: { after: number; upTo: number },
): Promise<LoadedEvent[]> {
  const { joinedSince, positions, values } = await reads.visibility.histories.member(roomId, userId)
  if (joinedSince !== undefined) {
    const from = Math.max(after, joinedSince)
    if (from >= upTo) return []
    return reads.roomEvents.timeline(roomId, { after: from, upTo, limit: EVENTS_PER_ROOM, dir: 'f' })
  }
  const invited = values.at(-1) === 'invite' ? positions.at(-1)! : 0
  if (invited <= after || invited > upTo) return []
  const invite = (await reads.roomEvents.byNid([invited])).get(invited)
  if (invite === undefined) return []
  const permission = await invitePermission(reads.storage, userId, invite.row.sender)
  return permission === 'allow' ? [invite] : []
}

async function judgeAll(
  parts: FindParts,
  userId: UserId,
  events: readonly LoadedEvent[],
): Promise<DueNotification[]> {
  if (events.length === 0) return []
  const ignored = await parts.reads.visibility.ignored.of(userId)
  const judges = new Map<RoomId, Awaited<ReturnType<typeof judgeFor>>>()
  const due: DueNotification[] = []
  for (const loaded of events) {
    const { roomId } = loaded.row
    let judge = judges.get(roomId)
    if (judge === undefined) {
      judge = await judgeFor(parts, userId, roomId, ignored)
      judges.set(roomId, judge)
    }
    const outcome = judge(loaded)
    if (outcome?.notify) due.push({ loaded, outcome })
  }
  return due
}
