import type { Filters } from '../../../client-data/filters.ts'
import type { Sync } from '../../../sync/sync.ts'
import type { Route } from '../../route.ts'
import { syncRoute } from './sync.ts'

export function syncRoutes(deps: { sync: Sync; filters: Filters }): Route[] {
  return [syncRoute(deps)]
}
