import { join, resolve } from 'node:path'
import { findRoomVersion, isServerName, parseKeyId, parseVerifyKey, type ServerName } from '@ranvier/protocol'
import type { JsonObject } from '@ranvier/protocol/json'
import { AddressPolicy } from '../outbound/address-policy.ts'
import { readAppservices } from './appservices.ts'
import { resolveCalls } from './calls.ts'
import type { CaptchaConfig, Config, DirectoryRule, OldSigningKey, ServerNoticesConfig } from './config.ts'
import { resolveConsent } from './consent.ts'
import { DATA_FILES } from './data-dir.ts'
import { resolveDatabase } from './database.ts'
import { localUrl, resolveListeners } from './listeners.ts'
import { resolveAccountValidity, resolveMail, resolveThreepids } from './mail.ts'
import type { Origin } from './origin.ts'
import { resolvePreviews } from './previews.ts'
import { ConfigError } from './problems.ts'
import { resolveRateLimits } from './rate-limits.ts'
import { resolveAutoJoin, resolvePowerLevels } from './room-defaults.ts'
import type { RawConfig } from './schema/schema.ts'
import { resolveSso } from './sso.ts'
import { parseDurationMs, parseSizeBytes } from './units.ts'

/** What is known without touching the data directory: all but keys and secrets. */
export type Settings = Omit<Config, 'signingKey' | 'secrets'>

