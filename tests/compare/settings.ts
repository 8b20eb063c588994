const FREE = { per_second: 1_000_000, burst_count: 1_000_000 }

/**
 * Keys of `homeserver.yaml` both servers should have, beside a secret for registration: what is off on one of them
 * differs everywhere. The Ranvier has the limits of requests from the test kit.
 */
export const SETTINGS = {
  enable_registration: true,
  enable_registration_without_verification: true,
  allow_public_rooms_without_auth: true,
  // Since 1.126 nobody publishes rooms in Synapse unless they may.
  room_list_publication_rules: [{ action: 'allow' }],
  bcrypt_rounds: 4,
  public_baseurl: 'http://compare.test/',
  // The default differs: see docs/decisions/0004-default-room-version.md.
  default_room_version: '11',
  server_notices: { system_mxid_localpart: 'notices', room_name: 'Server Notices' },
}

/** The same for a server that is not started by us. JSON is YAML. */
export function settingsForTheOther(): string {
  const limits = {
    rc_message: FREE,
    rc_registration: FREE,
    rc_registration_token_validity: FREE,
    rc_login: { address: FREE, account: FREE, failed_attempts: FREE },
    rc_admin_redaction: FREE,
    rc_joins: { local: FREE, remote: FREE },
    rc_joins_per_room: FREE,
    rc_invites: { per_room: FREE, per_user: FREE, per_issuer: FREE },
    rc_presence: { per_user: FREE },
    rc_room_creation: FREE,
    rc_user_directory: FREE,
    rc_reports: FREE,
    rc_media_create: FREE,
    rc_third_party_invite: FREE,
    rc_3pid_validation: FREE,
  }
  return Object.entries({ ...SETTINGS, ...limits })
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join('\n')
}
