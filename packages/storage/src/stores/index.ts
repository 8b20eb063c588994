import type { ReadHandle } from '../db/types.ts'
import type { Transaction } from '../transaction.ts'
import type { AccountMemory } from './account-list/found-memo.ts'
import { AccountWriter } from './accounts/accounts.ts'
import { AvatarReader } from './accounts/avatars.ts'
import { BoundThreepidReader, BoundThreepidWriter } from './accounts/bound-threepids.ts'
import { ExperimentalFeatureReader, ExperimentalFeatureWriter } from './accounts/experimental-features.ts'
import { ProfileReader, ProfileWriter } from './accounts/profiles.ts'
import { RateLimitOverrideReader, RateLimitOverrideWriter } from './accounts/rate-limit-overrides.ts'
import { AccountReader } from './accounts/reader.ts'
import { RegistrationTokenReader, RegistrationTokenWriter } from './accounts/registration-tokens.ts'
import { ServerNoticeReader, ServerNoticeWriter } from './accounts/server-notices.ts'
import { ThreepidSessionReader, ThreepidSessionWriter } from './accounts/threepid-sessions.ts'
import { ThreepidReader, ThreepidWriter } from './accounts/threepids.ts'
import { AccountValidityReader, AccountValidityWriter } from './accounts/validity.ts'
import { AdminEventReader } from './admin/admin-events.ts'
import { AdminTokenReader, AdminTokenWriter } from './admin/admin-tokens.ts'
import { AuditLogReader } from './admin/audit-log.ts'
import { ReportReader, ReportWriter } from './admin/reports.ts'
import { StatisticsReader } from './admin/statistics.ts'
import { StorageReportReader, StorageReportWriter } from './admin/storage-report.ts'
import { AccountDataReader, AccountDataWriter } from './client-data/account-data.ts'
import { FilterReader, FilterWriter } from './client-data/filters.ts'
import { PresenceReader, PresenceWriter } from './client-data/presence.ts'
import { ReceiptReader, ReceiptWriter } from './client-data/receipts.ts'
import { SyncReader } from './client-data/sync-reads.ts'
import { ToDeviceReader, ToDeviceWriter } from './client-data/to-device.ts'
import { UserDirectoryReader, UserDirectoryWriter } from './directory/user-directory.ts'
import { DelayedEventReader, DelayedEventWriter } from './events/delayed-events.ts'
import { EventSearchReader, EventSearchWriter } from './events/event-search.ts'
import { RedactionWriter } from './events/redactions.ts'
import { RelationReader } from './events/relations.ts'
import { ThreadSubscriptionReader, ThreadSubscriptionWriter } from './events/thread-subscriptions.ts'
import { BulkJobReader, BulkJobWriter } from './jobs/bulk-jobs.ts'
import { JobReader, JobWriter } from './jobs/jobs.ts'
import { CrossSigningReader, CrossSigningWriter } from './keys/cross-signing.ts'
import { DehydratedDeviceReader, DehydratedDeviceWriter } from './keys/dehydrated-devices.ts'
import { DeviceKeyReader, DeviceKeyWriter } from './keys/device-keys.ts'
import { KeyBackupReader, KeyBackupWriter } from './keys/key-backup.ts'
import { BackupSessionReader, BackupSessionWriter } from './keys/key-backup-sessions.ts'
import { OneTimeKeyReader, OneTimeKeyWriter } from './keys/one-time-keys.ts'
import { MediaReader, MediaWriter } from './media/media.ts'
import { MediaReservationReader, MediaReservationWriter } from './media/reservations.ts'
import { UrlPreviewReader, UrlPreviewWriter } from './media/url-previews.ts'
import { AppserviceQueueReader, AppserviceQueueWriter } from './outbound/appservice-queues.ts'
import { DestinationReader, DestinationWriter } from './outbound/destinations.ts'
import { MailOutboxReader, MailOutboxWriter } from './outbound/mail-outbox.ts'
import { PushRuleReader, PushRuleWriter } from './push/push-rules.ts'
import { PusherReader, PusherWriter } from './push/pushers.ts'
import { UnreadReader, UnreadWriter } from './push/unread.ts'
import { RebuildWriter } from './rebuild.ts'
import { RoomActivityReader } from './rooms/activity.ts'
import { RoomBlockReader, RoomBlockWriter } from './rooms/blocks.ts'
import { RoomDeletionWriter } from './rooms/deletion.ts'
import { HistoryPurgeReader, HistoryPurgeWriter } from './rooms/history-purge.ts'
import { JoinedDeviceWriter } from './rooms/joined-devices.ts'
import { RoomListReader } from './rooms/list.ts'
import { RoomMemberReader, RoomMemberWriter } from './rooms/members.ts'
import { RoomReader, RoomWriter } from './rooms/rooms.ts'
import { SnapshotReader } from './rooms/snapshots.ts'
import { RoomStateReader } from './rooms/state.ts'
import { DeviceReader, DeviceWriter } from './sessions/devices.ts'
import { LoginTokenWriter } from './sessions/login-tokens.ts'
import { OpenIdTokenReader, OpenIdTokenWriter } from './sessions/openid-tokens.ts'
import { TokenReader, TokenWriter } from './sessions/tokens.ts'
import { UserIpReader, UserIpWriter } from './sessions/user-ips.ts'

