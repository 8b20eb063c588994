import type { RoomDetails, RoomListItem } from '@ranvier/admin-api/rooms'
import type { RoomExtras, RoomRow } from '@ranvier/storage'

export function roomListItem(room: RoomRow): RoomListItem {
  return {
    room_id: room.roomId,
    name: room.name,
    canonical_alias: room.canonicalAlias,
    joined_members: room.joinedCount,
    joined_local_members: room.joinedCount, // there are no others yet
    version: room.version,
    creator: room.creator,
    encryption: room.encryption,
    federatable: room.federatable,
    public: room.published,
    join_rules: room.joinRule,
    guest_access: room.guestAccess,
    history_visibility: room.historyVisibility,
    state_events: room.stateEventCount,
    room_type: room.roomType,
  }
}

export function roomDetails(room: RoomRow, extras: RoomExtras): RoomDetails {
  return {
    ...roomListItem(room),
    avatar: room.avatarUrl,
    topic: room.topic,
    joined_local_devices: extras.joinedLocalDevices,
    forgotten: extras.forgotten,
    tombstoned: extras.tombstoned,
    replacement_room: room.replacementRoom,
  }
}
