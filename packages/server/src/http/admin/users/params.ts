import type { ServerName, UserId } from '@ranvier/protocol/ids/brands'
import { parseUserId } from '@ranvier/protocol/ids/user-id'
import { badRequest } from '../../../errors.ts'

/**
 * The id of a user of this server, where Synapse looks at nothing but the server's name: malformed and remote ids are
 * both 400 `M_UNKNOWN` with `refusal`.
 */
export function ownUserParam(serverName: ServerName, refusal: string): (raw: string) => UserId {
  return (raw) => {
    if (parseUserId(raw)?.server !== serverName) throw badRequest(refusal)
    return raw as UserId // just parsed
  }
}
