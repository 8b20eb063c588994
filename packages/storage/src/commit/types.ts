import type { RoomEvent } from '@ranvier/protocol/event/types'
import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { CommittedAction } from '../audit/append.ts'
import type { EventRow, Membership, RoomRow } from '../stores/rooms/types.ts'

/** An event ready to be stored: checked, hashed, signed. */
export interface NewEvent {
  event: RoomEvent
  /** Canonical JSON with hashes and signatures. */
  pdu: string
  receivedTs: number
  txn?: { deviceId: string; txnId: string }
  relation?: { eventId: EventId; relType: string }
  /** The event it redacts, if the redaction takes effect now. */
  redacts?: EventId
  /** For `m.room.member`: what becomes of `room_members`. */
  member?: MemberChange
}

export interface MemberChange {
  userId: UserId
  from: Membership | undefined
  to: Membership
  displayName: string | null
  avatarUrl: string | null
  /** The user is not to see the room any more. */
  forgotten?: boolean
}

/** The columns of `rooms` that mirror the current state. */
export type RoomSummary = Partial<
  Pick<
    RoomRow,
    | 'name'
    | 'topic'
    | 'avatarUrl'
    | 'canonicalAlias'
    | 'joinRule'
    | 'historyVisibility'
    | 'guestAccess'
    | 'encryption'
    | 'roomType'
    | 'federatable'
    | 'replacementRoom'
  >
>

/** What one room adds in one commit. Plain data; made only by the room's writer, on the state it saw. */
export interface RoomCommit {
  roomId: RoomId
  /** Present for a room that does not exist yet. */
  create?: { version: string; creator: UserId; createdTs: number; published: boolean }
  events: NewEvent[]
  /** After the last event. */
  extremities: EventId[]
  depth: number
  /** The snapshot before the first event. */
  snapshot: number
  summary?: RoomSummary
  /** Answers to remember for transaction ids, committed with the events. */
  txns?: {
    userId: UserId
    deviceId: string
    scope: string
    txnId: string
    response: string
    createdTs: number
  }[]
  /** Delayed events that these are: they no longer wait. */
  sentDelayed?: string[]
  /** Aliases made or taken away with the events. */
  addAliases?: { alias: string; creator: UserId; createdTs: number }[]
  removeAliases?: string[]
  /** Actions of administrators that some of the events are part of, each with what it added. */
  actions?: CommittedAction[]
}

/** One committed event with its stored form; local listeners get these as a fact's `detail`. */
export interface CommittedEvent {
  row: EventRow
  event: RoomEvent
  member?: MemberChange
  redacts?: EventId
  /** What the event that it redacts related to: no longer. */
  unrelated?: EventId
}

export interface RoomCommitResult {
  /** In the order of `RoomCommit.events`. */
  events: CommittedEvent[]
  /** The room's snapshot after the last event. */
  snapshot: number
}
