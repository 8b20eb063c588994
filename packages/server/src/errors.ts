import type { Errcode } from '@ranvier/protocol/errcode'

export type { Errcode }

/** An answer meant for the client. If a client could not act on it, throw something else. */
export class MatrixError extends Error {
  override readonly name = 'MatrixError'
  readonly status: number
  readonly errcode: Errcode
  /** Members of the JSON answer beside `errcode` and `error`. */
  readonly fields: Record<string, unknown>

  constructor(status: number, errcode: Errcode, message: string, fields: Record<string, unknown> = {}) {
    super(message)
    this.status = status
    this.errcode = errcode
    this.fields = fields
  }
}

const e = (status: number, errcode: Errcode, message: string, fields?: Record<string, unknown>) =>
  new MatrixError(status, errcode, message, fields)

// 400: the request itself is wrong.
export const badRequest = (message: string) => e(400, 'M_UNKNOWN', message)
export const notJson = (message = 'Content not JSON.') => e(400, 'M_NOT_JSON', message)
export const badJson = (message: string) => e(400, 'M_BAD_JSON', message)
export const missingParam = (message: string) => e(400, 'M_MISSING_PARAM', message)
export const invalidParam = (message: string) => e(400, 'M_INVALID_PARAM', message)
export const invalidUsername = (message: string) => e(400, 'M_INVALID_USERNAME', message)
export const userInUse = (message = 'User ID already taken.') => e(400, 'M_USER_IN_USE', message)
export const exclusive = (message: string) => e(400, 'M_EXCLUSIVE', message)
export const weakPassword = (errcode: Errcode, message: string) => e(400, errcode, message)
export const roomInUse = (message = 'Room alias already taken') => e(400, 'M_ROOM_IN_USE', message)
export const badAlias = (message: string) => e(400, 'M_BAD_ALIAS', message)
export const invalidRoomState = (message: string) => e(400, 'M_INVALID_ROOM_STATE', message)
export const unsupportedRoomVersion = (message: string) => e(400, 'M_UNSUPPORTED_ROOM_VERSION', message)
export const incompatibleRoomVersion = (roomVersion: string, message: string) =>
  e(400, 'M_INCOMPATIBLE_ROOM_VERSION', message, { room_version: roomVersion })
export const invalidSignature = (message: string) => e(400, 'M_INVALID_SIGNATURE', message)
export const unknownPos = (message: string) => e(400, 'M_UNKNOWN_POS', message)
export const duplicateAnnotation = (message: string) => e(400, 'M_DUPLICATE_ANNOTATION', message)
export const threepidUnsupported = (message: string) => e(400, 'M_THREEPID_MEDIUM_NOT_SUPPORTED', message)
export const threepidInUse = (message: string) => e(400, 'M_THREEPID_IN_USE', message)
export const threepidNotFound = (message: string) => e(400, 'M_THREEPID_NOT_FOUND', message)
export const sessionNotValidated = (message: string) => e(400, 'M_SESSION_NOT_VALIDATED', message)
export const noValidSession = (message: string) => e(400, 'M_NO_VALID_SESSION', message)
export const profileTooLarge = (message: string) => e(400, 'M_PROFILE_TOO_LARGE', message)
export const keyTooLarge = (message: string) => e(400, 'M_KEY_TOO_LARGE', message)

// 401: who are you?
export const missingToken = (message = 'Missing access token') => e(401, 'M_MISSING_TOKEN', message)
export const unknownToken = (message = 'Invalid access token passed.', softLogout = false) =>
  e(401, 'M_UNKNOWN_TOKEN', message, { soft_logout: softLogout })
export const userLocked = () => e(401, 'M_USER_LOCKED', 'User account has been locked', { soft_logout: true })

// 403: known, and not allowed.
export const forbidden = (message: string) => e(403, 'M_FORBIDDEN', message)
export const badState = (message: string) => e(403, 'M_BAD_STATE', message)
export const notServerAdmin = () => forbidden('You are not a server admin')
export const guestForbidden = (message = 'Guest access not allowed') =>
  e(403, 'M_GUEST_ACCESS_FORBIDDEN', message)
/** `message` is the operator's. */
export const consentNotGiven = (message: string, consentUri: string) =>
  e(403, 'M_CONSENT_NOT_GIVEN', message, { consent_uri: consentUri })
export const accountExpired = () => e(403, 'ORG_MATRIX_EXPIRED_ACCOUNT', 'User account has expired')
/** MSC3866. No message is sent when the account is approved. */
export const awaitingApproval = () =>
  e(403, 'ORG_MATRIX_MSC3866_USER_AWAITING_APPROVAL', 'An administrator has to approve this account first', {
    approval_notice_medium: 'org.matrix.msc3866.none',
  })
export const userDeactivated = () => e(403, 'M_USER_DEACTIVATED', 'This account has been deactivated')
export const userSuspended = (message = 'Account is suspended') => e(403, 'M_USER_SUSPENDED', message)
export const inviteBlocked = (message: string) => e(403, 'M_INVITE_BLOCKED', message)
export const wrongRoomKeysVersion = (currentVersion: string) =>
  e(403, 'M_WRONG_ROOM_KEYS_VERSION', 'Wrong backup version.', { current_version: currentVersion })
export const cannotLeaveServerNoticeRoom = (message: string) =>
  e(403, 'M_CANNOT_LEAVE_SERVER_NOTICE_ROOM', message)
export const threepidDenied = (message: string) => e(403, 'M_THREEPID_DENIED', message)

// 404 and below: not here, not now, not that big.
export const notFound = (what: string) => e(404, 'M_NOT_FOUND', `${what} not found`)
export const unrecognized = () => e(404, 'M_UNRECOGNIZED', 'Unrecognized request')
export const methodNotAllowed = () => e(405, 'M_UNRECOGNIZED', 'Unrecognized request')
export const conflict = (message: string) => e(409, 'M_UNKNOWN', message)
export const cannotOverwriteMedia = () => e(409, 'M_CANNOT_OVERWRITE_MEDIA', 'Media ID already has content')
export const tooLarge = (message: string) => e(413, 'M_TOO_LARGE', message)
export const notYetUploaded = (message: string) => e(504, 'M_NOT_YET_UPLOADED', message)
export const shuttingDown = () => e(503, 'M_UNKNOWN', 'The server is shutting down')

/** 429. `retryAfterMs` goes to the `Retry-After` header (in seconds) and to `retry_after_ms`. */
export const limitExceeded = (retryAfterMs: number) =>
  e(429, 'M_LIMIT_EXCEEDED', 'Too Many Requests', { retry_after_ms: Math.ceil(retryAfterMs) })
