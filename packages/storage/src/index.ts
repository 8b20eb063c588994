export { type Action, currentAction, outsideAction, runAction } from './audit/action.ts'
export type { CommittedAction } from './audit/append.ts'
export type { AuditChange, AuditNotes } from './audit/notes.ts'
export type {
  CommittedEvent,
  MemberChange,
  NewEvent,
  RoomCommit,
  RoomCommitResult,
  RoomSummary,
} from './commit/types.ts'
export { together } from './db/together.ts'
export type { Dialect, ReadHandle, SqlValue, WriteHandle } from './db/types.ts'
export * from './errors.ts'
export type { GiveWay } from './give-way.ts'
export { openStorage, type Storage, type StorageOptions } from './open.ts'
export { type SearchTerms, searchTermsOf } from './search-words.ts'
export type { AccountFilter } from './stores/account-list/filter.ts'
export type { ListedId } from './stores/account-list/ids.ts'
export type { AccountPage, FoundPage } from './stores/account-list/list.ts'
export type { TextsPage } from './stores/account-list/list-texts.ts'
export { ACCOUNT_ORDERS, type AccountOrder } from './stores/account-list/orders.ts'
export type { BoundThreepid } from './stores/accounts/bound-threepids.ts'
export type { AccountDetails } from './stores/accounts/details.ts'
export type { RateLimitOverride } from './stores/accounts/rate-limit-overrides.ts'
export { maskedToken, type RegistrationToken } from './stores/accounts/registration-tokens.ts'
export { type SummaryText, summaryText } from './stores/accounts/summary-text.ts'
export type { ThreepidSession } from './stores/accounts/threepid-sessions.ts'
export type { ExternalId, Threepid } from './stores/accounts/threepids.ts'
export type { Account, AccountPatch, AccountSummary, NewAccount } from './stores/accounts/types.ts'
export type { AccountValidity } from './stores/accounts/validity.ts'
export type { AdminToken, AdminTokenHolder } from './stores/admin/admin-tokens.ts'
export type { AuditFilter, AuditPlace, AuditRow } from './stores/admin/audit-log.ts'
export type { EventReport, EventReportFilter, ReportPage, UserReport } from './stores/admin/reports.ts'
export {
  MEDIA_STATISTICS_ORDERS,
  type MediaStatistics,
  type MediaStatisticsPage,
  type RoomSize,
} from './stores/admin/statistics.ts'
export {
  ROOM_STORAGE_ORDERS,
  type RoomMeasure,
  type RoomStorage,
  type StorageReportPage,
  USER_STORAGE_ORDERS,
  type UserStorage,
} from './stores/admin/storage-report.ts'
export { type AccountDataChange, type AccountDataRow, DELETED } from './stores/client-data/account-data.ts'
export type { Presence, PresenceRow, PresenceState } from './stores/client-data/presence.ts'
export type { Receipt, ReceiptRow, ReceiptType } from './stores/client-data/receipts.ts'
export type { ToDeviceChange, ToDeviceMessage } from './stores/client-data/to-device.ts'
export {
  type DirectoryEntry,
  type DirectoryMatch,
  type DirectoryName,
  type DirectoryScope,
  EVERYBODY,
  IN_PUBLIC_ROOMS,
  type NameRange,
  type QueuedDirectoryItem,
} from './stores/directory/user-directory.ts'
export type { DelayedEvent } from './stores/events/delayed-events.ts'
export {
  SEARCHED_KEYS,
  type SearchedKey,
  type SearchHit,
  type UnindexedEvent,
} from './stores/events/event-search.ts'
export type { Related, RelatedRange, ThreadRow } from './stores/events/relations.ts'
export type { ThreadSubscription } from './stores/events/thread-subscriptions.ts'
export type { ReadStores, WriteStores } from './stores/index.ts'
export {
  BULK_ITEM_STATES,
  type BulkItem,
  type BulkItemEnd,
  type BulkItemState,
  type BulkJob,
} from './stores/jobs/bulk-jobs.ts'
export {
  CROSS_SIGNING_USAGES,
  type CrossSigningKey,
  type CrossSigningUsage,
  type KeySignature,
  USERS_SIGNED,
  type UserSignatureChange,
} from './stores/keys/cross-signing.ts'
export type { DehydratedDevice } from './stores/keys/dehydrated-devices.ts'
export type { DeviceKeys } from './stores/keys/device-keys.ts'
export type { KeyBackup } from './stores/keys/key-backup.ts'
export type { BackupSession, SessionRank } from './stores/keys/key-backup-sessions.ts'
export { KEY_COUNTS_CHANGED, type KeyClaim, type UploadedKey } from './stores/keys/one-time-keys.ts'
export { type LocalMedia, MEDIA_ORDERS, type MediaOrder, type MediaPage } from './stores/media/list.ts'
export type { QuarantineChange } from './stores/media/media.ts'
export type { MediaReservation } from './stores/media/reservations.ts'
export type { AppserviceQueue, DeviceReach } from './stores/outbound/appservice-queues.ts'
export { DESTINATION_ORDERS, type Destination, type DestinationPage } from './stores/outbound/destinations.ts'
export type { EmailThrottle, Pusher, PusherKey, PusherKind, PusherProgress } from './stores/push/pushers.ts'
export type { UnreadCheckpoint } from './stores/push/unread.ts'
export { ROOM_PURGED } from './stores/rooms/deletion.ts'
export { HISTORY_PURGED, type PurgeableEvent } from './stores/rooms/history-purge.ts'
export {
  ROOM_ORDERS,
  type RoomExtras,
  type RoomFilter,
  type RoomListPage,
  type RoomOrder,
} from './stores/rooms/list.ts'
export { ALL_MEMBERSHIPS, type RoomOfUser } from './stores/rooms/members.ts'
export type { ClientTxn, RoomListName, TimelineRange } from './stores/rooms/rooms.ts'
export type { StateEntry } from './stores/rooms/state.ts'
export type { EventRow, MemberRow, Membership, RoomRow, StateChangeRow } from './stores/rooms/types.ts'
export type { AuthSession, Device, SeenDevice, StalePlace } from './stores/sessions/devices.ts'
export {
  type NewAccessToken,
  type NewRefreshToken,
  type RefreshToken,
  TOKENS_REMOVED,
  type TokenHolder,
} from './stores/sessions/tokens.ts'
export type { Connection, SeenConnection } from './stores/sessions/user-ips.ts'
export { type Fact, STREAMS, type StreamName } from './streams.ts'
export type { Transaction } from './transaction.ts'
