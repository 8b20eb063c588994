import { accounts } from './accounts.ts'
import { admin } from './admin.ts'
import { media } from './media.ts'
import { rooms } from './rooms.ts'
import type { Scenario } from './scenario.ts'
import { sending } from './sending.ts'
import { syncing } from './syncing.ts'

export const scenarios: readonly Scenario[] = [
  ...sending,
  ...rooms,
  ...syncing,
  ...media,
  ...accounts,
  ...admin,
]
