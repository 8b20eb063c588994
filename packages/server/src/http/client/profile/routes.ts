import type { Accounts } from '../../../accounts/accounts.ts'
import type { Route } from '../../route.ts'
import { profileReadRoutes } from './read.ts'
import { profileWriteRoutes } from './write.ts'

export function profileRoutes(deps: { accounts: Accounts }): Route[] {
  return [...profileReadRoutes(deps), ...profileWriteRoutes(deps)]
}
