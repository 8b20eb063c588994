import type { RoomId } from '@ranvier/protocol/ids/brands'
import { invitePermission } from '../rooms/invite-permission.ts'
import type { RoomReads } from '../rooms/reads/read-access.ts'
import { renderEvents } from '../rooms/reads/render.ts'
import { knownOutside, strippedText } from '../rooms/reads/stripped-state.ts'
import { eventsText, objectText } from './response-text.ts'
import type { SyncScope } from './scope.ts'

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
