import { powerLevelsIn } from '@ranvier/protocol/auth/power-levels'
import { joinRuleOf } from '@ranvier/protocol/auth/room-state'
import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Membership, Storage } from '@ranvier/storage'
import { forbidden } from '../errors.ts'
import { allowedRooms, isJoinedToOne } from './allowed-rooms.ts'
import type { RoomWriter } from './room-writer.ts'

/** How many members are looked at for one who may invite. */
const MAX_CANDIDATES = 1_000

/**
 * For a join that a `restricted` rule must allow: the member of ours who vouches for it, to be named in the event.
 * `undefined` when the rule is not needed. 403 when the user is in none of the allowed rooms, or nobody here may invite.
 *
 * Spec: CS API §Restricted rooms; S2S §Restricted rooms.
 */
export async function authoriseRestrictedJoin(
  deps: { storage: Storage; isLocal: (userId: string) => boolean },
  room: RoomWriter,
  userId: UserId,
  before: Membership | undefined,
): Promise<UserId | undefined> {
  if (before === 'invite' || before === 'join' || !room.rules.restrictedJoins) return undefined
  const rules = await room.state('m.room.join_rules', '')
  const joinRule = joinRuleOf(rules)
  const isRestricted =
    joinRule === 'restricted' || (joinRule === 'knock_restricted' && room.rules.knockRestricted)
  if (!isRestricted) return undefined
  const allowed = allowedRooms(rules?.content['allow'])
  if (!(await isJoinedToOne(deps.storage, userId, allowed)))
    throw forbidden('You do not belong to any of the rooms whose members may join this room')
  const create = await room.state('m.room.create', '')
  const powerLevels = await room.state('m.room.power_levels', '')
  const levels = powerLevelsIn(
    (type) => (type === 'm.room.create' ? create : type === 'm.room.power_levels' ? powerLevels : undefined),
    room.rules,
  )
  const joined = await deps.storage.read.members.heroes(room.roomId, userId, ['join'], MAX_CANDIDATES)
  const authoriser = joined.find(
    (member) => deps.isLocal(member.userId) && levels.userLevel(member.userId) >= levels.invite,
  )
  if (authoriser === undefined) throw forbidden('Nobody on this server may let you into this room')
  return authoriser.userId
}
