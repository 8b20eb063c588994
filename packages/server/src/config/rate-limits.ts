import type { RateLimitConfig } from '../rate-limit.ts'
import type { RawConfig } from './schema/schema.ts'

/** The limits by the names the server uses. */
export function resolveRateLimits(raw: RawConfig): RateLimitConfig {
  const limit = (each: { per_second: number; burst_count: number }) => ({
    perSecond: each.per_second,
    burst: each.burst_count,
  })
  return {
    rc_message: limit(raw.rc_message),
    rc_registration: limit(raw.rc_registration),
    rc_registration_token_validity: limit(raw.rc_registration_token_validity),
    'rc_login.address': limit(raw.rc_login.address),
    'rc_login.account': limit(raw.rc_login.account),
    'rc_login.failed_attempts': limit(raw.rc_login.failed_attempts),
    rc_admin_redaction: limit(raw.rc_admin_redaction),
    'rc_joins.local': limit(raw.rc_joins.local),
    'rc_joins.remote': limit(raw.rc_joins.remote),
    rc_joins_per_room: limit(raw.rc_joins_per_room),
    'rc_invites.per_room': limit(raw.rc_invites.per_room),
    'rc_invites.per_user': limit(raw.rc_invites.per_user),
    'rc_invites.per_issuer': limit(raw.rc_invites.per_issuer),
    rc_third_party_invite: limit(raw.rc_third_party_invite),
    rc_3pid_validation: limit(raw.rc_3pid_validation),
    rc_media_create: limit(raw.rc_media_create),
    rc_presence_per_user: limit(raw.rc_presence.per_user),
    rc_delayed_event_mgmt: limit(raw.rc_delayed_event_mgmt),
    rc_reports: limit(raw.rc_reports),
    rc_room_creation: limit(raw.rc_room_creation),
    rc_user_directory: limit(raw.rc_user_directory),
  }
}
