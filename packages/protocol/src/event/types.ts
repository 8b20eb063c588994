import type { EventId, RoomId, UserId } from '../ids/brands.ts'
import type { JsonObject } from '../json.ts'

/** `entity → key id → unpadded base64 signature`. */
export type Signatures = Record<string, Record<string, string>>

/** One entry of `prev_events` or `auth_events`: an id, or in room versions 1 and 2 an `[id, hashes]` pair. */
export type EventReference = EventId | [EventId, { sha256: string }]

/**
 * An event in its federation form, exactly as hashed and signed. Unknown keys are kept: they are part of the hash.
 * Room versions 1–2 carry `event_id`; version 12 create events carry no `room_id`.
 */
export interface Pdu {
  type: string
  sender: UserId
  room_id?: RoomId
  state_key?: string
  content: JsonObject
  origin_server_ts: number
  depth: number
  prev_events: EventReference[]
  auth_events: EventReference[]
  hashes?: { sha256: string }
  signatures?: Signatures
  unsigned?: JsonObject
  redacts?: EventId
  event_id?: EventId
  [key: string]: unknown
}

/**
 * An event as the rules see it: its id, its room and the two reference lists in one form for every room version.
 * `pdu` is immutable once wrapped; a redaction makes a new value.
 */
export interface RoomEvent {
  readonly eventId: EventId
  /** Always set, also for version 12 create events. */
  readonly roomId: RoomId
  readonly type: string
  readonly sender: UserId
  /** `undefined` for events that are not state. */
  readonly stateKey: string | undefined
  readonly content: JsonObject
  readonly originServerTs: number
  readonly depth: number
  readonly prevEvents: readonly EventId[]
  readonly authEvents: readonly EventId[]
  readonly pdu: Pdu
}

/** A state event: `stateKey` is present. */
export type StateEvent = RoomEvent & { readonly stateKey: string }

/** Looks one state entry up; `undefined` if the state has no such entry. */
export type StateLookup = (type: string, stateKey: string) => RoomEvent | undefined
