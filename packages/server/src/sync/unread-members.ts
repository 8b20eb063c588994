import type { Unread } from '../push/unread.ts'
import type { RoomUnread, UnreadCounts } from '../push/unread-record.ts'
import type { JoinedRoom } from './plan.ts'
import type { SyncScope } from './scope.ts'

export interface UnreadSectionParts {
  unread: Unread
}

/** Members of a joined room that tell how much in it is unread. */
export interface UnreadMembers {
  members: [key: string, text: string | undefined][]
  /** The counts may differ from what the client was told last. */
  changed: boolean
}

/** Spec: CS API §Receiving notifications; per thread only if the filter asks. */
export async function unreadMembers(
  { unread }: UnreadSectionParts,
  scope: SyncScope,
  room: JoinedRoom,
): Promise<UnreadMembers> {
  const { userId, since, upTo } = scope
  const { main, threads, newest } = await unread.of(userId, room.roomId, upTo.events)
  const changed =
    since === undefined ||
    newest > since.events ||
    (room.receiptsChanged && (await unread.lastReceipt(userId, room.roomId)) > since.receipts)
  if (scope.filter.room.timeline.unreadThreadNotifications) {
    const byThread: Record<string, object> = {}
    for (const [thread, counts] of threads) byThread[thread] = wire(counts)
    const text = threads.size === 0 ? undefined : JSON.stringify(byThread)
    return {
      members: [
        ['unread_notifications', JSON.stringify(wire(main))],
        ['unread_thread_notifications', text],
        // MSC3773: what clients from before it was merged look for.
        ['org.matrix.msc3773.unread_thread_notifications', text],
      ],
      changed,
    }
  }
  return { members: [['unread_notifications', JSON.stringify(wire(totalOf({ main, threads })))]], changed }
}

/** All threads together. */
export function totalOf({ main, threads }: Pick<RoomUnread, 'main' | 'threads'>): UnreadCounts {
  const total = { ...main }
  for (const { notify, highlight } of threads.values()) {
    total.notify += notify
    total.highlight += highlight
  }
  return total
}

function wire({ notify, highlight }: UnreadCounts): object {
  return { highlight_count: highlight, notification_count: notify }
}