/** Reads of committed data, one store a subject. */
export interface ReadStores {
  readonly accounts: AccountReader
  readonly accountValidity: AccountValidityReader
  readonly mailOutbox: MailOutboxReader
  readonly tokens: TokenReader
  readonly devices: DeviceReader
  readonly dehydratedDevices: DehydratedDeviceReader
  readonly deviceKeys: DeviceKeyReader
  readonly oneTimeKeys: OneTimeKeyReader
  readonly crossSigning: CrossSigningReader
  readonly keyBackups: KeyBackupReader
  readonly backupSessions: BackupSessionReader
  readonly threepids: ThreepidReader
  readonly threepidSessions: ThreepidSessionReader
  readonly boundThreepids: BoundThreepidReader
  readonly openIdTokens: OpenIdTokenReader
  readonly profiles: ProfileReader
  readonly userIps: UserIpReader
  readonly userDirectory: UserDirectoryReader
  readonly registrationTokens: RegistrationTokenReader
  readonly rateLimitOverrides: RateLimitOverrideReader
  readonly experimentalFeatures: ExperimentalFeatureReader
  readonly jobs: JobReader
  readonly bulkJobs: BulkJobReader
  readonly rooms: RoomReader
  readonly roomState: RoomStateReader
  readonly members: RoomMemberReader
  readonly roomActivity: RoomActivityReader
  readonly roomList: RoomListReader
  readonly roomBlocks: RoomBlockReader
  readonly snapshots: SnapshotReader
  readonly accountData: AccountDataReader
  readonly pushRules: PushRuleReader
  readonly pushers: PusherReader
  readonly filters: FilterReader
  readonly receipts: ReceiptReader
  readonly toDevice: ToDeviceReader
  readonly presence: PresenceReader
  readonly unread: UnreadReader
  readonly sync: SyncReader
  readonly media: MediaReader
  readonly avatars: AvatarReader
  readonly reports: ReportReader
  readonly relations: RelationReader
  readonly eventSearch: EventSearchReader
  readonly threadSubscriptions: ThreadSubscriptionReader
  readonly historyPurge: HistoryPurgeReader
  readonly serverNotices: ServerNoticeReader
  readonly delayedEvents: DelayedEventReader
  readonly urlPreviews: UrlPreviewReader
  readonly destinations: DestinationReader
  readonly statistics: StatisticsReader
  readonly storageReport: StorageReportReader
  readonly mediaReservations: MediaReservationReader
  readonly appserviceQueues: AppserviceQueueReader
  readonly auditLog: AuditLogReader
  readonly adminTokens: AdminTokenReader
  readonly adminEvents: AdminEventReader
}

