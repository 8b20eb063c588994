import { type PowerLevels, powerLevelsOf } from '@ranvier/protocol/auth/power-levels'
import type { Storage } from '@ranvier/storage'
import { forbidden } from '../errors.ts'
import type { IsAdmin, Requester } from '../requester.ts'
import type { RoomEvents } from '../rooms/room-events.ts'

export interface RoomPowerDeps {
  storage: Storage
  roomEvents: RoomEvents
  isAdmin: IsAdmin
}

/** The power levels in force in a room now. */
export async function roomPowerLevels(
  deps: Pick<RoomPowerDeps, 'storage' | 'roomEvents'>,
  roomId: string,
): Promise<PowerLevels> {
  const load = async (type: string) => {
    const row = await deps.storage.read.roomState.entry(roomId, type, '')
    return row && (await deps.roomEvents.fromRow(row)).event
  }
  const [create, levels, rules] = await Promise.all([
    load('m.room.create'),
    load('m.room.power_levels'),
    deps.roomEvents.rulesOf(roomId),
  ])
  return powerLevelsOf(create, levels, rules)
}

/**
 * Whether the requester may decide how a room is found: a member who may set its canonical alias, or a server
 * administrator. Synapse: handlers/directory asks for the same.
 */
export async function mayManageListing(deps: RoomPowerDeps, by: Requester, roomId: string): Promise<boolean> {
  if (await deps.isAdmin(by.userId)) return true
  const member = await deps.storage.read.members.find(roomId, by.userId)
  if (member?.membership !== 'join') return false
  const levels = await roomPowerLevels(deps, roomId)
  return levels.userLevel(by.userId) >= levels.eventLevel('m.room.canonical_alias', true)
}

/** Throws 403 `M_FORBIDDEN` unless {@link mayManageListing}. */
export async function checkMayManageListing(
  deps: RoomPowerDeps,
  by: Requester,
  roomId: string,
): Promise<void> {
  if (!(await mayManageListing(deps, by, roomId)))
    throw forbidden('Listing a room takes the power to set its canonical alias')
}
