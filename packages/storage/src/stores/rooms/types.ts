import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'

export type Membership = 'join' | 'invite' | 'leave' | 'ban' | 'knock'

/** An event as stored. Immutable but for `redactedBy`. */
export interface EventRow {
  /** Number of the event in this database. For live events it equals `position`. */
  nid: number
  /** Place in the `events` stream; below zero for history from other servers; null for an outlier. */
  position: number | null
  eventId: EventId
  roomId: RoomId
  type: string
  /** null for events that are not state. */
  stateKey: string | null
  sender: UserId
  depth: number
  originServerTs: number
  receivedTs: number
  /** Canonical JSON of the event with hashes and signatures. */
  pdu: string
  /** Snapshot of the room's state before the event; 0 = empty. */
  snapshot: number
  /** nid of the state event this one replaced in the current state. */
  replaces: number | null
  redactedBy: EventId | null
  /** Device and transaction id with which its local sender sent it. */
  txnDevice: string | null
  txnId: string | null
  /** 0 accepted, 1 rejected, 2 soft-failed. */
  status: number
}

/** A room's row: where its history stands, and what its current state says about it. */
export interface RoomRow {
  roomId: RoomId
  version: string
  creator: UserId
  createdTs: number
  published: boolean
  extremities: EventId[]
  depth: number
  /** State after the extremities. */
  snapshot: number
  lastPosition: number
  lastTs: number
  eventCount: number
  stateEventCount: number
  joinedCount: number
  invitedCount: number
  name: string | null
  topic: string | null
  avatarUrl: string | null
  canonicalAlias: string | null
  joinRule: string | null
  historyVisibility: string | null
  guestAccess: string | null
  encryption: string | null
  roomType: string | null
  federatable: boolean
  replacementRoom: RoomId | null
}

export interface MemberRow {
  roomId: RoomId
  userId: UserId
  membership: Membership
  /** nid of the member event. */
  nid: number
  sender: UserId
  displayName: string | null
  avatarUrl: string | null
  forgotten: boolean
}

/** One change of the current state: at `position` the entry became event `nid` (it was `previous`). */
export interface StateChangeRow {
  position: number
  type: string
  stateKey: string
  nid: number
  previous: number | null
}
