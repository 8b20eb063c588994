import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { RoomRow } from '@ranvier/storage'
import type { LoadedEvent } from '../../../rooms/room-events.ts'
import { roomEntry } from '../directory/public-rooms.ts'

/** A room as somebody sees it who is not in it. Spec: CS API §RoomSummary; what is not set is left out. */
export function roomSummary(
  room: RoomRow,
  allowedRoomIds: readonly RoomId[] | undefined,
): Record<string, unknown> {
  return {
    ...roomEntry(room),
    room_version: room.version,
    ...(room.encryption !== null && { encryption: room.encryption }),
    ...(allowedRoomIds !== undefined && { allowed_room_ids: allowedRoomIds }),
  }
}

/** The `m.space.child` events of a space, stripped. They keep their time: children are ordered by it. */
export function childrenState(children: readonly LoadedEvent[]) {
  return children.map(({ event, row }) => ({
    type: event.type,
    state_key: row.stateKey,
    sender: event.sender,
    content: event.content,
    origin_server_ts: row.originServerTs,
  }))
}
