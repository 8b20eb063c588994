import type { ServerName } from '@ranvier/protocol/ids/brands'

/** `password_config.policy`. What it asks of passwords that users choose for themselves. */
export interface PasswordPolicy {
  minimumLength: number
  requireDigit: boolean
  requireSymbol: boolean
  requireLowercase: boolean
  requireUppercase: boolean
}

/** What accounts need to know of the configuration. Comments name Synapse's keys. */
export interface AccountsConfig {
  serverName: ServerName
  /** `password_config.enabled`: logging in with a password. */
  passwordLogin: boolean
  /** `password_config.localdb_enabled`: passwords are kept here. */
  localPasswords: boolean
  /** `password_config.pepper`, appended to every password. */
  pepper: string
  /** `bcrypt_rounds` */
  bcryptRounds: number
  /** `password_config.policy`; null when it is off. */
  passwordPolicy: PasswordPolicy | null
  /** `enable_registration` */
  registration: boolean
  /** `registration_requires_token` */
  registrationRequiresToken: boolean
  /** `allow_guest_access` */
  guests: boolean
  /** `registration_shared_secret`; null when not set. */
  registrationSharedSecret: string | null
  /** `allow_underscore_prefixed_localpart` */
  underscoreLocalparts: boolean
  /** `user_types.extra_user_types` */
  extraUserTypes: readonly string[]
  /** `user_types.default_user_type` */
  defaultUserType: string | null
  /** `refreshable_access_token_lifetime`; null: refresh tokens are not offered. */
  refreshableTokenLifetimeMs: number | null
  /** `nonrefreshable_access_token_lifetime` */
  nonrefreshableTokenLifetimeMs: number | null
  /** `refresh_token_lifetime` */
  refreshTokenLifetimeMs: number | null
  /** `session_lifetime` */
  sessionLifetimeMs: number | null
  /** `login_via_existing_session`; null when it is off. */
  loginTokens: { requireUiAuth: boolean; lifetimeMs: number } | null
  /** `ui_auth.session_timeout`: how long a proof of identity counts for further requests with the same token. */
  uiAuthSessionTimeoutMs: number
  /** `enable_set_displayname` */
  setDisplayname: boolean
  /** `enable_set_avatar_url` */
  setAvatarUrl: boolean
  /** `require_auth_for_profile_requests` */
  profilesNeedAuth: boolean
  /** `limit_profile_requests_to_users_who_share_rooms` */
  profilesNeedSharedRoom: boolean
  /** `user_ips_max_age`; null: kept for ever. */
  userIpsMaxAgeMs: number | null
  /** `track_puppeted_user_ips` */
  trackPuppetedUserIps: boolean
}

/** Synapse's defaults. */
export function defaultAccountsConfig(serverName: ServerName): AccountsConfig {
  return {
    serverName,
    passwordLogin: true,
    localPasswords: true,
    pepper: '',
    bcryptRounds: 12,
    passwordPolicy: null,
    registration: false,
    registrationRequiresToken: false,
    guests: false,
    registrationSharedSecret: null,
    underscoreLocalparts: false,
    extraUserTypes: [],
    defaultUserType: null,
    refreshableTokenLifetimeMs: 5 * 60_000,
    nonrefreshableTokenLifetimeMs: null,
    refreshTokenLifetimeMs: null,
    sessionLifetimeMs: null,
    loginTokens: null,
    uiAuthSessionTimeoutMs: 0,
    setDisplayname: true,
    setAvatarUrl: true,
    profilesNeedAuth: false,
    profilesNeedSharedRoom: false,
    userIpsMaxAgeMs: 28 * 24 * 3600_000,
    trackPuppetedUserIps: false,
  }
}
