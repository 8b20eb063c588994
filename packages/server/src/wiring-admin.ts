import type { Storage } from '@ranvier/storage'
import type { AccountDependents } from './accounts/account-data.ts'
import type { Accounts } from './accounts/accounts.ts'
import { manageRegistrationTokens } from './accounts/registration/manage-registration-tokens.ts'
import type { wireValidity } from './accounts/validity/wire-validity.ts'
import { adminEvents } from './admin-events/admin-events.ts'
import { adminTokens } from './admin-tokens/admin-tokens.ts'
import { backgroundUpdates } from './background-updates/background-updates.ts'
import { wireBulk } from './bulk/wire-bulk.ts'
import { Tags } from './client-data/tags.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config/config.ts'
import { auditEntry } from './http/admin/audit/routes.ts'
import { bulkJobRoutes } from './http/admin/bulk-jobs/routes.ts'
import { adminChapterRoutes } from './http/admin/chapters.ts'
import { adminUserMediaRoutes } from './http/admin/media/user-media.ts'
import { adminPusherRoutes } from './http/admin/pushers/routes.ts'
import { adminRoomRoutes } from './http/admin/rooms/routes.ts'
import { adminRoutes } from './http/admin/routes.ts'
import type { Route } from './http/route.ts'
import type { JobKind } from './jobs/define-job.ts'
import type { Keys } from './keys/keys.ts'
import type { LoggerFactory } from './logger.ts'
import type { Media } from './media/media.ts'
import { listRoomMedia } from './media/room-media.ts'
import { userRedactions } from './moderation/redact-user.ts'
import type { Reports } from './moderation/reports.ts'
import type { Pushers } from './push/pushers/pushers.ts'
import { purgeHistory } from './rooms/purge-history.ts'
import { noticeRooms } from './server-notices/notice-rooms.ts'
import { noticesUserOf, type ServerNotices, serverNotices } from './server-notices/server-notices.ts'
import { storageReport } from './storage-report/storage-report.ts'
import type { wireRooms } from './wiring-rooms.ts'

/** What administrators are served with, and the jobs that carry on what they begin. */
export function wireAdmin(parts: {
  config: Config
  storage: Storage
  clock: Clock
  loggers: LoggerFactory
  rooms: ReturnType<typeof wireRooms>
  accounts: Accounts
  keys: Keys
  media: Media
  pushers: Pushers
  reports: Reports
  validity: ReturnType<typeof wireValidity>
  dependents: readonly AccountDependents[]
}): { routes: Route[]; jobs: JobKind[]; notices: ServerNotices } {
  const { config, storage, clock, loggers, rooms, accounts, keys, media, pushers, reports, validity } = parts
  const updates = backgroundUpdates({ storage, clock, wakeDirectory: () => rooms.directoryQueue.start() })
  const notices = serverNotices({
    ...rooms,
    storage,
    clock,
    config: config.serverNotices,
    serverName: config.serverName,
    rooms: noticeRooms({
      ...rooms.forNotices,
      writers: rooms.writers,
      storage,
      clock,
      tags: new Tags(storage),
    }),
  })
  const purge = purgeHistory({ ...rooms, storage, clock })
  const bulk = wireBulk({
    storage,
    clock,
    dependents: parts.dependents,
    forceMembership: rooms.admin.forceMembership,
    serverName: config.serverName,
    noticesUser:
      config.serverNotices === null ? undefined : noticesUserOf(config.serverNotices, config.serverName),
    flushSeen: () => accounts.seen.flush(),
    onError: (error, where) => loggers('jobs').error({ error, ...where }, 'an item of a bulk job failed'),
  })
  const routes = [
    ...adminRoutes({
      accounts,
      compat: config.adminApi.compat,
      allowKeyReplacement: keys.allowReplacement,
      redactions: userRedactions({ storage, clock }),
    }),
    ...adminChapterRoutes({
      clock,
      adminTokens: adminTokens({ storage, clock }),
      adminEvents: adminEvents({
        storage,
        clock,
        maxStreams: config.limits.maxEventStreams,
        auditData: auditEntry,
      }),
      validity: validity.verbs,
      reports,
      purgeHistory: purge,
      serverNotices: notices,
      backgroundUpdates: updates,
      storageReport: storageReport({ storage }),
      storage,
      registrationTokens: manageRegistrationTokens({ storage, clock }),
      media,
      serverName: config.serverName,
      listRoomMedia: listRoomMedia({ storage, serverName: config.serverName }),
    }),
    ...adminRoomRoutes({
      ...rooms.admin,
      clock,
      serverName: config.serverName,
      findAlias: rooms.findAlias,
    }),
    ...bulkJobRoutes({ ...bulk, approvalEnabled: accounts.config.approval.enabled }),
    ...adminPusherRoutes({ accounts, pushers }),
    ...adminUserMediaRoutes({ media, serverName: config.serverName, userExists: accounts.reads.exists }),
  ]
  return { routes, jobs: [...updates.jobs, purge.job, ...bulk.jobs], notices }
}
