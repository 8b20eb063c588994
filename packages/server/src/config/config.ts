import type { ServerName, SigningKey } from '@ranvier/protocol'
import type { RoomAlias } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { StorageOptions } from '@ranvier/storage'
import type { ThreepidRules } from '../accounts/threepids/threepid-rules.ts'
import type { Appservice } from '../appservices/appservice.ts'
import type { ListenAddress } from '../http/listeners.ts'
import type { LogLevel } from '../logger.ts'
import type { RateLimitConfig } from '../rate-limit.ts'

/** The configuration as the server uses it: checked, in milliseconds and bytes, secrets read. `null`: not set. */
export interface Config {
  /** The files it was read from; empty when the server runs on defaults. */
  files: readonly string[]
  /** What the operator should know and need not change. Shown at start. */
  warnings: readonly string[]
  /** Absolute. Exists, and is writable by us alone if we made it. */
  dataDir: string
  serverName: ServerName
  /** Ends with `/`. */
  publicBaseUrl: string
  adminContact: string | null
  pidFile: string | null
  logLevel: LogLevel
  listeners: readonly ListenAddress[]
  database: StorageOptions
  signingKey: SigningKey
  /** Public keys of the past, by key id. */
  oldSigningKeys: Readonly<Record<string, OldSigningKey>>
  secrets: {
    /** `null`: registration with a shared secret is off. */
    registrationShared: string | null
    macaroon: string
    form: string
  }
  wellKnown: { serveServer: boolean; extraClientContent: JsonObject }
  appservices: readonly Appservice[]
  adminApi: { compat: 'current' | '2021' }
  registration: RegistrationConfig
  passwords: PasswordConfig
  sessions: SessionConfig
  profiles: ProfileConfig
  userDirectory: {
    enabled: boolean
    searchAllUsers: boolean
    preferLocalUsers: boolean
    showLockedUsers: boolean
  }
  serverNotices: ServerNoticesConfig | null
  presence: { enabled: boolean; includeOfflineUsersOnSync: boolean }
  rooms: RoomsConfig
  media: MediaConfig
  /** null: pages are not looked at. */
  previews: PreviewConfig | null
  calls: CallsConfig
  push: PushConfig
  /** `null`: this server sends no mail. */
  mail: MailConfig | null
  threepids: ThreepidRules
  /** `null`: this server has no terms. */
  consent: ConsentConfig | null
  /** `null`: nobody logs in elsewhere. */
  sso: SsoConfig | null
  /** `null`: accounts do not expire. */
  accountValidity: AccountValidityConfig | null
  /** Addresses this server may and may not connect to, as ranges. */
  outbound: { blocked: readonly string[]; allowed: readonly string[] }
  rateLimits: RateLimitConfig
  limits: LimitsConfig
}

export interface OldSigningKey {
  /** Unpadded base64. */
  publicKey: string
  expiredTs: number
}

export type RoomPreset = 'public_chat' | 'private_chat' | 'trusted_private_chat'

export interface RegistrationConfig {
  enabled: boolean
  withoutVerification: boolean
  requiresToken: boolean
  /** `null`: nobody has to solve one. */
  captcha: CaptchaConfig | null
  allowGuests: boolean
  inhibitUserInUseError: boolean
  autoJoinRooms: readonly RoomAlias[]
  autocreateAutoJoinRooms: boolean
  autocreateFederated: boolean
  autocreatePreset: RoomPreset
  autoJoinLocalpart: string | null
  autoJoinGuests: boolean
  defaultUserType: string | null
  extraUserTypes: readonly string[]
  /** MSC3866 */
  approval: { enabled: boolean; requiredForNew: boolean }
}

export interface CaptchaConfig {
  siteKey: string
  secret: string
  verifyUrl: string
}

export interface PasswordConfig {
  /** Password login; `only_for_reauth` lets passwords confirm actions only. */
  enabled: boolean | 'only_for_reauth'
  localDbEnabled: boolean
  pepper: string
  bcryptRounds: number
  policy: {
    enabled: boolean
    minimumLength: number
    requireDigit: boolean
    requireSymbol: boolean
    requireLowercase: boolean
    requireUppercase: boolean
  }
}

