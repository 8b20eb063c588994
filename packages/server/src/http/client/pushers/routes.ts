import type { Pushers } from '../../../push/pushers/pushers.ts'
import type { Route } from '../../route.ts'
import { listPushersRoute } from './list.ts'
import { setPusherRoute } from './set.ts'

export function pusherRoutes(deps: { pushers: Pushers }): Route[] {
  return [listPushersRoute(deps), setPusherRoute(deps)]
}
