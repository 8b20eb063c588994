import type { RoomId } from '@ranvier/protocol/ids/brands'
import { accountDataNews } from '../account-data-section.ts'
import type { AnswerParts } from '../answer.ts'
import { withBreaths } from '../breaths.ts'
import { planRooms } from '../plan.ts'
import { objectText } from '../response-text.ts'
import type { SentRoom } from './connections.ts'
import type { ExtensionInput } from './extension-input.ts'
import { extensionsAnswer } from './extensions.ts'
import { type ListParts, type Selection, selectRooms } from './lists.ts'
import type { SlidingRequest } from './request.ts'
import { type ConnectionScope, type EntryParts, type RoomEntry, roomEntry } from './room-entry.ts'
import { sentAfter } from './sent-after.ts'

export type SlidingAnswerParts = AnswerParts & EntryParts & Pick<ListParts, 'cards'>

export interface BuiltAnswer {
  /** Members of the answer behind `pos`, each with a comma before it. */
  members: string
  /** What the connection is to remember, if the answer arrives. */
  sent: ReadonlyMap<RoomId, SentRoom>
  /** `lists` without their rooms, for answers in which nothing changed. */
  counts: string
  /** There is nothing in it that a client would want to be woken for. */
  isEmpty: boolean
}

/** Builds the answer for everything between `scope.since` and `scope.upTo`. */
export async function buildSlidingAnswer(
  parts: SlidingAnswerParts,
  scope: ConnectionScope,
  request: SlidingRequest,
  sentOf: (roomId: RoomId) => SentRoom | undefined,
): Promise<BuiltAnswer> {
  const { storage, visibility } = parts.reads
  const { excludedRooms, cards, typing } = parts
  const selection = await selectRooms(
    { storage, visibility, cards, excludedRooms },
    scope.user,
    request,
    sentOf,
  )
  const accountData = await accountDataNews(parts.reads, scope)
  const plan =
    scope.since && (await planRooms({ storage, visibility, typing, excludedRooms }, scope, accountData.rooms))
  const moved = new Set(plan?.join.flatMap((room) => (room.receiptsChanged ? [room.roomId] : [])))
  const entries = new Map<RoomId, RoomEntry>()
  for await (const [roomId, room] of withBreaths(selection.rooms)) {
    const sent = sentOf(roomId)
    const entry = await roomEntry(parts, scope, {
      room,
      sent,
      hasRead: sent !== undefined && (await hasRead(parts, scope, sent, roomId, moved)),
      isDm: selection.directRooms.has(roomId),
    })
    if (entry !== undefined) entries.set(roomId, entry)
  }
  const input: ExtensionInput = { request, selection, entries, sentOf, plan, accountData }
  const extensions = await extensionsAnswer(parts, scope, input)
  const rooms: [string, string][] = []
  for (const [roomId, { text }] of entries) if (text !== undefined) rooms.push([roomId, text])
  return {
    members: membersText(listsText(request, selection), objectText(rooms), objectText(extensions.members)),
    sent: sentAfter(scope, input),
    counts: countsText(selection),
    isEmpty: rooms.length === 0 && extensions.isEmpty,
  }
}

/** The answer when nothing has happened. Costs the same however many rooms there are. */
export async function idleAnswer(
  parts: SlidingAnswerParts,
  scope: ConnectionScope,
  request: SlidingRequest,
  counts: string,
): Promise<string> {
  const selection: Selection = { lists: new Map(), rooms: new Map(), directRooms: new Set() }
  const nothing = { plan: undefined, accountData: undefined, sentOf: () => undefined }
  const input: ExtensionInput = { request, selection, entries: new Map(), ...nothing }
  const extensions = await extensionsAnswer(parts, scope, input)
  return membersText(counts, '{}', objectText(extensions.members))
}

function membersText(lists: string, rooms: string, extensions: string): string {
  return `,"lists":${lists},"rooms":${rooms},"extensions":${extensions}`
}

/** Whether the user's receipts moved, in this answer's time or while the room was out of sight. */
async function hasRead(
  { unread }: SlidingAnswerParts,
  { userId, since }: ConnectionScope,
  sent: SentRoom,
  roomId: RoomId,
  moved: ReadonlySet<RoomId>,
): Promise<boolean> {
  if (sent.receipts === undefined && !moved.has(roomId)) return false
  return (await unread.lastReceipt(userId, roomId)) > (sent.receipts ?? since?.receipts ?? 0)
}

function listsText({ lists }: SlidingRequest, selection: Selection): string {
  const members: [string, string][] = []
  for (const [name, { count, windows }] of selection.lists) {
    const ops = windows.map((roomIds, i) => ({
      op: 'SYNC',
      range: lists.get(name)?.ranges[i],
      room_ids: roomIds,
    }))
    members.push([name, JSON.stringify({ count, ops })])
  }
  return objectText(members)
}

function countsText({ lists }: Selection): string {
  return objectText([...lists].map(([name, { count }]) => [name, `{"count":${count}}`] as const))
}
