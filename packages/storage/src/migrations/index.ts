import { foundation } from './0001-foundation/index.ts'
import { staleDevices } from './0002-stale-devices.ts'
import { appserviceQueues } from './0003-appservice-queues.ts'
import { accountGrams } from './0004-account-grams.ts'
import { bulkJobs } from './0005-bulk-jobs.ts'
import { threads } from './0006-threads.ts'
import { mailAndValidity } from './0007-mail-and-validity.ts'
import { eventSearch } from './0008-event-search.ts'
import { audit } from './0009-audit.ts'
import { dehydratedDevices } from './0010-dehydrated-devices.ts'
import { addressValidation } from './0011-address-validation.ts'
import { mediaRemovals } from './0012-media-removals.ts'
import { threadSubscriptions } from './0013-thread-subscriptions.ts'
import { emailThrottles } from './0014-email-throttles.ts'
import { adminTokens } from './0015-admin-tokens.ts'
import { delayedEvents } from './0016-delayed-events.ts'
import { urlPreviews } from './0017-url-previews.ts'
import { storageReport } from './0018-storage-report.ts'
import { listTotals } from './0019-list-totals.ts'
import { boundThreepids } from './0020-bound-threepids.ts'
import { listIndexes } from './0021-list-indexes.ts'
import { accountSearch } from './0022-account-search.ts'
import { networkRooms } from './0023-network-rooms.ts'
import { appserviceNews } from './0024-appservice-news.ts'
import { accountParts } from './0025-account-parts.ts'
import { quietSearchIndex } from './0026-quiet-search-index.ts'
import { membersByAge } from './0027-members-by-age.ts'
import { accountMoves } from './0028-account-moves.ts'
import { ssoSessions } from './0029-sso-sessions.ts'
import { stateCounts } from './0030-state-counts.ts'
import { publicRoomTexts } from './0031-public-room-texts.ts'
import { partsOfNames } from './0032-parts-of-names.ts'
import { sqliteStatistics } from './0033-sqlite-statistics.ts'
import { joinedDevices } from './0034-joined-devices.ts'
import { receiptsByEvent } from './0035-receipts-by-event.ts'
import { presenceByPosition } from './0036-presence-by-position.ts'
import { listedByName } from './0037-listed-by-name.ts'
import type { Migration } from './types.ts'

/** In order; the schema version is how many have run. */
export const migrations: readonly Migration[] = [
  foundation,
  staleDevices,
  appserviceQueues,
  accountGrams,
  bulkJobs,
  threads,
  mailAndValidity,
  eventSearch,
  audit,
  dehydratedDevices,
  addressValidation,
  mediaRemovals,
  threadSubscriptions,
  emailThrottles,
  adminTokens,
  delayedEvents,
  urlPreviews,
  storageReport,
  listTotals,
  boundThreepids,
  listIndexes,
  accountSearch,
  networkRooms,
  appserviceNews,
  accountParts,
  quietSearchIndex,
  membersByAge,
  accountMoves,
  ssoSessions,
  stateCounts,
  publicRoomTexts,
  partsOfNames,
  sqliteStatistics,
  joinedDevices,
  receiptsByEvent,
  presenceByPosition,
  listedByName,
]
