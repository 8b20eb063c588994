import type { AccountData } from '../../../client-data/account-data.ts'
import type { Filters } from '../../../client-data/filters.ts'
import type { PresenceStatus } from '../../../client-data/presence.ts'
import type { SendReceipts } from '../../../client-data/receipts.ts'
import type { SendToDevice } from '../../../client-data/send-to-device.ts'
import type { Tags } from '../../../client-data/tags.ts'
import type { SetTyping } from '../../../client-data/typing.ts'
import type { NotificationParts } from '../../../push/notifications.ts'
import type { PushRules } from '../../../push/push-rules.ts'
import type { ThreadSubscriptions } from '../../../relations/thread-subscriptions.ts'
import type { RoomReads } from '../../../rooms/reads/read-access.ts'
import type { SlidingSync } from '../../../sync/sliding/sliding-sync.ts'
import type { Sync } from '../../../sync/sync.ts'
import type { Route } from '../../route.ts'
import { accountDataRoutes } from '../account-data/routes.ts'
import { filterRoutes } from '../filters/routes.ts'
import { presenceRoutes } from '../presence/routes.ts'
import { pushRuleRoutes } from '../push-rules/routes.ts'
import { receiptRoutes } from '../receipts/routes.ts'
import { threadSubscriptionRoutes } from '../relations/thread-subscriptions.ts'
import { syncRoutes } from '../sync/routes.ts'
import { toDeviceRoutes } from '../to-device/routes.ts'
import { typingRoutes } from '../typing/routes.ts'

/** What the routes of `/sync` and of what clients keep on the server need. `wireSync` makes it. */
export interface ClientDataDeps {
  sync: Sync
  slidingSync: SlidingSync
  filters: Filters
  accountData: AccountData
  tags: Tags
  sendReceipts: SendReceipts
  setTyping: SetTyping
  presenceStatus: PresenceStatus
  sendToDevice: SendToDevice
  pushRules: PushRules
  notifications: NotificationParts
  threadSubscriptions: ThreadSubscriptions
  reads: RoomReads
  nowMs: () => number
}

/** `/sync`, and everything that clients keep on the server beside rooms. */
export function clientDataRoutes(deps: ClientDataDeps): Route[] {
  return [
    ...syncRoutes(deps),
    ...filterRoutes(deps),
    ...accountDataRoutes(deps),
    ...receiptRoutes(deps),
    ...typingRoutes(deps),
    ...presenceRoutes(deps),
    ...toDeviceRoutes(deps),
    ...pushRuleRoutes(deps),
    ...threadSubscriptionRoutes(deps),
  ]
}
