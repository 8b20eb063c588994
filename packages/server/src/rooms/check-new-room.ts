import type { RoomAlias, UserId } from '@ranvier/protocol/ids/brands'
import { isUserId } from '@ranvier/protocol/ids/user-id'
import type { DirectoryRule } from '../config/config.ts'
import { checkAliasAllowed, checkAliasNotReserved, type IsAliasReserved } from '../directory/aliases.ts'
import { checkPublicationAllowed } from '../directory/publish-room.ts'
import { invalidParam } from '../errors.ts'
import type { IsAdmin } from '../requester.ts'
import { checkContent } from './check-content.ts'
import type { CheckInvite } from './check-invite.ts'
import type { CreateRoom, NewRoom } from './create-room.ts'
import type { RoomLimits } from './room-limits.ts'

export interface CheckNewRoomDeps {
  limits: RoomLimits
  isAdmin: IsAdmin
  checkInvite: CheckInvite
  isAliasReserved?: IsAliasReserved
  config: {
    aliasCreationRules: readonly DirectoryRule[]
    listPublicationRules: readonly DirectoryRule[]
  }
}

/**
 * The verb with what this server asks before it: 429 for too many rooms, 403 for an alias, a publication or an invite
 * that is not allowed here. All of it is looked at before the room is made.
 */
export function checkedCreateRoom(deps: CheckNewRoomDeps, create: CreateRoom): CreateRoom {
  return async (by, room) => {
    await deps.limits.creation(by)
    const aliases = room.alias === undefined ? [] : [room.alias]
    for (const alias of aliases) checkAliasNotReserved(deps, by, alias)
    if (!(await deps.isAdmin(by.userId))) {
      const { aliasCreationRules, listPublicationRules } = deps.config
      for (const alias of aliases) checkAliasAllowed(aliasCreationRules, by.userId, alias as RoomAlias, '') // checked by the caller
      if (room.published)
        checkPublicationAllowed(listPublicationRules, { userId: by.userId, roomId: '', aliases })
    }
    for (const { type, content } of room.initialState) checkContent(type, content)
    for (const userId of invitedTo(room)) await deps.checkInvite(by, undefined, userId)
    return create(by, room)
  }
}

/** Who is asked to come, be it by the list of invites or by a member event in the initial state. */
function invitedTo({ invite, initialState }: NewRoom): Set<UserId> {
  const invited = new Set(invite)
  for (const { type, stateKey, content } of initialState) {
    if (type !== 'm.room.member') continue
    if (!isUserId(stateKey))
      throw invalidParam(`initial_state has a member event of ${stateKey}, which is no user id`)
    if (content['membership'] === 'invite') invited.add(stateKey)
  }
  return invited
}
