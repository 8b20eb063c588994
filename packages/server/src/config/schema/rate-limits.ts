import { Type } from '@ranvier/admin-api/schema'
import { DEFAULT_RATE_LIMITS, type RateLimitKey } from '../../rate-limit.ts'
import { group } from './kinds.ts'

function limit(key: RateLimitKey, description: string) {
  const { perSecond, burst } = DEFAULT_RATE_LIMITS[key]
  return Type.Object(
    {
      per_second: Type.Number({
        minimum: 0,
        default: perSecond,
        description: 'So many a second in the long run.',
      }),
      burst_count: Type.Number({ minimum: 0, default: burst, description: 'So many at once.' }),
    },
    { description, default: {}, examples: ['{ per_second: 1, burst_count: 10 }'] },
  )
}

/** How often things may be done. Names and defaults are Synapse's. */
export const rateLimits = {
  rc_message: limit('rc_message', 'Sending events, by user.'),
  rc_registration: limit('rc_registration', 'Making accounts, by address.'),
  rc_registration_token_validity: limit(
    'rc_registration_token_validity',
    'Asking whether a registration token is valid, by address.',
  ),
  rc_login: group(
    {
      address: limit('rc_login.address', 'Logins, by address.'),
      account: limit('rc_login.account', 'Logins, by account.'),
      failed_attempts: limit('rc_login.failed_attempts', 'Failed logins, by account.'),
    },
    'Logging in.',
  ),
  rc_admin_redaction: limit('rc_admin_redaction', 'Redactions by room moderators, by user.'),
  rc_joins: group(
    {
      local: limit('rc_joins.local', 'Joins of rooms this server is in, by user.'),
      remote: limit('rc_joins.remote', 'Joins of rooms it is not in, by user.'),
    },
    'Joining rooms.',
  ),
  rc_joins_per_room: limit('rc_joins_per_room', 'Joins of a room, by anyone.'),
  rc_3pid_validation: limit(
    'rc_3pid_validation',
    'Confirming email addresses and phone numbers, by address.',
  ),
  rc_invites: group(
    {
      per_room: limit('rc_invites.per_room', 'Invites to a room.'),
      per_user: limit('rc_invites.per_user', 'Invites of a user.'),
      per_issuer: limit('rc_invites.per_issuer', 'Invites by a user.'),
    },
    'Inviting.',
  ),
  rc_third_party_invite: limit('rc_third_party_invite', 'Invites by email address, by user.'),
  rc_media_create: limit('rc_media_create', 'Announcing uploads, by user.'),
  rc_presence: group(
    { per_user: limit('rc_presence_per_user', 'Changes of the online status, by user.') },
    'Presence.',
  ),
  rc_delayed_event_mgmt: limit('rc_delayed_event_mgmt', 'Managing scheduled events, by user.'),
  rc_reports: limit('rc_reports', 'Reporting events, rooms and users, by user.'),
  rc_room_creation: limit('rc_room_creation', 'Making rooms, by user.'),
  rc_user_directory: limit('rc_user_directory', 'Searching the user directory, by user.'),
}