/** Lifetimes in milliseconds; `null` is for ever. */
export interface SessionConfig {
  lifetimeMs: number | null
  refreshableTokenLifetimeMs: number
  nonrefreshableTokenLifetimeMs: number | null
  refreshTokenLifetimeMs: number | null
  viaExistingSession: { enabled: boolean; requireUiAuth: boolean; tokenTimeoutMs: number }
  uiAuthSessionTimeoutMs: number
  deleteStaleDevicesAfterMs: number | null
  userIpsMaxAgeMs: number
  trackPuppetedUserIps: boolean
}

export interface ProfileConfig {
  enableSetDisplayname: boolean
  enableSetAvatarUrl: boolean
  maxAvatarBytes: number | null
  allowedAvatarMimetypes: readonly string[] | null
  requireAuth: boolean
  limitToUsersWhoShareRooms: boolean
  includeInInvites: boolean
}

export interface ServerNoticesConfig {
  localpart: string
  displayName: string | null
  avatarUrl: string | null
  roomName: string
  roomAvatarUrl: string | null
  roomTopic: string | null
  autoJoin: boolean
}

/** `*` in a field matches anything; the first rule that fits decides, none fitting means no. */
export interface DirectoryRule {
  userId: string
  alias: string
  roomId: string
  action: 'allow' | 'deny'
}

export interface RoomsConfig {
  defaultVersion: string
  encryptionByDefault: 'off' | 'invite' | 'all'
  /** By preset. */
  defaultPowerLevelOverride: Readonly<Partial<Record<RoomPreset, JsonObject>>>
  blockNonAdminInvites: boolean
  enableListSearch: boolean
  publicListWithoutAuth: boolean
  requireMembershipForAliases: boolean
  aliasCreationRules: readonly DirectoryRule[]
  listPublicationRules: readonly DirectoryRule[]
  excludeFromSync: readonly string[]
  forgetOnLeave: boolean
  redactionRetentionMs: number
  /** 0: no delayed events. */
  maxEventDelayMs: number
}

/** How pages that messages link to are looked at. */
export interface PreviewConfig {
  addresses: { blocked: readonly string[]; allowed: readonly string[] }
  /** Parts of URLs and the patterns they must fit, all of one entry. */
  blockedUrls: readonly Readonly<Record<string, string | undefined>>[]
  maxBytes: number
  /** For `Accept-Language`, the best first. */
  languages: readonly string[]
}

/** What clients are told of servers that carry calls. */
export interface CallsConfig {
  /** null: there are no TURN servers. */
  turn: {
    uris: readonly string[]
    credentials: { secret: string } | { username: string; password: string }
    lifetimeMs: number
    allowGuests: boolean
  } | null
  /** As they are told. MSC4143 */
  transports: readonly JsonObject[]
}

export interface MediaConfig {
  enabled: boolean
  /** Files uploaded while this is on are given only to who shows a token. */
  authenticatedMedia: boolean
  /** Absolute. */
  storePath: string
  maxUploadBytes: number
  maxImagePixels: number
  maxPendingUploads: number
  unusedExpirationMs: number
}

export interface PushConfig {
  enabled: boolean
  includeContent: boolean
  groupUnreadCountByRoom: boolean
  /** MSC4306 */
  threadSubscriptions: boolean
}

export interface MailConfig {
  smtp: {
    host: string
    port: number
    auth: { user: string; pass: string } | null
    /** From the first byte, by STARTTLS or not at all, by STARTTLS where it is offered, or never. */
    tls: 'always' | 'required' | 'offered' | 'never'
    /** The name its certificate must have. */
    tlsName: string | null
  }
  from: string
  appName: string
  /** Without a slash at the end. */
  clientBaseUrl: string
  validationTokenLifetimeMs: number
  /** Mail about events. Its subjects are filled in but for `%(person)s`, `%(room)s` and `%(space)s`. */
  notifications: {
    enabled: boolean
    /** Who makes an account with an address gets it without asking. */
    forNewUsers: boolean
    /** How long an event may be read before there is mail about it. */
    delayMs: number
    subjects: Record<NotificationSubject, string>
  }
  subjects: { passwordReset: string; emailValidation: string; emailAlreadyInUse: string }
}

