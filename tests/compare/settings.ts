import { NO_RATE_LIMITS } from '@ranvier/testkit'

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
  const limits = { ...NO_RATE_LIMITS, rc_third_party_invite: FREE, rc_3pid_validation: FREE }
  return Object.entries({ ...SETTINGS, ...limits })
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join('\n')
}
