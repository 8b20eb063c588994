import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { PresenceState } from '@ranvier/storage'
import type { RequiredStates } from './required-state.ts'

/** What a client wants to know of a room. */
export interface RoomWants {
  readonly required: RequiredStates
  readonly timelineLimit: number
}

/** Which rooms a list is about; all that are given must hold. */
export interface ListFilters {
  readonly isDm: boolean | undefined
  readonly isEncrypted: boolean | undefined
  readonly isInvite: boolean | undefined
  readonly spaces: ReadonlySet<string> | undefined
  /** `null` stands for rooms without a type. */
  readonly roomTypes: ReadonlySet<string | null> | undefined
  readonly notRoomTypes: ReadonlySet<string | null> | undefined
  readonly nameLike: string | undefined
  readonly tags: ReadonlySet<string> | undefined
  readonly notTags: ReadonlySet<string> | undefined
}

/** A window into the user's rooms, the liveliest first. */
export interface ListWants extends RoomWants {
  /** First and last place of each window, both within it. */
  readonly ranges: readonly (readonly [number, number])[]
  readonly filters: ListFilters
}

/** For which of the requested lists and subscribed rooms an extension speaks; `undefined`: all. */
export interface ExtensionScope {
  readonly lists: ReadonlySet<string> | undefined
  readonly rooms: ReadonlySet<string> | undefined
}

export interface Extensions {
  /** Messages behind `since` are given; those up to it are deleted. */
  readonly toDevice: { readonly since: number; readonly limit: number } | undefined
  readonly e2ee: boolean
  readonly accountData: ExtensionScope | undefined
  readonly receipts: ExtensionScope | undefined
  readonly typing: ExtensionScope | undefined
  readonly threadSubscriptions: { readonly limit: number } | undefined
}

/** One request of simplified sliding sync. MSC4186 */
export interface SlidingRequest {
  /** Where the last answer ended; `undefined` begins a connection. */
  readonly pos: string | undefined
  readonly connId: string
  readonly timeoutMs: number
  readonly setPresence: PresenceState
  readonly lists: ReadonlyMap<string, ListWants>
  readonly subscriptions: ReadonlyMap<RoomId, RoomWants>
  readonly extensions: Extensions
  /** The same text for requests that want the same; where they go on from left out. */
  readonly wish: string
  /** Whose signal ends a wait. */
  readonly caller: { readonly signal: AbortSignal }
}