export type NotificationSubject =
  | 'messageFromPersonInRoom'
  | 'messageFromPerson'
  | 'messagesFromPerson'
  | 'messagesInRoom'
  | 'messagesInRoomAndOthers'
  | 'messagesFromPersonAndOthers'
  | 'inviteFromPerson'
  | 'inviteFromPersonToRoom'
  | 'inviteFromPersonToSpace'

/** The terms of the server. */
export interface ConsentConfig {
  version: string
  /** Absolute. Holds `en/<version>.html`. */
  templateDir: string
  policyName: string
  /** Who registers has to agree. */
  atRegistration: boolean
  /** What they are told who want to send something and have not agreed; null: they may. `%(consent_uri)s` is the link. */
  blockEventsError: string | null
  /** What those who have not agreed are written, once; null: nothing. `%(consent_uri)s` in its texts is the link. */
  notice: JsonObject | null
  noticesToGuests: boolean
}

export interface SsoConfig {
  providers: readonly OidcProviderConfig[]
  /** `null`: there is no CAS server. */
  cas: CasConfig | null
  /** Name and picture are made what the provider says each time somebody logs in. */
  updatesProfiles: boolean
  /** Beginnings of URLs that users are sent back to without being asked. */
  clientWhitelist: readonly string[]
}

export interface OidcProviderConfig {
  /** With which external ids of its users are kept: `oidc` or `oidc-…`. */
  id: string
  name: string
  icon: string | null
  brand: string | null
  issuer: string
  clientId: string
  clientSecret: string | null
  clientAuth: 'client_secret_basic' | 'client_secret_post' | 'none'
  scopes: readonly string[]
  /** Claims are asked for, beside those of the ID token. */
  asksUserinfo: boolean
  /** Whoever comes under the name of an account for the first time takes it over. */
  allowExistingUsers: boolean
  /** Who has no account gets one. */
  registers: boolean
  /** In Jinja. */
  templates: {
    subject: string
    /** `null`: users choose. */
    localpart: string | null
    displayname: string | null
    email: string | null
    picture: string
  }
  /** `null`: the provider ends no sessions here. */
  backchannelLogout: { ignoresSubject: boolean } | null
  /** Users may change the name that the template gives them. */
  confirmsName: boolean
  /** Who may log in; `values` null: who has the claim at all. */
  requirements: readonly { attribute: string; values: readonly string[] | null }[]
}

export interface CasConfig {
  /** With which external ids of its users are kept. Synapse's. */
  id: 'cas'
  name: string
  icon: string | null
  brand: string | null
  /** Without a slash at the end. */
  serverUrl: string
  /** Of CAS; 1 and 2 know nothing of users but their names. */
  version: 1 | 2 | 3
  displaynameAttribute: string | null
  /** Who may log in; `null`: who has the attribute at all. */
  requirements: readonly { attribute: string; value: string | null }[]
  registers: boolean
  /** What stands before a name that is a number, as none can be; `null`: such users are refused. */
  numericPrefix: string | null
}

export interface AccountValidityConfig {
  periodMs: number
  /** How long before an account expires its owner is written to; `null`: never. */
  renewAtMs: number | null
  renewSubject: string
}

/** Every number that bounds memory. */
export interface LimitsConfig {
  maxConnections: number
  maxRequestBodyBytes: number
  maxAnonymousRequestBodyBytes: number
  maxEventStreams: number
  maxLongPollsPerUser: number
  eventCacheBytes: number
  accountCacheBytes: number
  roomCacheEntries: number
  tokenCacheEntries: number
  rateLimitEntries: number
  loginSessionLifetimeMs: number
  /** The longest that a shadow-banned user's request pretends to take. */
  shadowBanDelayMs: number
}
