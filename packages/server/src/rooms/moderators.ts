import { powerLevelsIn } from '@ranvier/protocol/auth/power-levels'
import { creatorsOf } from '@ranvier/protocol/auth/room-state'
import type { RoomEvent, StateLookup } from '@ranvier/protocol/event/types'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { isJsonObject } from '@ranvier/protocol/json'
import type { RoomWriter } from './room-writer.ts'

/** A lookup that holds what power levels are read from. */
export async function loadPower(room: RoomWriter): Promise<StateLookup> {
  const entries = new Map<string, RoomEvent | undefined>()
  for (const type of ['m.room.create', 'm.room.power_levels']) entries.set(type, await room.state(type, ''))
  return (type) => entries.get(type)
}

/** Who has been given power in the room, the most powerful first. They need not be in it. */
export function moderatorsIn(room: RoomWriter, power: StateLookup): UserId[] {
  const levels = powerLevelsIn(power, room.rules)
  const create = power('m.room.create', '')
  const users = power('m.room.power_levels', '')?.content['users']
  const named = isJsonObject(users) ? Object.keys(users) : []
  const creators = create === undefined ? [] : creatorsOf(create, room.rules)
  return [...new Set([...creators, ...named])]
    .sort((a, b) => levelOrder(levels.userLevel(a), levels.userLevel(b)))
    .map((userId) => userId as UserId) // whoever is not one is not in the room either
}

/** For a descending sort; two infinite levels are equal. */
function levelOrder(a: number, b: number): number {
  return a === b ? 0 : b - a
}
