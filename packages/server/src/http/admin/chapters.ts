import type { Route } from '../route.ts'
import {
  adminRegistrationTokenRoutes,
  type RegistrationTokenRoutesDeps,
} from './registration-tokens/routes.ts'

export type AdminChapterDeps = RegistrationTokenRoutesDeps

/** The chapters of the admin API beside users and rooms. */
export function adminChapterRoutes(deps: AdminChapterDeps): Route[] {
  return [...adminRegistrationTokenRoutes(deps)]
}
