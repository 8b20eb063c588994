import type { TokenScope } from '@ranvier/admin-api/areas'
import type { UserId } from '@ranvier/protocol/ids/brands'

/**
 * Who asks: the account behind an access token, as it is at this request.
 *
 * For a puppet token (an administrator acting as a user) `userId` is the user acted for and `puppetedBy` the
 * administrator. `deviceId` is null for tokens without a device (puppets, application services).
 * `tokenId` is negative for the token of an application service, which is none of ours.
 */
export interface Requester {
  userId: UserId
  deviceId: string | null
  tokenId: number
  isGuest: boolean
  shadowBanned: boolean
  suspended: boolean
  locked: boolean
  puppetedBy: UserId | null
  appserviceId: string | null
  /** An application service whose limits are those of people. */
  isRateLimited?: boolean
  /** When the token stops working, ms since epoch; null: never. */
  accessTokenValidUntilMs: number | null
  /** When the account expires, ms since epoch; absent: never. */
  accountExpiresTs?: number
  /** What who holds the token has to do before they send anything; absent: nothing. An administrator's own, with a puppet. */
  owedConsent?: { uri: string; message: string }
  /** The scoped token the request came with; such a requester exists only in calls of the admin API. */
  adminToken?: AdminTokenGrant
}

/** What a scoped token lets its owner do. */
export interface AdminTokenGrant {
  id: number
  name: string
  scopes: readonly TokenScope[]
  /** When it ends, ms since epoch; null: never. */
  expiresTs: number | null
}

/** Whom an application service says it acts as. */
export interface ActAs {
  userId?: string | undefined
  deviceId?: string | undefined
}

/**
 * Finds the requester of an access token: at once, where it is in memory. Throws `MatrixError` 401 `M_UNKNOWN_TOKEN` when
 * there is none.
 */
export type Authenticate = (token: string, actAs?: ActAs) => Requester | Promise<Requester>

/** Whether the account is a server administrator now. Asked on every admin request: a changed flag works at once. */
export type IsAdmin = (userId: UserId) => Promise<boolean>