/** The same stores inside a transaction, with their writing verbs. */
export interface WriteStores {
  readonly accounts: AccountWriter
  readonly accountValidity: AccountValidityWriter
  readonly mailOutbox: MailOutboxWriter
  readonly tokens: TokenWriter
  readonly loginTokens: LoginTokenWriter
  readonly devices: DeviceWriter
  readonly dehydratedDevices: DehydratedDeviceWriter
  readonly deviceKeys: DeviceKeyWriter
  readonly oneTimeKeys: OneTimeKeyWriter
  readonly crossSigning: CrossSigningWriter
  readonly keyBackups: KeyBackupWriter
  readonly backupSessions: BackupSessionWriter
  readonly threepids: ThreepidWriter
  readonly threepidSessions: ThreepidSessionWriter
  readonly boundThreepids: BoundThreepidWriter
  readonly openIdTokens: OpenIdTokenWriter
  readonly profiles: ProfileWriter
  readonly userIps: UserIpWriter
  readonly userDirectory: UserDirectoryWriter
  readonly registrationTokens: RegistrationTokenWriter
  readonly rateLimitOverrides: RateLimitOverrideWriter
  readonly experimentalFeatures: ExperimentalFeatureWriter
  readonly jobs: JobWriter
  readonly bulkJobs: BulkJobWriter
  readonly rooms: RoomWriter
  readonly redactions: RedactionWriter
  readonly roomBlocks: RoomBlockWriter
  readonly roomDeletion: RoomDeletionWriter
  readonly joinedDevices: JoinedDeviceWriter
  readonly roomState: RoomStateReader
  readonly members: RoomMemberWriter
  readonly snapshots: SnapshotReader
  readonly accountData: AccountDataWriter
  readonly pushRules: PushRuleWriter
  readonly pushers: PusherWriter
  readonly filters: FilterWriter
  readonly receipts: ReceiptWriter
  readonly toDevice: ToDeviceWriter
  readonly presence: PresenceWriter
  readonly unread: UnreadWriter
  readonly media: MediaWriter
  readonly avatars: AvatarReader
  readonly mediaReservations: MediaReservationWriter
  readonly reports: ReportWriter
  readonly eventSearch: EventSearchWriter
  readonly threadSubscriptions: ThreadSubscriptionWriter
  readonly historyPurge: HistoryPurgeWriter
  readonly serverNotices: ServerNoticeWriter
  readonly delayedEvents: DelayedEventWriter
  readonly urlPreviews: UrlPreviewWriter
  readonly destinations: DestinationWriter
  readonly rebuild: RebuildWriter
  readonly adminTokens: AdminTokenWriter
  readonly storageReport: StorageReportWriter
  readonly appserviceQueues: AppserviceQueueWriter
}

export function readStores(db: ReadHandle, memory: AccountMemory): ReadStores {
  return {
    accounts: new AccountReader(db, memory),
    accountValidity: new AccountValidityReader(db),
    mailOutbox: new MailOutboxReader(db),
    tokens: new TokenReader(db),
    devices: new DeviceReader(db),
    dehydratedDevices: new DehydratedDeviceReader(db),
    deviceKeys: new DeviceKeyReader(db),
    oneTimeKeys: new OneTimeKeyReader(db),
    crossSigning: new CrossSigningReader(db),
    keyBackups: new KeyBackupReader(db),
    backupSessions: new BackupSessionReader(db),
    threepids: new ThreepidReader(db),
    threepidSessions: new ThreepidSessionReader(db),
    boundThreepids: new BoundThreepidReader(db),
    openIdTokens: new OpenIdTokenReader(db),
    profiles: new ProfileReader(db),
    userIps: new UserIpReader(db),
    userDirectory: new UserDirectoryReader(db),
    registrationTokens: new RegistrationTokenReader(db),
    rateLimitOverrides: new RateLimitOverrideReader(db),
    experimentalFeatures: new ExperimentalFeatureReader(db),
    jobs: new JobReader(db),
    bulkJobs: new BulkJobReader(db),
    rooms: new RoomReader(db),
    roomState: new RoomStateReader(db),
    members: new RoomMemberReader(db),
    roomActivity: new RoomActivityReader(db),
    roomList: new RoomListReader(db),
    roomBlocks: new RoomBlockReader(db),
    snapshots: new SnapshotReader(db),
    accountData: new AccountDataReader(db),
    pushRules: new PushRuleReader(db),
    pushers: new PusherReader(db),
    filters: new FilterReader(db),
    receipts: new ReceiptReader(db),
    toDevice: new ToDeviceReader(db),
    presence: new PresenceReader(db),
    unread: new UnreadReader(db),
    sync: new SyncReader(db),
    media: new MediaReader(db),
    avatars: new AvatarReader(db),
    reports: new ReportReader(db),
    relations: new RelationReader(db),
    eventSearch: new EventSearchReader(db),
    threadSubscriptions: new ThreadSubscriptionReader(db),
    historyPurge: new HistoryPurgeReader(db),
    serverNotices: new ServerNoticeReader(db),
    delayedEvents: new DelayedEventReader(db),
    urlPreviews: new UrlPreviewReader(db),
    destinations: new DestinationReader(db),
    statistics: new StatisticsReader(db),
    storageReport: new StorageReportReader(db),
    mediaReservations: new MediaReservationReader(db),
    appserviceQueues: new AppserviceQueueReader(db),
    auditLog: new AuditLogReader(db),
    adminTokens: new AdminTokenReader(db),
    adminEvents: new AdminEventReader(db),
  }
}

