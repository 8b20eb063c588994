import type { ServerName, UserId } from './brands.ts'
import { isIdText } from './limits.ts'
import { isServerName } from './server-name.ts'

// Spec: Appendices §User identifiers: the grammar for accounts made now. Older ids may hold nearly anything.
const NEW_LOCALPART = /^[a-z0-9._=/+-]+$/

export interface UserIdParts {
  localpart: string
  server: ServerName
}

/**
 * The parts of a user id, `undefined` if it is not one.
 * Historical ids are accepted (any characters but `:` and NUL, even none, before the server name): they occur in rooms.
 */
export function parseUserId(value: unknown): UserIdParts | undefined {
  if (!isIdText(value, '@')) return undefined
  const colon = value.indexOf(':')
  if (colon === -1) return undefined
  const server = value.slice(colon + 1)
  return isServerName(server) ? { localpart: value.slice(1, colon), server } : undefined
}

/** True for a user id, historical ones included. */
export function isUserId(value: unknown): value is UserId {
  return parseUserId(value) !== undefined
}

/** True if an account may be created with this localpart. The length is limited by the whole id: see {@link isUserId}. */
export function isNewLocalpart(localpart: string): boolean {
  return NEW_LOCALPART.test(localpart)
}

/** The id of `localpart` on `server`. Throws a `RangeError` if the two make no valid id, as when they are too long. */
export function makeUserId(localpart: string, server: string): UserId {
  const userId = `@${localpart}:${server}`
  // A colon in the localpart would move the border between the two parts.
  if (localpart.includes(':') || !isUserId(userId)) throw new RangeError(`not a valid user id: ${userId}`)
  return userId
}

/** What stands before the first `:`, without the `@`. */
export function localpartOf(userId: UserId): string {
  return userId.slice(1, userId.indexOf(':'))
}
