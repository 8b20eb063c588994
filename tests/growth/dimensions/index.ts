import type { Dimension } from '../operation.ts'
import { accounts } from './accounts.ts'
import { events } from './events.ts'
import { members } from './members.ts'
import { ownDevices } from './own-devices.ts'
import { ownRooms } from './own-rooms.ts'
import { rooms } from './rooms.ts'
import { stateChanges } from './state-changes.ts'

export const dimensions: readonly Dimension[] = [
  accounts,
  rooms,
  events,
  members,
  ownRooms,
  ownDevices,
  stateChanges,
]
