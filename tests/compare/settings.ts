import { NO_RATE_LIMITS } from '@ranvier/testkit'
import { MAIL_PORT, OUTSIDE_PORT } from './outside.ts'

const FREE = { per_second: 1_000_000, burst_count: 1_000_000 }
const OUTSIDE = `http://127.0.0.1:${OUTSIDE_PORT}`
const OIDC = `${OUTSIDE}/oidc`

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
  max_event_delay_duration: '24h',
  login_via_existing_session: { enabled: true, require_ui_auth: true },
  cas_config: { enabled: true, server_url: `${OUTSIDE}/cas` },
  oidc_providers: [
    {
      idp_id: 'id',
      idp_name: 'Somewhere',
      issuer: OIDC,
      client_id: 'compare',
      client_secret: 'secret',
      scopes: ['openid'],
    },
  ],
  email: {
    smtp_host: '127.0.0.1',
    smtp_port: MAIL_PORT,
    enable_tls: false,
    notif_from: 'Compare <noreply@compare.test>',
    enable_notifs: true,
    notif_for_new_users: false,
  },
  account_validity: { enabled: true, period: '6w', renew_at: '1w' },
  experimental_features: { msc4306_enabled: true },
  rc_3pid_validation: FREE,
  rc_third_party_invite: FREE,
}

/** What only Synapse has to be told: features that are on here, and that it would look for what is outside when it starts. */
const ONLY_THERE = {
  experimental_features: Object.fromEntries(
    ['3391', '3814', '4133', '4143', '4155', '4222', '4306'].map((msc) => [`msc${msc}_enabled`, true]),
  ),
  oidc_providers: SETTINGS.oidc_providers.map((provider) => ({
    ...provider,
    discover: false,
    skip_verification: true,
    authorization_endpoint: `${OIDC}/authorize`,
    token_endpoint: `${OIDC}/token`,
    userinfo_endpoint: `${OIDC}/userinfo`,
    jwks_uri: `${OIDC}/jwks`,
  })),
  app_service_config_files: ['compare-bridge.yaml'],
}

/** The registration of the bridge of a server, `ours` or `theirs`. */
export function bridgeOf(side: string): Record<string, unknown> {
  return {
    id: 'compare',
    url: `${OUTSIDE}/bridge/${side}`,
    as_token: 'compare-as-token',
    hs_token: 'compare-hs-token',
    sender_localpart: 'comparebot',
    namespaces: {
      users: [{ regex: '@_cmp_.*', exclusive: true }],
      aliases: [{ regex: '#_cmp_.*', exclusive: true }],
      rooms: [],
    },
    protocols: ['compare'],
    rate_limited: false,
    receive_ephemeral: true,
  }
}

/** The same for a server that is not started by us. JSON is YAML. */
export function settingsForTheOther(): string {
  const keys = Object.entries({ ...SETTINGS, ...NO_RATE_LIMITS, ...ONLY_THERE }).map(
    ([key, value]) => `${key}: ${JSON.stringify(value)}`,
  )
  return [
    ...keys,
    '',
    '# And in compare-bridge.yaml beside it:',
    `# ${JSON.stringify(bridgeOf('theirs'))}`,
  ].join('\n')
}
