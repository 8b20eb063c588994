import { accounts } from './accounts.ts'
import { admin, roomList } from './admin.ts'
import { media } from './media.ts'
import { rooms } from './rooms.ts'
import type { Scenario } from './scenario.ts'
import { sending } from './sending.ts'
import { syncing } from './syncing.ts'

export const scenarios: readonly Scenario[] = [
  ...sending,
  roomList, // before rooms are made for as long as a round is
  ...rooms,
  ...syncing,
  ...media,
  ...accounts,
  ...admin,
]
