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
export type { Dialect, ReadHandle, SqlValue, WriteHandle } from './db/types.ts'
export * from './errors.ts'
export type { GiveWay } from './give-way.ts'
export { openStorage, type Storage, type StorageOptions } from './open.ts'
export { type SearchTerms, searchTermsOf } from './search-words.ts'
export { type AccountDataChange, type AccountDataRow, DELETED } from './stores/account-data.ts'
export type { AccountFilter } from './stores/account-filter.ts'
export type { AccountPage } from './stores/account-list.ts'
export { ACCOUNT_ORDERS, type AccountOrder } from './stores/account-orders.ts'
export type { Account, AccountPatch, AccountSummary, NewAccount } from './stores/account-types.ts'
export type { AccountValidity } from './stores/account-validity.ts'
export type { AdminToken, AdminTokenHolder } from './stores/admin-tokens.ts'
export type { AppserviceQueue, DeviceReach } from './stores/appservice-queues.ts'
export type { AuditFilter, AuditPlace, AuditRow } from './stores/audit-log.ts'
export type { BoundThreepid } from './stores/bound-threepids.ts'
export {
  BULK_ITEM_STATES,
  type BulkItem,
  type BulkItemEnd,
  type BulkItemState,
  type BulkJob,
} from './stores/bulk-jobs.ts'
export {
  CROSS_SIGNING_USAGES,
  type CrossSigningKey,
  type CrossSigningUsage,
  type KeySignature,
  USERS_SIGNED,
  type UserSignatureChange,
} from './stores/cross-signing.ts'
export type { DehydratedDevice } from './stores/dehydrated-devices.ts'
export type { DelayedEvent } from './stores/delayed-events.ts'
export { DESTINATION_ORDERS, type Destination, type DestinationPage } from './stores/destinations.ts'
export type { DeviceKeys } from './stores/device-keys.ts'
export type { AuthSession, Device, SeenDevice, StalePlace } from './stores/devices.ts'
export {
  SEARCHED_KEYS,
  type SearchedKey,
  type SearchHit,
  type UnindexedEvent,
} from './stores/event-search.ts'
export { HISTORY_PURGED, type PurgeableEvent } from './stores/history-purge.ts'
export type { ReadStores, WriteStores } from './stores/index.ts'
export type { KeyBackup } from './stores/key-backup.ts'
export type { BackupSession, SessionRank } from './stores/key-backup-sessions.ts'
export type { QuarantineChange } from './stores/media.ts'
export { type LocalMedia, MEDIA_ORDERS, type MediaOrder, type MediaPage } from './stores/media-list.ts'
export type { MediaReservation } from './stores/media-reservations.ts'
export { KEY_COUNTS_CHANGED, type KeyClaim, type UploadedKey } from './stores/one-time-keys.ts'
export type { Presence, PresenceRow, PresenceState } from './stores/presence.ts'
export type { EmailThrottle, Pusher, PusherKey, PusherKind, PusherProgress } from './stores/pushers.ts'
export type { RateLimitOverride } from './stores/rate-limit-overrides.ts'
export type { Receipt, ReceiptRow, ReceiptType } from './stores/receipts.ts'
export { maskedToken, type RegistrationToken } from './stores/registration-tokens.ts'
export type { Related, RelatedRange, ThreadRow } from './stores/relations.ts'
export type { EventReport, EventReportFilter, ReportPage, UserReport } from './stores/reports.ts'
export { ROOM_PURGED } from './stores/room-deletion.ts'
export {
  ROOM_ORDERS,
  type RoomExtras,
  type RoomFilter,
  type RoomListPage,
  type RoomOrder,
} from './stores/room-list.ts'
export { ALL_MEMBERSHIPS, type RoomOfUser } from './stores/room-members.ts'
export type { StateEntry } from './stores/room-state.ts'
export type { EventRow, MemberRow, Membership, RoomRow, StateChangeRow } from './stores/room-types.ts'
export type { ClientTxn, RoomListName, TimelineRange } from './stores/rooms.ts'
export {
  MEDIA_STATISTICS_ORDERS,
  type MediaStatistics,
  type MediaStatisticsPage,
  type RoomSize,
} from './stores/statistics.ts'
export {
  ROOM_STORAGE_ORDERS,
  type RoomMeasure,
  type RoomStorage,
  type StorageReportPage,
  USER_STORAGE_ORDERS,
  type UserStorage,
} from './stores/storage-report.ts'
export type { ThreadSubscription } from './stores/thread-subscriptions.ts'
export type { ThreepidSession } from './stores/threepid-sessions.ts'
export type { ExternalId, Threepid } from './stores/threepids.ts'
export type { ToDeviceChange, ToDeviceMessage } from './stores/to-device.ts'
export type { NewAccessToken, NewRefreshToken, RefreshToken, TokenHolder } from './stores/tokens.ts'
export type { UnreadCheckpoint } from './stores/unread.ts'
export {
  type DirectoryEntry,
  type DirectoryMatch,
  type DirectoryName,
  type DirectoryScope,
  EVERYBODY,
  IN_PUBLIC_ROOMS,
  type NameRange,
  type QueuedDirectoryItem,
} from './stores/user-directory.ts'
export type { Connection, SeenConnection } from './stores/user-ips.ts'
export { type Fact, STREAMS, type StreamName } from './streams.ts'
export type { Transaction } from './transaction.ts'
