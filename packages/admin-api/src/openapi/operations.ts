import { accountValidityOperations } from './operations/account-validity.ts'
import { accountOperations } from './operations/accounts.ts'
import { adminEventOperations } from './operations/admin-events.ts'
import { auditOperations } from './operations/audit.ts'
import { backgroundOperations } from './operations/background.ts'
import { bulkJobOperations } from './operations/bulk-jobs.ts'
import { deviceOperations } from './operations/devices.ts'
import { eventOperations } from './operations/events.ts'
import { federationOperations } from './operations/federation.ts'
import { mediaOperations } from './operations/media.ts'
import { mediaModerationOperations } from './operations/media-moderation.ts'
import { membershipOperations } from './operations/memberships.ts'
import { moderationOperations } from './operations/moderation.ts'
import { previewOperations } from './operations/previews.ts'
import { purgeHistoryOperations } from './operations/purge-history.ts'
import { registrationTokenOperations } from './operations/registration-tokens.ts'
import { reportOperations } from './operations/reports.ts'
import { roomOperations } from './operations/rooms.ts'
import { serverOperations } from './operations/server.ts'
import { serverNoticeOperations } from './operations/server-notices.ts'
import { sessionOperations } from './operations/sessions.ts'
import { statisticsOperations } from './operations/statistics.ts'
import { storageReportOperations } from './operations/storage-report.ts'
import { tokenOperations } from './operations/tokens.ts'

/** Every call of the admin API that is served, by operation id. */
export const operations = {
  ...accountOperations,
  ...accountValidityOperations,
  ...moderationOperations,
  ...deviceOperations,
  ...mediaOperations,
  ...mediaModerationOperations,
  ...registrationTokenOperations,
  ...roomOperations,
  ...reportOperations,
  ...statisticsOperations,
  ...eventOperations,
  ...serverNoticeOperations,
  ...purgeHistoryOperations,
  ...federationOperations,
  ...backgroundOperations,
  ...serverOperations,
  ...sessionOperations,
  ...membershipOperations,
  ...bulkJobOperations,
  ...auditOperations,
  ...previewOperations,
  ...tokenOperations,
  ...storageReportOperations,
  ...adminEventOperations,
} as const

export type OperationMap = typeof operations
export type OperationId = keyof OperationMap