/** `base` is the transaction the stores write through: they take positions and announce facts with it. */
export function writeStores(
  base: Pick<Transaction, 'db' | 'takePosition' | 'announce' | 'audit'>,
): WriteStores {
  return {
    accounts: new AccountWriter(base),
    accountValidity: new AccountValidityWriter(base),
    mailOutbox: new MailOutboxWriter(base),
    tokens: new TokenWriter(base),
    loginTokens: new LoginTokenWriter(base),
    devices: new DeviceWriter(base),
    dehydratedDevices: new DehydratedDeviceWriter(base),
    deviceKeys: new DeviceKeyWriter(base),
    oneTimeKeys: new OneTimeKeyWriter(base),
    crossSigning: new CrossSigningWriter(base),
    keyBackups: new KeyBackupWriter(base),
    backupSessions: new BackupSessionWriter(base),
    threepids: new ThreepidWriter(base),
    threepidSessions: new ThreepidSessionWriter(base),
    boundThreepids: new BoundThreepidWriter(base),
    openIdTokens: new OpenIdTokenWriter(base),
    profiles: new ProfileWriter(base),
    userIps: new UserIpWriter(base),
    userDirectory: new UserDirectoryWriter(base),
    registrationTokens: new RegistrationTokenWriter(base),
    rateLimitOverrides: new RateLimitOverrideWriter(base),
    experimentalFeatures: new ExperimentalFeatureWriter(base),
    jobs: new JobWriter(base),
    bulkJobs: new BulkJobWriter(base),
    rooms: new RoomWriter(base),
    redactions: new RedactionWriter(base),
    roomBlocks: new RoomBlockWriter(base),
    roomDeletion: new RoomDeletionWriter(base),
    joinedDevices: new JoinedDeviceWriter(base),
    roomState: new RoomStateReader(base.db),
    members: new RoomMemberWriter(base),
    snapshots: new SnapshotReader(base.db),
    accountData: new AccountDataWriter(base),
    pushRules: new PushRuleWriter(base),
    pushers: new PusherWriter(base),
    filters: new FilterWriter(base),
    receipts: new ReceiptWriter(base),
    toDevice: new ToDeviceWriter(base),
    presence: new PresenceWriter(base),
    unread: new UnreadWriter(base),
    media: new MediaWriter(base),
    avatars: new AvatarReader(base.db),
    mediaReservations: new MediaReservationWriter(base),
    reports: new ReportWriter(base),
    eventSearch: new EventSearchWriter(base),
    threadSubscriptions: new ThreadSubscriptionWriter(base),
    historyPurge: new HistoryPurgeWriter(base),
    serverNotices: new ServerNoticeWriter(base),
    delayedEvents: new DelayedEventWriter(base),
    urlPreviews: new UrlPreviewWriter(base),
    destinations: new DestinationWriter(base),
    rebuild: new RebuildWriter(base),
    adminTokens: new AdminTokenWriter(base),
    storageReport: new StorageReportWriter(base),
    appserviceQueues: new AppserviceQueueWriter(base),
  }
}
