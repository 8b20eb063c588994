import type { ServerName, UserId } from '@ranvier/protocol/ids/brands'
import { parseUserId } from '@ranvier/protocol/ids/user-id'
import { badRequest, invalidParam } from '../errors.ts'

/** A user id from a path. Throws 400 `M_INVALID_PARAM`. */
export function userIdParam(raw: string): UserId {
  if (parseUserId(raw) === undefined) throw invalidParam(`'${raw.slice(0, 100)}' is not a valid user ID`)
  return raw as UserId // just parsed
}

/** The id of a user of this server. Malformed → 400 `M_INVALID_PARAM`, remote → 400 `M_UNKNOWN` with `refusal`. */
export function localUserParam(serverName: ServerName, refusal: string): (raw: string) => UserId {
  return (raw) => {
    const userId = userIdParam(raw)
    if (parseUserId(userId)?.server !== serverName) throw badRequest(refusal)
    return userId
  }
}
