import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { Pusher } from '@ranvier/storage'

/** One pusher at work, whatever it sends through. */
export interface WorkingPusher {
  readonly pusher: Pusher
  /** Nothing to do, now or later. */
  readonly isIdle: boolean
  /** How far it has come, if that is further than the database knows. */
  readonly unsaved: Pusher | undefined
  /** An event happened in a room of the user. */
  touch(roomId: RoomId, position: number): void
  /** The user has read something. */
  countAgain(): void
  /** A client has set the pusher again. */
  replace(pusher: Pusher): void
  /** Begins to work unless it does already, or waits. */
  wake(): void
  /** Ends it. What is on its way is cut off once `graceful` settles; at once without it. */
  stop(graceful?: Promise<unknown>): Promise<void>
}
