import { roomEvent } from '@ranvier/protocol/event/wrap'
import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { findRoomVersion } from '@ranvier/protocol/room-version/versions'
import type { NewEvent, Storage } from '@ranvier/storage'

/** More than a page of entries, and more than are read at once. */
export const MEMBERS = 1_100

/** Lets so many be in the room, in one commit: signatures and hashes are those of nobody. */
export async function crowd(storage: Storage, roomId: string): Promise<void> {
  const room = (await storage.read.rooms.findRoom(roomId))!
  const rules = findRoomVersion(room.version)!
  const events: NewEvent[] = []
  for (let n = 0; n < MEMBERS; n++) {
    const userId = `@m${n}:test` as UserId
    const eventId = `$m${n}` as EventId
    const pdu = {
      type: 'm.room.member',
      state_key: userId,
      sender: userId,
      room_id: roomId as RoomId,
      content: { membership: 'join', displayname: `Member ${n}` },
      origin_server_ts: n,
      depth: room.depth + 1 + n,
      prev_events: room.extremities,
      auth_events: [],
      hashes: { sha256: 'x'.repeat(43) },
      signatures: {},
    }
    const member = {
      userId,
      from: undefined,
      to: 'join',
      displayName: `Member ${n}`,
      avatarUrl: null,
    } as const
    const event = roomEvent(pdu, rules, { eventId })
    events.push({ event, pdu: JSON.stringify(pdu), receivedTs: n, member })
  }
  const { snapshot } = room
  const extremities = [`$m${MEMBERS - 1}` as EventId]
  await storage.commitRoom({
    roomId: room.roomId,
    events,
    extremities,
    depth: room.depth + MEMBERS,
    snapshot,
  })
}
