import type { RoomEvent } from '../event/types.ts'
import type { ServerName } from '../ids/brands.ts'
import type { PowerLevels } from './power-levels.ts'

export interface AuthOptions {
  /**
   * Whether the event carries a valid signature of this server. Asked for `join_authorised_via_users_server` only.
   * Without it the signature counts as checked already, as it is on receipt and for events of our own.
   */
  isSignedBy?: (event: RoomEvent, server: ServerName) => boolean
  /** The levels of `state`, if the caller has them at hand. Otherwise they are read from it and remembered. */
  powerLevels?: PowerLevels
}
