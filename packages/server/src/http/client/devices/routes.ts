import type { Accounts } from '../../../accounts/accounts.ts'
import type { Route } from '../../route.ts'
import type { Uia } from '../../uia.ts'
import { deleteDeviceRoutes } from './delete.ts'
import { deviceRoutesOfOwner } from './devices.ts'

export function deviceRoutes(deps: { accounts: Accounts; uia: Uia }): Route[] {
  return [...deviceRoutesOfOwner(deps), ...deleteDeviceRoutes(deps)]
}
