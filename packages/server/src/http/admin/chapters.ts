import type { Route } from '../route.ts'
import { type MediaModerationDeps, mediaModerationRoutes } from './media/moderation.ts'
import {
  adminRegistrationTokenRoutes,
  type RegistrationTokenRoutesDeps,
} from './registration-tokens/routes.ts'

export type AdminChapterDeps = MediaModerationDeps & RegistrationTokenRoutesDeps

/** The chapters of the admin API beside users and rooms. */
export function adminChapterRoutes(deps: AdminChapterDeps): Route[] {
  return [...mediaModerationRoutes(deps), ...adminRegistrationTokenRoutes(deps)]
}
