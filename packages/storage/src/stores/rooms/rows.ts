import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { EventRow, MemberRow, Membership, RoomRow } from './types.ts'

/** Columns of `events`, under the alias `e`, in the shape `toEvent` reads. */
export const EVENT_COLUMNS =
  'e.nid, e.position, e.event_id, e.room_id, e.type, e.state_key, e.sender, e.depth, e.origin_server_ts, e.received_ts, ' +
  'e.pdu, e.snapshot, e.replaces, e.redacted_by, e.txn_device, e.txn_id, e.status'

export interface RawEvent {
  nid: number
  position: number | null
  event_id: string
  room_id: string
  type: string
  state_key: string | null
  sender: string
  depth: number
  origin_server_ts: number
  received_ts: number
  pdu: string
  snapshot: number
  replaces: number | null
  redacted_by: string | null
  txn_device: string | null
  txn_id: string | null
  status: number
}

export function toEvent(row: RawEvent): EventRow {
  return {
    nid: row.nid,
    position: row.position,
    eventId: row.event_id as EventId,
    roomId: row.room_id as RoomId,
    type: row.type,
    stateKey: row.state_key,
    sender: row.sender as UserId,
    depth: row.depth,
    originServerTs: row.origin_server_ts,
    receivedTs: row.received_ts,
    pdu: row.pdu,
    snapshot: row.snapshot,
    replaces: row.replaces,
    redactedBy: row.redacted_by as EventId | null,
    txnDevice: row.txn_device,
    txnId: row.txn_id,
    status: row.status,
  }
}

export interface RawRoom {
  room_id: string
  version: string
  creator: string
  created_ts: number
  published: number
  extremities: string
  depth: number
  snapshot: number
  last_position: number
  last_ts: number
  event_count: number
  state_event_count: number
  joined_count: number
  invited_count: number
  name: string | null
  topic: string | null
  avatar_url: string | null
  canonical_alias: string | null
  join_rule: string | null
  history_visibility: string | null
  guest_access: string | null
  encryption: string | null
  room_type: string | null
  federatable: number
  replacement_room: string | null
}

export function toRoom(row: RawRoom): RoomRow {
  return {
    roomId: row.room_id as RoomId,
    version: row.version,
    creator: row.creator as UserId,
    createdTs: row.created_ts,
    published: row.published === 1,
    extremities: JSON.parse(row.extremities) as EventId[],
    depth: row.depth,
    snapshot: row.snapshot,
    lastPosition: row.last_position,
    lastTs: row.last_ts,
    eventCount: row.event_count,
    stateEventCount: row.state_event_count,
    joinedCount: row.joined_count,
    invitedCount: row.invited_count,
    name: row.name,
    topic: row.topic,
    avatarUrl: row.avatar_url,
    canonicalAlias: row.canonical_alias,
    joinRule: row.join_rule,
    historyVisibility: row.history_visibility,
    guestAccess: row.guest_access,
    encryption: row.encryption,
    roomType: row.room_type,
    federatable: row.federatable === 1,
    replacementRoom: row.replacement_room as RoomId | null,
  }
}

export interface RawMember {
  room_id: string
  user_id: string
  membership: string
  nid: number
  sender: string
  display_name: string | null
  avatar_url: string | null
  forgotten: number
}

export function toMember(row: RawMember): MemberRow {
  return {
    roomId: row.room_id as RoomId,
    userId: row.user_id as UserId,
    membership: row.membership as Membership,
    nid: row.nid,
    sender: row.sender as UserId,
    displayName: row.display_name,
    avatarUrl: row.avatar_url,
    forgotten: row.forgotten === 1,
  }
}
