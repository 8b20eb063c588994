import { powerLevelsOf } from '@ranvier/protocol/auth/power-levels'
import { creatorsOf, joinRuleOf } from '@ranvier/protocol/auth/room-state'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import type { Storage } from '@ranvier/storage'
import { badRequest, MatrixError } from '../../errors.ts'
import { type MembershipDeps, profileContent } from '../membership.ts'
import type { RoomWriter } from '../room-writer.ts'
import { checkNotBlocked } from './blocks.ts'

export type MakeRoomAdmin = (userId: UserId, roomId: RoomId) => Promise<void>

/** Where there is no number to copy: creators of the newer room versions are above all numbers. */
const FULL_POWER = 100

/**
 * Gives a user as much power as the most powerful user of this server has in the room, in whose name it is done, and
 * invites them if they could not come in otherwise. Everything or nothing.
 * 400 `M_UNKNOWN` for an unknown room, and where nobody of this server may do that; 403 `M_FORBIDDEN` when the user is
 * banned or the room blocked. Synapse: admin_api/rooms §Make Room Admin API
 */
export function makeRoomAdmin(deps: MembershipDeps & { storage: Pick<Storage, 'read'> }): MakeRoomAdmin {
  return async (userId, roomId) => {
    if ((await deps.storage.read.rooms.findRoom(roomId)) === undefined) throw badRequest('Server not in room')
    await deps.writers.write(roomId, async (room) => {
      const admin = await mostPowerful(deps, room)
      await givePower(room, admin, userId)
      const membership = await room.membership(userId)
      const joinRule = joinRuleOf(await room.state('m.room.join_rules', ''))
      if (membership === 'join' || membership === 'invite' || joinRule === 'public') return
      await checkNotBlocked(deps.storage, roomId)
      const content = { membership: 'invite', ...(await profileContent(deps, userId)) }
      await room.append({ type: 'm.room.member', stateKey: userId, sender: admin.userId, content })
    })
  }
}

interface RoomAdmin {
  userId: UserId
  /** Infinite for creators of the newer room versions. */
  level: number
}

async function mostPowerful(deps: MembershipDeps, room: RoomWriter): Promise<RoomAdmin> {
  const create = await room.state('m.room.create', '')
  const power = await room.state('m.room.power_levels', '')
  const levels = powerLevelsOf(create, power, room.rules)
  const users = power?.content['users']
  const named = isJsonObject(users) ? Object.keys(users) : []
  const creators = create === undefined ? [] : creatorsOf(create, room.rules)
  let best: RoomAdmin | undefined
  for (const userId of new Set([...creators, ...named]) as Set<UserId>) {
    if (!deps.isLocal(userId) || (await room.membership(userId)) !== 'join') continue
    const level = levels.userLevel(userId)
    if (best === undefined || level > best.level) best = { userId, level }
  }
  if (best === undefined) throw badRequest('No local admin user in room')
  return best
}

async function givePower(room: RoomWriter, admin: RoomAdmin, userId: UserId): Promise<void> {
  const create = await room.state('m.room.create', '')
  const power = await room.state('m.room.power_levels', '')
  const levels = powerLevelsOf(create, power, room.rules)
  if (levels.userLevel(userId) >= admin.level) return
  const present = power?.content['users']
  const level = Number.isFinite(admin.level) ? admin.level : FULL_POWER
  const users: JsonObject = { ...(isJsonObject(present) ? present : {}) }
  // Without power levels a creator has power that the first power levels would take away.
  if (power === undefined && Number.isFinite(admin.level)) users[admin.userId] = level
  users[userId] = level
  const content: JsonObject = { ...power?.content, users }
  try {
    await room.append(
      { type: 'm.room.power_levels', stateKey: '', sender: admin.userId, content },
      { unlessSame: true },
    )
  } catch (error) {
    if (error instanceof MatrixError && error.errcode === 'M_FORBIDDEN')
      throw badRequest('No local admin user in room with power to update power levels.')
    throw error
  }
}
