import type { RoomAlias } from '@ranvier/protocol/ids/brands'
import type { DirectoryRule } from '../config/config.ts'
import { checkAliasAllowed } from '../directory/aliases.ts'
import { checkPublicationAllowed } from '../directory/publish-room.ts'
import type { IsAdmin } from '../requester.ts'
import type { CheckInvite } from './check-invite.ts'
import type { CreateRoom } from './create-room.ts'
import type { RoomLimits } from './room-limits.ts'

export interface CheckNewRoomDeps {
  limits: RoomLimits
  isAdmin: IsAdmin
  checkInvite: CheckInvite
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
    if (!(await deps.isAdmin(by.userId))) {
      const { aliasCreationRules, listPublicationRules } = deps.config
      for (const alias of aliases) checkAliasAllowed(aliasCreationRules, by.userId, alias as RoomAlias, '') // checked by the caller
      if (room.published)
        checkPublicationAllowed(listPublicationRules, { userId: by.userId, roomId: '', aliases })
    }
    for (const userId of new Set(room.invite)) await deps.checkInvite(by, undefined, userId)
    return create(by, room)
  }
}
