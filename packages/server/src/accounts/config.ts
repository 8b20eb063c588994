import type { ServerName } from '@ranvier/protocol/ids/brands'
import type { Config, ConsentConfig, MailConfig } from '../config/config.ts'
import { type AvatarRules, avatarRules } from './avatar-rules.ts'
import type { ThreepidRules } from './threepids/threepid-rules.ts'

/** `password_config.policy`. What it asks of passwords that users choose for themselves. */
export type PasswordPolicy = Omit<Config['passwords']['policy'], 'enabled'>

/** What accounts need to know of the configuration. Times in milliseconds; null: not set, or for ever. */
export interface AccountsConfig {
  serverName: ServerName
  publicBaseUrl: string
  /** Logging in with a password. */
  passwordLogin: boolean
  /** Confirming actions with a password. */
  passwordReauth: boolean
  /** Passwords are kept here. */
  localPasswords: boolean
  /** Appended to every password. */
  pepper: string
  bcryptRounds: number
  passwordPolicy: PasswordPolicy | null
  registration: boolean
  registrationRequiresToken: boolean
  /** The site key of the captcha who registers has to solve; null: none. */
  captchaSiteKey: string | null
  /** Names that are taken are told only to who has shown that they may register. */
  hidesTakenNames: boolean
  guests: boolean
  registrationSharedSecret: string | null
  /** The account that server notices come from. Nobody may have its name. */
  noticesLocalpart: string | null
  extraUserTypes: readonly string[]
  /** Administrators approve accounts, before which nobody can log in. MSC3866 */
  approval: Config['registration']['approval']
  defaultUserType: string | null
  refreshableTokenLifetimeMs: number
  nonrefreshableTokenLifetimeMs: number | null
  refreshTokenLifetimeMs: number | null
  sessionLifetimeMs: number | null
  /** Logging another client in with a short-lived token; null when it is off. */
  loginTokens: { requireUiAuth: boolean; lifetimeMs: number } | null
  /** Users log in elsewhere, and come with a token for a login. */
  identityProviders: readonly { id: string; name: string; icon?: string; brand?: string }[]
  /** How long a proof of identity counts for further requests with the same token. */
  uiAuthSessionTimeoutMs: number
  setDisplayname: boolean
  setAvatarUrl: boolean
  profilesNeedAuth: boolean
  profilesNeedSharedRoom: boolean
  /** null: this server sends no mail. */
  mail: Pick<MailConfig, 'appName' | 'subjects' | 'validationTokenLifetimeMs' | 'notifications'> | null
  threepids: ThreepidRules
  avatars: AvatarRules
  /** null: this server has no terms. */
  consent: { config: ConsentConfig; secret: string } | null
  /** How long new accounts last; null: for ever. */
  validityPeriodMs: number | null
  userIpsMaxAgeMs: number
  trackPuppetedUserIps: boolean
  tokenCacheEntries: number
  accountCacheBytes: number
}

export function accountsConfig(config: Config): AccountsConfig {
  const { registration, passwords, sessions, profiles } = config
  const { enabled: hasPolicy, ...policy } = passwords.policy
  const { viaExistingSession } = sessions
  return {
    serverName: config.serverName,
    publicBaseUrl: config.publicBaseUrl,
    passwordLogin: passwords.enabled === true,
    passwordReauth: passwords.enabled !== false,
    localPasswords: passwords.localDbEnabled,
    pepper: passwords.pepper,
    bcryptRounds: passwords.bcryptRounds,
    passwordPolicy: hasPolicy ? policy : null,
    registration: registration.enabled,
    registrationRequiresToken: registration.requiresToken,
    captchaSiteKey: registration.captcha?.siteKey ?? null,
    hidesTakenNames: registration.inhibitUserInUseError,
    guests: registration.allowGuests,
    registrationSharedSecret: config.secrets.registrationShared,
    noticesLocalpart: config.serverNotices?.localpart ?? null,
    extraUserTypes: registration.extraUserTypes,
    approval: registration.approval,
    defaultUserType: registration.defaultUserType,
    refreshableTokenLifetimeMs: sessions.refreshableTokenLifetimeMs,
    nonrefreshableTokenLifetimeMs: sessions.nonrefreshableTokenLifetimeMs,
    refreshTokenLifetimeMs: sessions.refreshTokenLifetimeMs,
    sessionLifetimeMs: sessions.lifetimeMs,
    loginTokens: viaExistingSession.enabled
      ? { requireUiAuth: viaExistingSession.requireUiAuth, lifetimeMs: viaExistingSession.tokenTimeoutMs }
      : null,
    identityProviders: identityProvidersOf(config).map(({ id, name, icon, brand }) => ({
      id,
      name,
      ...(icon !== null && { icon }),
      ...(brand !== null && { brand }),
    })),
    uiAuthSessionTimeoutMs: sessions.uiAuthSessionTimeoutMs,
    setDisplayname: profiles.enableSetDisplayname,
    setAvatarUrl: profiles.enableSetAvatarUrl,
    profilesNeedAuth: profiles.requireAuth,
    profilesNeedSharedRoom: profiles.limitToUsersWhoShareRooms,
    mail: config.mail,
    threepids: config.threepids,
    avatars: avatarRules(config),
    consent: config.consent && { config: config.consent, secret: config.secrets.form },
    validityPeriodMs: config.accountValidity?.periodMs ?? null,
    userIpsMaxAgeMs: sessions.userIpsMaxAgeMs,
    trackPuppetedUserIps: sessions.trackPuppetedUserIps,
    tokenCacheEntries: config.limits.tokenCacheEntries,
    accountCacheBytes: config.limits.accountCacheBytes,
  }
}

function identityProvidersOf({ sso }: Config) {
  if (sso === null) return []
  return [...sso.providers, ...(sso.cas === null ? [] : [sso.cas])]
}