/** Turns a checked configuration into what the server uses. Throws a {@link ConfigError} for values that cannot be. */
export function resolveSettings(raw: RawConfig, origin: Origin): Settings {
  const { warnings } = origin
  const listeners = resolveListeners(raw, origin)
  const serverName = resolveServerName(raw.server_name)
  const first = listeners[0]!
  const publicBaseUrl =
    // Without a file nobody has set up a domain: clients are on this machine.
    raw.public_baseurl ?? (origin.files.length === 0 ? localUrl(first) : `https://${serverName}`)
  if (!URL.canParse(publicBaseUrl))
    throw new ConfigError(
      `public_baseurl: "${publicBaseUrl}" is not a URL. Write, for example, \`public_baseurl: https://matrix.example.com/\`.`,
    )
  checkRegistration(raw)
  if (findRoomVersion(raw.default_room_version) === undefined)
    throw new ConfigError(
      `default_room_version: "${raw.default_room_version}" is not a room version this server knows. Write, for example, \`default_room_version: '12'\`.`,
    )
  const scaled = (size: number) => Math.max(1, Math.round(size * raw.limits.cache_factor))
  return {
    files: origin.files,
    warnings,
    dataDir: origin.dataDir,
    serverName,
    publicBaseUrl: publicBaseUrl.endsWith('/') ? publicBaseUrl : `${publicBaseUrl}/`,
    adminContact: raw.admin_contact ?? null,
    pidFile: raw.pid_file === undefined ? null : resolve(origin.baseDir, raw.pid_file),
    logLevel: raw.log_level,
    listeners,
    database: resolveDatabase(raw.database, origin),
    oldSigningKeys: resolveOldKeys(raw.old_signing_keys),
    wellKnown: {
      serveServer: raw.serve_server_wellknown,
      extraClientContent: raw.extra_well_known_client_content as JsonObject, // it was YAML, which has JSON's values
    },
    appservices: readAppservices(raw.app_service_config_files, { baseDir: origin.baseDir, serverName }),
    adminApi: { compat: raw.admin_api.compat },
    registration: {
      enabled: raw.enable_registration,
      withoutVerification: raw.enable_registration_without_verification,
      requiresToken: raw.registration_requires_token,
      captcha: resolveCaptcha(raw),
      allowGuests: raw.allow_guest_access,
      inhibitUserInUseError: raw.inhibit_user_in_use_error,
      autoJoinRooms: resolveAutoJoin(raw),
      autocreateAutoJoinRooms: raw.autocreate_auto_join_rooms,
      autocreateFederated: raw.autocreate_auto_join_rooms_federated,
      autocreatePreset: raw.autocreate_auto_join_room_preset,
      autoJoinLocalpart: raw.auto_join_mxid_localpart ?? null,
      autoJoinGuests: raw.auto_join_rooms_for_guests,
      defaultUserType: raw.user_types.default_user_type ?? null,
      extraUserTypes: raw.user_types.extra_user_types,
      approval: {
        enabled: raw.experimental_features.msc3866.enabled,
        requiredForNew: raw.experimental_features.msc3866.require_approval_for_new_accounts,
      },
    },
    passwords: {
      enabled: raw.password_config.enabled,
      localDbEnabled: raw.password_config.localdb_enabled,
      pepper: raw.password_config.pepper,
      bcryptRounds: raw.bcrypt_rounds,
      policy: {
        enabled: raw.password_config.policy.enabled,
        minimumLength: raw.password_config.policy.minimum_length,
        requireDigit: raw.password_config.policy.require_digit,
        requireSymbol: raw.password_config.policy.require_symbol,
        requireLowercase: raw.password_config.policy.require_lowercase,
        requireUppercase: raw.password_config.policy.require_uppercase,
      },
    },
    sessions: {
      lifetimeMs: maybe(raw.session_lifetime, durationMs),
      refreshableTokenLifetimeMs: durationMs(raw.refreshable_access_token_lifetime),
      nonrefreshableTokenLifetimeMs: maybe(raw.nonrefreshable_access_token_lifetime, durationMs),
      refreshTokenLifetimeMs: maybe(raw.refresh_token_lifetime, durationMs),
      viaExistingSession: {
        enabled: raw.login_via_existing_session.enabled,
        requireUiAuth: raw.login_via_existing_session.require_ui_auth,
        tokenTimeoutMs: durationMs(raw.login_via_existing_session.token_timeout),
      },
      uiAuthSessionTimeoutMs: durationMs(raw.ui_auth.session_timeout),
      deleteStaleDevicesAfterMs: maybe(raw.delete_stale_devices_after, durationMs),
      userIpsMaxAgeMs: durationMs(raw.user_ips_max_age),
      trackPuppetedUserIps: raw.track_puppeted_user_ips,
    },
    profiles: {
      enableSetDisplayname: raw.enable_set_displayname,
      enableSetAvatarUrl: raw.enable_set_avatar_url,
      maxAvatarBytes: maybe(raw.max_avatar_size, sizeBytes),
      allowedAvatarMimetypes: raw.allowed_avatar_mimetypes ?? null,
      requireAuth: raw.require_auth_for_profile_requests,
      limitToUsersWhoShareRooms: raw.limit_profile_requests_to_users_who_share_rooms,
      includeInInvites: raw.include_profile_data_on_invite,
    },
    userDirectory: {
      enabled: raw.user_directory.enabled,
      searchAllUsers: raw.user_directory.search_all_users,
      preferLocalUsers: raw.user_directory.prefer_local_users,
      showLockedUsers: raw.user_directory.show_locked_users,
    },
    serverNotices: raw.server_notices === undefined ? null : resolveNotices(raw.server_notices),
    presence: {
      enabled: raw.presence.enabled,
      includeOfflineUsersOnSync: raw.presence.include_offline_users_on_sync,
    },
    rooms: {
      defaultVersion: raw.default_room_version,
      encryptionByDefault: raw.encryption_enabled_by_default_for_room_type,
      defaultPowerLevelOverride: resolvePowerLevels(raw.default_power_level_content_override),
      blockNonAdminInvites: raw.block_non_admin_invites,
      enableListSearch: raw.enable_room_list_search,
      publicListWithoutAuth: raw.allow_public_rooms_without_auth,
      requireMembershipForAliases: raw.require_membership_for_aliases,
      aliasCreationRules: raw.alias_creation_rules.map(toRule),
      listPublicationRules: raw.room_list_publication_rules.map(toRule),
      excludeFromSync: raw.exclude_rooms_from_sync,
      forgetOnLeave: raw.forget_rooms_on_leave,
      redactionRetentionMs: durationMs(raw.redaction_retention_period),
      maxEventDelayMs: durationMs(raw.max_event_delay_duration),
    },
    media: {
      enabled: raw.enable_media_repo,
      authenticatedMedia: raw.enable_authenticated_media,
      storePath:
        raw.media_store_path === undefined
          ? join(origin.dataDir, DATA_FILES.mediaStore)
          : resolve(origin.baseDir, raw.media_store_path),
      maxUploadBytes: sizeBytes(raw.max_upload_size),
      maxImagePixels: sizeBytes(raw.max_image_pixels),
      maxPendingUploads: raw.max_pending_media_uploads,
      unusedExpirationMs: durationMs(raw.unused_expiration_time),
    },
    previews: resolvePreviews(raw),
    calls: resolveCalls(raw, origin),
    push: {
      enabled: raw.push.enabled,
      includeContent: raw.push.include_content,
      groupUnreadCountByRoom: raw.push.group_unread_count_by_room,
      threadSubscriptions: raw.experimental_features.msc4306_enabled,
    },
    mail: resolveMail(raw),
    accountValidity: resolveAccountValidity(raw),
    threepids: resolveThreepids(raw),
    consent: resolveConsent(raw, origin.baseDir),
    sso: resolveSso(raw, origin.baseDir),
    outbound: resolveOutbound(raw),
    rateLimits: resolveRateLimits(raw),
    limits: {
      maxConnections: raw.limits.max_connections,
      maxRequestBodyBytes: sizeBytes(raw.limits.max_request_body),
      maxAnonymousRequestBodyBytes: sizeBytes(raw.limits.max_anonymous_request_body),
      maxEventStreams: raw.limits.max_event_streams,
      maxLongPollsPerUser: raw.limits.max_long_polls_per_user,
      eventCacheBytes: scaled(sizeBytes(raw.limits.event_cache_size)),
      accountCacheBytes: scaled(sizeBytes(raw.limits.account_cache_size)),
      roomCacheEntries: scaled(raw.limits.room_cache_entries),
      tokenCacheEntries: scaled(raw.limits.token_cache_entries),
      rateLimitEntries: raw.limits.rate_limit_entries,
      loginSessionLifetimeMs: durationMs(raw.limits.login_session_lifetime),
      shadowBanDelayMs: durationMs(raw.limits.shadow_ban_delay),
    },
  }
}

