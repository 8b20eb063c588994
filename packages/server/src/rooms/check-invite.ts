import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import type { AppserviceQueries } from '../appservices/queries.ts'
import { forbidden, inviteBlocked, notFound } from '../errors.ts'
import type { IsAdmin, Requester } from '../requester.ts'
import { invitePermission } from './invite-permission.ts'
import type { RoomLimits } from './room-limits.ts'

export interface CheckInviteDeps {
  storage: Storage
  limits: RoomLimits
  isAdmin: IsAdmin
  isLocal: (userId: string) => boolean
  /** Application services make users of theirs when somebody invites them. */
  queries?: Pick<AppserviceQueries, 'userExists'>
  config: { blockNonAdminInvites: boolean }
}

/** What must hold before somebody is invited, beside the rules of the room. `roomId` undefined: a room still to be made. */
export type CheckInvite = (by: Requester, roomId: RoomId | undefined, target: UserId) => Promise<void>

/**
 * 429 for too many invites, 403 `M_FORBIDDEN` where only administrators may invite, 403 `M_INVITE_BLOCKED` for who takes
 * none, 404 `M_NOT_FOUND` for users of servers we cannot reach.
 * Spec: CS API §Invite permission. Synapse: block_non_admin_invites.
 */
export function checkInvite(deps: CheckInviteDeps): CheckInvite {
  return async (by, roomId, target) => {
    await deps.limits.invite(by, target, roomId)
    if (deps.config.blockNonAdminInvites && !(await deps.isAdmin(by.userId)))
      throw forbidden('Invites have been disabled on this server')
    if (!deps.isLocal(target)) throw notFound(`The server of ${target}`)
    if (deps.queries !== undefined && (await deps.storage.read.accounts.find(target)) === undefined)
      await deps.queries.userExists(target)
    if ((await invitePermission(deps.storage, target, by.userId)) === 'block')
      throw inviteBlocked(`${target} does not take this invite`)
  }
}
