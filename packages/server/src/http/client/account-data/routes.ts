import type { AccountData } from '../../../client-data/account-data.ts'
import type { Tags } from '../../../client-data/tags.ts'
import type { Route } from '../../route.ts'
import { accountDataValueRoutes, deleteAccountDataRoutes } from './account-data.ts'
import { tagRoutes } from './tags.ts'

export function accountDataRoutes(deps: { accountData: AccountData; tags: Tags }): Route[] {
  return [...accountDataValueRoutes(deps), ...deleteAccountDataRoutes(deps), ...tagRoutes(deps)]
}
