import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { ReceiptRow } from '@ranvier/storage'
import type { AnswerParts } from '../answer.ts'
import { receiptContents } from '../ephemeral.ts'
import { bareEvent, objectText } from '../response-text.ts'
import { type ExtensionInput, roomsInScope } from './extension-input.ts'
import type { ConnectionScope } from './room-entry.ts'

/** Who has read what in the rooms in sight; `undefined` when nobody has. */
export async function receiptsText(
  parts: AnswerParts,
  scope: ConnectionScope,
  input: ExtensionInput,
): Promise<string | undefined> {
  const wanted = input.request.extensions.receipts
  if (wanted === undefined) return undefined
  const moved = new Set(input.plan?.join.flatMap((room) => (room.receiptsChanged ? [room.roomId] : [])))
  const rooms: [string, string][] = []
  for (const roomId of roomsInScope(wanted, input)) {
    const rows = await roomReceipts(parts, scope, input, roomId, moved)
    const content: Record<string, unknown> = {}
    // The extension has room for one event a room: of a user's receipts for the same event the last one stands.
    for (const each of await receiptContents(scope.userId, rows)) mergeReceipts(content, each)
    if (Object.keys(content).length > 0) rooms.push([roomId, bareEvent('m.receipt', JSON.stringify(content))])
  }
  return rooms.length === 0 ? undefined : `{"rooms":${objectText(rooms)}}`
}

async function roomReceipts(
  parts: AnswerParts,
  { userId, since, upTo }: ConnectionScope,
  { entries, sentOf, selection }: ExtensionInput,
  roomId: RoomId,
  moved: ReadonlySet<RoomId>,
): Promise<readonly ReceiptRow[]> {
  if (selection.rooms.get(roomId)?.membership !== 'join') return []
  const entry = entries.get(roomId)
  if (entry?.isInitial) {
    // Synapse: of a room that is new, one's own receipts and those on the events that come along.
    const eventIds = entry.events.map(({ row }) => row.eventId)
    return parts.reads.storage.read.receipts.shown(roomId, { userId, eventIds, upTo: upTo.receipts })
  }
  const behind = sentOf(roomId)?.receipts
  if (behind === undefined && !moved.has(roomId)) return []
  return parts.receipts.changes(roomId, behind ?? since?.receipts ?? 0, upTo.receipts)
}

function mergeReceipts(into: Record<string, unknown>, from: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(from)) {
    const known = into[key]
    if (known === undefined || 'ts' in (value as object)) into[key] = value
    else mergeReceipts(known as Record<string, unknown>, value as Record<string, unknown>)
  }
}
