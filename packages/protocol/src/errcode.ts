/**
 * Every error code this server may answer with, or has to understand from others.
 * Spec: CS API §Common error codes and §Other error codes, and the operations' own; Synapse: `M_*` beyond the spec's, `ORG_MATRIX_*`.
 */
export const errcodes = [
  // any request
  'M_FORBIDDEN',
  'M_UNKNOWN_TOKEN',
  'M_MISSING_TOKEN',
  'M_USER_LOCKED',
  'M_USER_SUSPENDED',
  'M_BAD_JSON',
  'M_NOT_JSON',
  'M_NOT_FOUND',
  'M_LIMIT_EXCEEDED',
  'M_UNRECOGNIZED',
  'M_UNKNOWN',
  'M_UNAUTHORIZED',
  'M_MISSING_PARAM',
  'M_INVALID_PARAM',
  'M_TOO_LARGE',
  'M_EXCLUSIVE',
  'M_GUEST_ACCESS_FORBIDDEN',
  'M_RESOURCE_LIMIT_EXCEEDED',
  'M_CONSENT_NOT_GIVEN',
  // accounts and login
  'M_USER_DEACTIVATED',
  'M_USER_IN_USE',
  'M_INVALID_USERNAME',
  'M_WEAK_PASSWORD',
  'M_PASSWORD_TOO_SHORT',
  'M_PASSWORD_NO_DIGIT',
  'M_PASSWORD_NO_LOWERCASE',
  'M_PASSWORD_NO_UPPERCASE',
  'M_PASSWORD_NO_SYMBOL',
  'M_PASSWORD_IN_DICTIONARY',
  'M_APPSERVICE_LOGIN_UNSUPPORTED',
  'M_CAPTCHA_NEEDED',
  'M_CAPTCHA_INVALID',
  'ORG_MATRIX_EXPIRED_ACCOUNT',
  'ORG_MATRIX_MSC3866_USER_AWAITING_APPROVAL',
  'IO_ELEMENT_MSC4388_CONCURRENT_WRITE',
  'IO.ELEMENT.MSC4306.M_NOT_IN_THREAD',
  'IO.ELEMENT.MSC4306.M_CONFLICTING_UNSUBSCRIPTION',
  'M_KEY_TOO_LARGE',
  'M_PROFILE_TOO_LARGE',
  // third-party identifiers and identity servers
  'M_THREEPID_IN_USE',
  'M_THREEPID_NOT_FOUND',
  'M_THREEPID_AUTH_FAILED',
  'M_THREEPID_DENIED',
  'M_THREEPID_MEDIUM_NOT_SUPPORTED',
  'M_SERVER_NOT_TRUSTED',
  'M_TERMS_NOT_SIGNED',
  'M_NO_VALID_SESSION',
  'M_SESSION_EXPIRED',
  'M_SESSION_NOT_VALIDATED',
  'M_TOKEN_INCORRECT',
  'M_INVALID_EMAIL',
  'M_EMAIL_SEND_ERROR',
  // rooms
  'M_ROOM_IN_USE',
  'M_INVALID_ROOM_STATE',
  'M_BAD_STATE',
  'M_BAD_ALIAS',
  'M_UNSUPPORTED_ROOM_VERSION',
  'M_INCOMPATIBLE_ROOM_VERSION',
  'M_CANNOT_LEAVE_SERVER_NOTICE_ROOM',
  'M_DUPLICATE_ANNOTATION',
  'M_INVITE_BLOCKED',
  'M_UNABLE_TO_AUTHORISE_JOIN',
  'M_UNABLE_TO_GRANT_JOIN',
  'M_MAX_DELAY_EXCEEDED',
  'M_BAD_STATUS',
  // sync, devices and keys
  'M_UNKNOWN_POS',
  'M_UNKNOWN_DEVICE',
  'M_INVALID_SIGNATURE',
  'M_WRONG_ROOM_KEYS_VERSION',
  // media
  'M_NOT_YET_UPLOADED',
  'M_CANNOT_OVERWRITE_MEDIA',
  // application services
  'M_URL_NOT_SET',
  'M_CONNECTION_FAILED',
  'M_CONNECTION_TIMEOUT',
] as const

/** A Matrix error code. */
export type Errcode = (typeof errcodes)[number]

const known: ReadonlySet<string> = new Set(errcodes)

/** True for a code of the list; another server's answer may hold anything. */
export function isErrcode(value: unknown): value is Errcode {
  return typeof value === 'string' && known.has(value)
}
