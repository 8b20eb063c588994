import type { Storage } from '@ranvier/storage'
import type { Route } from '../route.ts'
import { type AccountValidityRoutesDeps, accountValidityRoute } from './account-validity/routes.ts'
import { auditRoutes } from './audit/routes.ts'
import { type BackgroundUpdateRoutesDeps, backgroundUpdateRoutes } from './background-updates/routes.ts'
import { type EventReportRoutesDeps, eventReportRoutes } from './event-reports/routes.ts'
import { type AdminEventRoutesDeps, adminEventsRoute } from './events/routes.ts'
import { federationRoutes } from './federation/routes.ts'
import { type MediaModerationDeps, mediaModerationRoutes } from './media/moderation.ts'
import { fetchEventRoute } from './misc/fetch-event.ts'
import { type PurgeHistoryRoutesDeps, purgeHistoryRoutes } from './purge-history/routes.ts'
import {
  adminRegistrationTokenRoutes,
  type RegistrationTokenRoutesDeps,
} from './registration-tokens/routes.ts'
import { scheduledTasksRoute } from './scheduled-tasks/routes.ts'
import { type ServerNoticeRoutesDeps, serverNoticeRoutes } from './server-notices/routes.ts'
import { type StatisticsRoutesDeps, statisticsRoutes } from './statistics/routes.ts'
import { type StorageReportRoutesDeps, storageReportRoutes } from './storage/routes.ts'
import { type AdminTokenRoutesDeps, adminTokenRoutes } from './tokens/routes.ts'
import { userReportRoutes } from './user-reports/routes.ts'

export type AdminChapterDeps = PurgeHistoryRoutesDeps &
  AccountValidityRoutesDeps &
  ServerNoticeRoutesDeps &
  BackgroundUpdateRoutesDeps & { storage: Storage } & EventReportRoutesDeps &
  StatisticsRoutesDeps &
  StorageReportRoutesDeps &
  MediaModerationDeps &
  RegistrationTokenRoutesDeps &
  AdminTokenRoutesDeps &
  AdminEventRoutesDeps

/** The chapters of the admin API beside users and rooms. */
export function adminChapterRoutes(deps: AdminChapterDeps): Route[] {
  return [
    ...mediaModerationRoutes(deps),
    ...eventReportRoutes(deps),
    ...userReportRoutes(deps),
    ...statisticsRoutes(deps),
    ...storageReportRoutes(deps),
    fetchEventRoute(deps),
    ...serverNoticeRoutes(deps),
    ...purgeHistoryRoutes(deps),
    ...backgroundUpdateRoutes(deps),
    scheduledTasksRoute(deps),
    ...federationRoutes(deps),
    ...adminRegistrationTokenRoutes(deps),
    accountValidityRoute(deps),
    ...auditRoutes(deps),
    ...adminTokenRoutes(deps),
    adminEventsRoute(deps),
  ]
}
