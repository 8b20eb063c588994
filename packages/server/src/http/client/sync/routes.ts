import type { Filters } from '../../../client-data/filters.ts'
import type { SlidingSync } from '../../../sync/sliding/sliding-sync.ts'
import type { Sync } from '../../../sync/sync.ts'
import type { Route } from '../../route.ts'
import { slidingSyncRoute } from './sliding-sync.ts'
import { syncRoute } from './sync.ts'

export function syncRoutes(deps: { sync: Sync; slidingSync: SlidingSync; filters: Filters }): Route[] {
  return [syncRoute(deps), slidingSyncRoute(deps)]
}
