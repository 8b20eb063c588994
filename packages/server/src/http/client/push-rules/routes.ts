import type { NotificationParts } from '../../../push/notifications.ts'
import type { PushRules } from '../../../push/push-rules.ts'
import type { Route } from '../../route.ts'
import { notificationsRoute } from './notifications.ts'
import { pushRuleReadRoutes } from './read.ts'
import { pushRuleWriteRoutes } from './write.ts'

export function pushRuleRoutes(deps: {
  pushRules: PushRules
  notifications: NotificationParts
  nowMs: () => number
}): Route[] {
  return [...pushRuleReadRoutes(deps), ...pushRuleWriteRoutes(deps), notificationsRoute(deps)]
}
