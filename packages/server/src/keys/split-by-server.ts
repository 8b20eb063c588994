import type { ServerName, UserId } from '@ranvier/protocol/ids/brands'
import { serverNameOf } from '@ranvier/protocol/ids/server-name'

/** Users of this server, and the other servers whose users were asked for: those cannot be reached yet. */
export function splitByServer(
  userIds: Iterable<UserId>,
  isLocal: (userId: string) => boolean,
): { local: UserId[]; failures: ServerName[] } {
  const local: UserId[] = []
  const failures = new Set<ServerName>()
  for (const userId of userIds) {
    if (isLocal(userId)) local.push(userId)
    else failures.add(serverNameOf(userId))
  }
  return { local, failures: [...failures] }
}
