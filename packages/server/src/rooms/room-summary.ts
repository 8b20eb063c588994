import type { RoomEvent } from '@ranvier/protocol/event/types'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { RoomSummary } from '@ranvier/storage'

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** What a state event changes in the columns that lists of rooms are made from. */
export function summaryOf(event: RoomEvent): RoomSummary {
  if (event.stateKey !== '') return {}
  const { content } = event
  switch (event.type) {
    case 'm.room.create':
      return { roomType: text(content['type']), federatable: content['m.federate'] !== false }
    case 'm.room.name':
      return { name: text(content['name']) || null }
    case 'm.room.topic':
      return { topic: text(content['topic']) || null }
    case 'm.room.avatar':
      return { avatarUrl: text(content['url']) }
    case 'm.room.canonical_alias':
      return { canonicalAlias: text(content['alias']) || null }
    case 'm.room.join_rules':
      return { joinRule: text(content['join_rule']) }
    case 'm.room.history_visibility':
      return { historyVisibility: text(content['history_visibility']) }
    case 'm.room.guest_access':
      return { guestAccess: text(content['guest_access']) }
    case 'm.room.encryption':
      return { encryption: text(content['algorithm']) }
    case 'm.room.tombstone':
      return { replacementRoom: text(content['replacement_room']) as RoomId | null }
    default:
      return {}
  }
}
