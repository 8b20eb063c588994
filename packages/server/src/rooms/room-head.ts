import type { RoomEvent } from '@ranvier/protocol/event/types'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { RoomVersionRules } from '@ranvier/protocol/room-version/types'

/** Where a room's committed history ends, and the state entries looked up so far. */
export interface RoomHead {
  readonly roomId: RoomId
  readonly rules: RoomVersionRules
  extremities: RoomEvent[]
  depth: number
  snapshot: number
  /** `type \0 stateKey` → the event, null where the state has no such entry. */
  readonly state: Map<string, RoomEvent | null>
}

export const stateName = (type: string, stateKey: string): string => `${type}\0${stateKey}`