// The check has parsed every duration and size already.
const durationMs = (value: string | number): number => parseDurationMs(value)!
const sizeBytes = (value: string | number): number => parseSizeBytes(value)!

function maybe<T, R>(value: T | undefined, convert: (value: T) => R): R | null {
  return value === undefined ? null : convert(value)
}

function resolveServerName(name: string): ServerName {
  if (isServerName(name)) return name
  throw new ConfigError(
    `server_name: "${name}" is not a server name: it must be a host name or address, with a port if need be and ` +
      'nothing else. Write, for example, `server_name: example.com`.',
  )
}

function resolveOldKeys(raw: RawConfig['old_signing_keys']): Settings['oldSigningKeys'] {
  const keys: Record<string, OldSigningKey> = {}
  for (const [keyId, { key, expired_ts: expiredTs }] of Object.entries(raw)) {
    if (parseKeyId(keyId)?.algorithm !== 'ed25519' || parseVerifyKey(key) === undefined)
      throw new ConfigError(
        `old_signing_keys: "${keyId}" is not the id of an Ed25519 key, or what stands there not its public key.`,
      )
    keys[keyId] = { publicKey: key, expiredTs }
  }
  return keys
}

function resolveOutbound(raw: RawConfig): Settings['outbound'] {
  const ranges = { blocked: raw.ip_range_blacklist, allowed: raw.ip_range_whitelist }
  try {
    new AddressPolicy(ranges)
  } catch (cause) {
    throw new ConfigError(
      `ip_range_blacklist, ip_range_whitelist: ${(cause as Error).message}. Write, for example, \`'10.0.0.0/8'\`.`,
    )
  }
  return ranges
}

/** Open registration must be meant: Synapse refuses to start in the same case. */
function checkRegistration(raw: RawConfig): void {
  if (!raw.enable_registration) return
  const asksForSomething =
    raw.registration_requires_token ||
    raw.registrations_require_3pid.length > 0 ||
    raw.enable_registration_captcha
  if (asksForSomething || raw.enable_registration_without_verification) return
  throw new ConfigError(
    'enable_registration: open registration invites abuse. Set `registration_requires_token: true` to ask for tokens, ' +
      'or `enable_registration_without_verification: true` if anyone is really welcome.',
  )
}

function resolveNotices(raw: NonNullable<RawConfig['server_notices']>): ServerNoticesConfig {
  return {
    localpart: raw.system_mxid_localpart,
    displayName: raw.system_mxid_display_name ?? null,
    avatarUrl: raw.system_mxid_avatar_url ?? null,
    roomName: raw.room_name,
    roomAvatarUrl: raw.room_avatar_url ?? null,
    roomTopic: raw.room_topic ?? null,
    autoJoin: raw.auto_join,
  }
}

function toRule(raw: RawConfig['alias_creation_rules'][number]): DirectoryRule {
  return { userId: raw.user_id, alias: raw.alias, roomId: raw.room_id, action: raw.action }
}

function resolveCaptcha(raw: RawConfig): CaptchaConfig | null {
  if (!raw.enable_registration_captcha) return null
  const {
    recaptcha_public_key: siteKey,
    recaptcha_private_key: secret,
    recaptcha_siteverify_api: verifyUrl,
  } = raw
  if (siteKey === undefined || secret === undefined)
    throw new ConfigError(
      'enable_registration_captcha: needs recaptcha_public_key and recaptcha_private_key. Write both.',
    )
  if (!URL.canParse(verifyUrl))
    throw new ConfigError(
      `recaptcha_siteverify_api: "${verifyUrl}" is not a URL. Remove it for the usual one.`,
    )
  return { siteKey, secret, verifyUrl }
}
