import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { AccountDataRow } from '@ranvier/storage'
import type { Traffic } from '../../keys/room-traffic.ts'
import type { PushRules } from '../../push/push-rules.ts'
import { globalAccountData, roomAccountData } from '../account-data-section.ts'
import { type AnswerParts, keyMembers } from '../answer.ts'
import { deviceListsSection, noteChangedRoom } from '../device-lists.ts'
import type { RoomPlan } from '../plan.ts'
import { bareEvent, objectText } from '../response-text.ts'
import { toDeviceSection } from '../to-device-section.ts'
import { type ExtensionInput, roomsInScope } from './extension-input.ts'
import { receiptsText } from './receipts-extension.ts'
import type { Extensions } from './request.ts'
import type { ConnectionScope } from './room-entry.ts'
import { subscriptionsText } from './subscriptions-extension.ts'

type Text = string | undefined

export interface ExtensionsAnswer {
  members: [name: string, text: Text][]
  isEmpty: boolean
}

/** Everything in an answer that is not about lists and their rooms. */
export async function extensionsAnswer(
  parts: AnswerParts & { pushRules: PushRules },
  scope: ConnectionScope,
  input: ExtensionInput,
): Promise<ExtensionsAnswer> {
  const { extensions } = input.request
  const toDevice = extensions.toDevice && (await toDeviceText(parts, scope, extensions.toDevice))
  const e2ee = extensions.e2ee ? await e2eeText(parts, scope, input.plan) : undefined
  const accountData = await accountDataText(parts, scope, input)
  const receipts = await receiptsText(parts, scope, input)
  const typing = typingText(parts, input)
  const threads =
    extensions.threadSubscriptions && (await subscriptionsText(parts, scope, extensions.threadSubscriptions))
  return {
    members: [
      ['to_device', toDevice?.text],
      ['e2ee', e2ee?.text],
      ['account_data', accountData],
      ['receipts', receipts],
      ['typing', typing],
      ['io.element.msc4308.thread_subscriptions', threads],
    ],
    isEmpty:
      !toDevice?.hasNews && !e2ee?.hasNews && (accountData ?? receipts ?? typing ?? threads) === undefined,
  }
}

/** `to_device` goes by a token of its own, so that its messages outlive a connection that is lost. */
export const toDeviceToken = (position: number): string => `d1_${position.toString(36)}`

async function toDeviceText(
  { reads }: AnswerParts,
  scope: ConnectionScope,
  { since, limit }: NonNullable<Extensions['toDevice']>,
): Promise<{ text: string; hasNews: boolean }> {
  const section = await toDeviceSection(reads.storage, scope, { after: since, limit })
  const position = Math.max(since, section.position)
  const text = `{"next_batch":"${toDeviceToken(position)}","events":[${section.messages.join(',')}]}`
  return { text, hasNews: section.hasNews }
}

async function e2eeText(
  parts: AnswerParts,
  scope: ConnectionScope,
  plan: RoomPlan | undefined,
): Promise<{ text: string; hasNews: boolean }> {
  const { storage, roomEvents } = parts.reads
  const traffic: Traffic = { came: new Set(), went: new Set() }
  // Whose keys matter does not depend on which rooms are in sight.
  for (const room of plan?.join ?? [])
    if (room.isNew || (room.hasEvents && (await mayHaveMoved(parts, scope, room.roomId))))
      await noteChangedRoom({ storage, roomEvents }, scope, room.roomId, traffic)
  for (const room of plan?.leave ?? [])
    await noteChangedRoom({ storage, roomEvents }, scope, room.roomId, traffic)
  const deviceLists = await deviceListsSection(storage, scope, traffic)
  const text = objectText([['device_lists', deviceLists], ...(await keyMembers(parts, scope))])
  return { text, hasNews: deviceLists !== undefined }
}

/** More events than this are not looked through one by one for those about members. */
const FEW_EVENTS = 50

/** Whether somebody may have come or gone; mostly the newest events, which are in memory, say that nobody has. */
async function mayHaveMoved(
  { reads }: AnswerParts,
  { since, upTo }: ConnectionScope,
  roomId: RoomId,
): Promise<boolean> {
  const range = { after: since?.events ?? 0, upTo: upTo.events, limit: FEW_EVENTS, dir: 'b' } as const
  const newest = await reads.roomEvents.timeline(roomId, range)
  return newest.length === FEW_EVENTS || newest.some(({ row }) => row.type === 'm.room.member')
}

async function accountDataText(
  parts: AnswerParts,
  scope: ConnectionScope,
  input: ExtensionInput,
): Promise<Text> {
  const wanted = input.request.extensions.accountData
  if (wanted === undefined || input.accountData === undefined) return undefined
  const global = await globalAccountData(parts.pushRules, scope, input.accountData)
  const rooms: [string, string][] = []
  for (const roomId of roomsInScope(wanted, input)) {
    const rows = await roomData(parts, scope, input, roomId)
    const events = roomAccountData(scope.filter, roomId, rows)
    if (events.length > 0) rooms.push([roomId, `[${events.join(',')}]`])
  }
  if (global.length + rooms.length === 0) return undefined
  return `{"global":[${global.join(',')}],"rooms":${objectText(rooms)}}`
}

async function roomData(
  { reads }: AnswerParts,
  { userId }: ConnectionScope,
  { entries, sentOf, accountData }: ExtensionInput,
  roomId: RoomId,
): Promise<readonly AccountDataRow[]> {
  const { storage } = reads
  if (entries.get(roomId)?.isInitial) return storage.read.accountData.list(userId, roomId)
  const behind = sentOf(roomId)?.accountData
  if (behind === undefined) return accountData?.rooms.get(roomId) ?? []
  return storage.read.accountData.list(userId, roomId, behind)
}

function typingText({ typing }: AnswerParts, input: ExtensionInput): Text {
  const wanted = input.request.extensions.typing
  if (wanted === undefined) return undefined
  const changed = new Set(input.plan?.join.flatMap((room) => (room.typingChanged ? [room.roomId] : [])))
  const rooms: [string, string][] = []
  for (const roomId of roomsInScope(wanted, input)) {
    if (input.selection.rooms.get(roomId)?.membership !== 'join') continue
    const isNew = input.entries.get(roomId)?.isInitial === true
    const userIds = typing.usersIn(roomId)
    // A client that is new to the room knows of nobody who could have stopped.
    if ((isNew && userIds.length > 0) || (!isNew && changed.has(roomId)))
      rooms.push([roomId, bareEvent('m.typing', JSON.stringify({ user_ids: userIds }))])
  }
  return rooms.length === 0 ? undefined : `{"rooms":${objectText(rooms)}}`
}
