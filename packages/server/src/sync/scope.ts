import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ActiveUser } from '../notify/active-user.ts'
import type { SyncFilter } from './filter.ts'
import type { SyncToken } from './token.ts'

/** Under which name state goes into the answer, and as of when. */
export type StateKey =
  /** As of the timeline's start. */
  | 'state'
  /** As of its end. Spec: CS API §GET /sync, `use_state_after`. */
  | 'state_after'
  /** The same under the name it had as a proposal. MSC4222 */
  | 'org.matrix.msc4222.state_after'

/** One building of an answer: for whom, from where to where. */
export interface SyncScope {
  readonly userId: UserId
  /** null for tokens without a device. */
  readonly deviceId: string | null
  readonly user: ActiveUser
  readonly filter: SyncFilter
  /** `undefined` for a first sync. */
  readonly since: SyncToken | undefined
  /** Nothing beyond these positions goes into the answer. */
  readonly upTo: SyncToken
  readonly fullState: boolean
  readonly stateKey: StateKey
  readonly nowMs: number
}
