import type { ReceiptRow } from '@ranvier/storage'
import { atOnceOrInSteps } from '../in-steps.ts'
import type { RecentReceipts } from '../notify/recent-receipts.ts'
import type { Typing } from '../notify/typing.ts'
import { matchesRoom, matchesType } from '../rooms/reads/filter-match.ts'
import type { JoinedRoom } from './plan.ts'
import { bareEvent } from './response-text.ts'
import type { SyncScope } from './scope.ts'

export interface EphemeralParts {
  typing: Typing
  receipts: RecentReceipts
}

/** Who types and who has read what: the events of a room that are not kept in its history. */
export async function ephemeralEvents(
  parts: EphemeralParts,
  scope: SyncScope,
  room: JoinedRoom,
): Promise<string[]> {
  const filter = scope.filter.room.ephemeral
  if (!matchesRoom(filter, room.roomId)) return []
  const events: string[] = []
  if (room.typingChanged && matchesType(filter, 'm.typing')) {
    const userIds = parts.typing.usersIn(room.roomId)
    // A client that is new to the room knows of nobody who could have stopped.
    if (userIds.length > 0 || !room.isNew)
      events.push(bareEvent('m.typing', JSON.stringify({ user_ids: userIds })))
  }
  if (room.receiptsChanged && matchesType(filter, 'm.receipt')) {
    const after = room.isNew ? 0 : (scope.since?.receipts ?? 0)
    const rows = await parts.receipts.changes(room.roomId, after, scope.upTo.receipts)
    for (const content of await receiptContents(scope.userId, rows))
      events.push(bareEvent('m.receipt', JSON.stringify(content)))
  }
  return events
}

type ReceiptContent = Record<string, Record<string, Record<string, { ts: number; thread_id?: string }>>>

/**
 * `event → type → user → {ts, thread_id}`. One user can have read the same event in several threads, which this shape
 * cannot say: then there is more than one content. Private receipts are their user's alone.
 */
export async function receiptContents(
  userId: string,
  rows: readonly ReceiptRow[],
): Promise<readonly ReceiptContent[]> {
  const newest = new Map<string, ReceiptRow>()
  for await (const some of atOnceOrInSteps(rows))
    for (const row of some)
      if (row.type !== 'm.read.private' || row.userId === userId)
        newest.set(JSON.stringify([row.userId, row.type, row.threadId]), row)
  const contents: ReceiptContent[] = []
  for await (const some of atOnceOrInSteps([...newest.values()])) for (const row of some) addTo(contents, row)
  return contents
}

function addTo(contents: ReceiptContent[], row: ReceiptRow): void {
  let content = contents.find((each) => each[row.eventId]?.[row.type]?.[row.userId] === undefined)
  if (content === undefined) contents.push((content = {}))
  const ofEvent = (content[row.eventId] ??= {})
  const ofType = (ofEvent[row.type] ??= {})
  ofType[row.userId] = row.threadId === null ? { ts: row.ts } : { ts: row.ts, thread_id: row.threadId }
}
