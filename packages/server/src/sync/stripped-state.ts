import type { RoomId } from '@ranvier/protocol/ids/brands'
import { invitePermission } from '../rooms/invite-permission.ts'
import type { RoomReads } from '../rooms/reads/read-access.ts'
import { renderEvents } from '../rooms/reads/render.ts'
import type { LoadedEvent } from '../rooms/room-events.ts'
import { eventsText, objectText } from './response-text.ts'
import type { SyncScope } from './scope.ts'

/** Spec: CS API §Stripped state. */
const STRIPPED_TYPES = [
  'm.room.create',
  'm.room.name',
  'm.room.avatar',
  'm.room.topic',
  'm.room.join_rules',
  'm.room.canonical_alias',
  'm.room.encryption',
]

/** `{"invite_state":…}`; `undefined` for an invite the user does not want to see. */
export async function inviteSection(
  reads: RoomReads,
  ignored: ReadonlySet<string>,
  scope: SyncScope,
  roomId: RoomId,
): Promise<string | undefined> {
  const { userId } = scope
  const member = await reads.storage.read.members.find(roomId, userId)
  if (member === undefined || ignored.has(member.sender)) return undefined
  if ((await invitePermission(reads.storage, userId, member.sender)) !== 'allow') return undefined
  return objectText([['invite_state', eventsText(await stateForOutsider(reads, scope, roomId, member.nid))]])
}

/** `{"knock_state":…}` */
export async function knockSection(
  reads: RoomReads,
  scope: SyncScope,
  roomId: RoomId,
): Promise<string | undefined> {
  const member = await reads.storage.read.members.find(roomId, scope.userId)
  if (member === undefined) return undefined
  return objectText([['knock_state', eventsText(await stateForOutsider(reads, scope, roomId, member.nid))]])
}

/** What an outsider may know of a room, who caused it, and the member event that concerns them. */
export async function strippedState(reads: RoomReads, roomId: RoomId, memberNid: number): Promise<string[]> {
  const { state, own } = await knownOutside(reads, roomId, memberNid)
  return [...state, ...(own === undefined ? [] : [own])].map(strippedText)
}

/**
 * The same, with the member event whole: clients sort invites by its `origin_server_ts`.
 * Synapse: `invite_state` and `knock_state` of `/sync`.
 */
async function stateForOutsider(
  reads: RoomReads,
  { userId, deviceId, nowMs }: SyncScope,
  roomId: RoomId,
  memberNid: number,
): Promise<string[]> {
  const { state, own } = await knownOutside(reads, roomId, memberNid)
  const options = { userId, deviceId, nowMs, withoutRoomId: true }
  const ownText = own === undefined ? [] : await renderEvents(reads.roomEvents, [own], options)
  return [...state.map(strippedText), ...ownText]
}

async function knownOutside(reads: RoomReads, roomId: RoomId, memberNid: number) {
  const { roomState } = reads.storage.read
  const entries = await roomState.currentEntriesButMembers(roomId)
  const nids = entries
    .filter(({ type, stateKey }) => stateKey === '' && STRIPPED_TYPES.includes(type))
    .map((e) => e.nid)
  const events = await reads.roomEvents.byNid([...nids, memberNid])
  const own = events.get(memberNid)
  events.delete(memberNid)
  const [inviter] =
    own === undefined ? [] : await roomState.entriesFor(roomId, 'm.room.member', [own.row.sender])
  const inviterEvent = inviter && (await reads.roomEvents.byNid([inviter.nid])).get(inviter.nid)
  const shown = [...events.values()].sort((a, b) => a.row.nid - b.row.nid)
  if (inviterEvent !== undefined && inviter?.nid !== memberNid) shown.push(inviterEvent)
  return { state: shown, own }
}

function strippedText({ event: { type, stateKey, sender, content } }: LoadedEvent): string {
  return JSON.stringify({ type, state_key: stateKey, sender, content })
}
