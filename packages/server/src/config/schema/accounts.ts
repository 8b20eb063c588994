import { Type } from '@ranvier/admin-api/schema'
import { choice, duration, flag, freeGroup, group, integer, maybe, size, text, texts } from './kinds.ts'

/** Who may have an account, and how they log in. */
export const accounts = {
  enable_registration: flag({
    description:
      'Let anyone make an account. Needs one of the two keys below, so that it is not open by mistake.',
    default: false,
  }),
  enable_registration_without_verification: flag({
    description: 'Let anyone make an account without any check. Open servers attract abuse.',
    default: false,
  }),
  registration_requires_token: flag({
    description: 'Ask for a registration token, which administrators make with the admin API.',
    default: false,
  }),
  enable_registration_captcha: flag({
    description: 'Ask for the solution of a captcha. Needs the two keys below.',
    default: false,
  }),
  recaptcha_public_key: maybe(text({ description: 'The site key, which the page of the captcha shows.' })),
  recaptcha_private_key: maybe(text({ description: 'The secret that goes with it.' })),
  recaptcha_siteverify_api: text({
    description: 'Where solutions are checked.',
    default: 'https://www.recaptcha.net/recaptcha/api/siteverify',
  }),
  registration_shared_secret: maybe(
    text({
      description:
        'Whoever knows this secret can make accounts, administrators included: `register_new_matrix_user` uses it. ' +
        'Default: off with a configuration file; made at the first start without one.',
    }),
  ),
  registration_shared_secret_path: maybe(
    text({ description: 'A file that holds the secret, instead of `registration_shared_secret`.' }),
  ),
  allow_guest_access: flag({ description: 'Let guests in without an account.', default: false }),
  inhibit_user_in_use_error: flag({
    description: 'Do not tell someone who registers that the name is taken before he finishes.',
    default: false,
  }),
  auto_join_rooms: texts({
    description: 'Aliases of rooms every new account joins.',
    default: [],
    example: "['#welcome:example.com']",
  }),
  autocreate_auto_join_rooms: flag({
    description:
      'Make those of these rooms that are on this server and do not exist, once the first person registers.',
    default: true,
  }),
  autocreate_auto_join_rooms_federated: flag({
    description: 'Let other servers take part in rooms made so.',
    default: true,
  }),
  autocreate_auto_join_room_preset: choice(['public_chat', 'private_chat', 'trusted_private_chat'], {
    description: 'The preset of rooms made so.',
    default: 'public_chat',
    example: 'private_chat',
  }),
  auto_join_mxid_localpart: maybe(
    text({
      description: 'The local user who makes these rooms and invites to them. Needed for private presets.',
      example: 'system',
    }),
  ),
  auto_join_rooms_for_guests: flag({ description: 'Guests join these rooms too.', default: true }),
  bcrypt_rounds: Type.Integer({
    minimum: 4,
    maximum: 31,
    default: 12,
    description: 'Work factor of stored passwords. One more takes twice as long.',
  }),
  password_config: group(
    {
      enabled: Type.Unsafe<boolean | 'only_for_reauth'>({
        enum: [true, false, 'only_for_reauth'],
        default: true,
        description: 'Log in with passwords. `only_for_reauth` allows them for confirming actions only.',
      }),
      localdb_enabled: flag({ description: "Look passwords up in this server's database.", default: true }),
      pepper: text({
        description:
          'A secret mixed into every password before it is stored. Changing it voids all passwords.',
        default: '',
      }),
      policy: group(
        {
          enabled: flag({
            description: 'Refuse new passwords that do not fit the rest of this.',
            default: false,
          }),
          minimum_length: integer({ description: 'Characters at least.', default: 0 }),
          require_digit: flag({ description: 'A digit.', default: false }),
          require_symbol: flag({
            description: 'A character that is neither letter nor digit.',
            default: false,
          }),
          require_lowercase: flag({ description: 'A lower-case letter.', default: false }),
          require_uppercase: flag({ description: 'An upper-case letter.', default: false }),
        },
        'What passwords must be like.',
      ),
    },
    'Passwords.',
  ),
  session_lifetime: maybe(
    duration({ description: 'How long a login lasts. Default: for ever.', example: '24h' }),
  ),
  refreshable_access_token_lifetime: duration({
    description: 'How long an access token lasts whose client can refresh it.',
    default: '5m',
  }),
  nonrefreshable_access_token_lifetime: maybe(
    duration({
      description: 'How long an access token lasts whose client cannot refresh it. Default: for ever.',
    }),
  ),
  refresh_token_lifetime: maybe(
    duration({ description: 'How long a refresh token lasts when it is not used. Default: for ever.' }),
  ),
  login_via_existing_session: group(
    {
      enabled: flag({
        description: 'Let a client log another one in with a short-lived token.',
        default: false,
      }),
      require_ui_auth: flag({ description: 'Ask for the password first.', default: true }),
      token_timeout: duration({ description: 'How long such a token lasts.', default: '5m' }),
    },
    'Logging in with the help of another device.',
  ),
  ui_auth: group(
    {
      session_timeout: duration({
        description:
          'How long a confirmed identity counts for further actions of the same session. 0: only once.',
        default: '0',
        example: '15s',
      }),
    },
    'Confirming dangerous actions with the password.',
  ),
  delete_stale_devices_after: maybe(
    duration({
      description: 'Log out devices that have not been seen for this long. Default: never.',
      example: '1y',
    }),
  ),
  user_types: group(
    {
      default_user_type: maybe(text({ description: 'The type of new accounts for which none is asked.' })),
      extra_user_types: texts({
        description: 'Types of accounts beside `bot` and `support`.',
        default: [],
        example: '[staff]',
      }),
    },
    'Types of accounts.',
  ),
  experimental_features: group(
    {
      msc4306_enabled: flag({
        description: 'Threads notify who is subscribed to them, and nobody else (MSC4306).',
        default: false,
      }),
      msc3866: group(
        {
          enabled: flag({
            description: 'Administrators see and set whether accounts are approved; others cannot log in.',
            default: false,
          }),
          require_approval_for_new_accounts: flag({
            description: 'New accounts cannot log in before an administrator approves them.',
            default: false,
          }),
        },
        'Approval of accounts (MSC3866).',
      ),
    },
    'Features that are not part of the specification.',
  ),
  user_consent: maybe(
    Type.Object(
      {
        template_dir: text({
          description:
            'A folder with the terms of this server as Jinja templates: `en/<version>.html`, and `en/success.html` for ' +
            'who has agreed.',
          example: '/etc/ranvier/terms',
        }),
        version: text({ description: 'The version that is asked for.', example: "'1.0'" }),
        policy_name: text({ description: 'What clients call the terms.', default: 'Privacy Policy' }),
        require_at_registration: flag({ description: 'Who registers has to agree.', default: false }),
        block_events_error: maybe(
          text({
            description:
              'Who has not agreed cannot send anything, and is told this; `%(consent_uri)s` is the link to their terms. ' +
              'Default: they can.',
            example: "'Please agree to our terms first: %(consent_uri)s'",
          }),
        ),
        server_notice_content: maybe(
          freeGroup({
            description:
              'Who has not agreed is sent this as a server notice, once for each version; `%(consent_uri)s` is the link to ' +
              'their terms. Needs `server_notices`.',
            example: "{ msgtype: m.text, body: 'Please agree to our terms: %(consent_uri)s' }",
          }),
        ),
        send_server_notice_to_guests: flag({ description: 'Guests are sent it too.', default: false }),
      },
      {
        description: 'Terms that users agree to, shown at `/_matrix/consent`. Default: none.',
        examples: ["{ template_dir: /etc/ranvier/terms, version: '1.0', require_at_registration: true }"],
      },
    ),
  ),
  enable_set_displayname: flag({ description: 'Users may change their display name.', default: true }),
  enable_set_avatar_url: flag({ description: 'Users may change their avatar.', default: true }),
  max_avatar_size: maybe(
    size({
      description: 'Largest picture that may become the avatar of a profile. Default: any.',
      example: '10M',
    }),
  ),
  allowed_avatar_mimetypes: maybe(
    texts({
      description: 'Types of pictures that may become avatars. Default: any.',
      example: '[image/png, image/jpeg]',
    }),
  ),
  require_auth_for_profile_requests: flag({
    description: 'Show profiles only to those who are logged in.',
    default: false,
  }),
  limit_profile_requests_to_users_who_share_rooms: flag({
    description: 'Show a profile only to those who share a room with its owner.',
    default: false,
  }),
  include_profile_data_on_invite: flag({
    description: 'Put name and avatar of the invited into invites.',
    default: true,
  }),
  user_directory: group(
    {
      enabled: flag({ description: 'Let users search for other users.', default: true }),
      search_all_users: flag({
        description: 'Find every account, not only those in public or shared rooms.',
        default: false,
      }),
      prefer_local_users: flag({ description: 'List users of this server first.', default: false }),
      show_locked_users: flag({ description: 'Find locked accounts too.', default: false }),
    },
    'The user directory.',
  ),
  track_puppeted_user_ips: flag({
    description: 'Note requests made with a token an administrator got for a user at that user too.',
    default: false,
  }),
  user_ips_max_age: duration({
    description: 'How long addresses and clients of requests are kept.',
    default: '28d',
  }),
  server_notices: maybe(
    Type.Object(
      {
        system_mxid_localpart: text({ description: 'The local user who sends notices.', example: 'notices' }),
        system_mxid_display_name: maybe(text({ description: 'Its display name.' })),
        system_mxid_avatar_url: maybe(text({ description: 'Its avatar, an `mxc://` URL.' })),
        room_name: text({ description: 'Name of the rooms with notices.', default: 'Server Notices' }),
        room_avatar_url: maybe(text({ description: 'Avatar of these rooms, an `mxc://` URL.' })),
        room_topic: maybe(text({ description: 'Topic of these rooms.' })),
        auto_join: flag({
          description: 'Users are joined to their room instead of invited.',
          default: false,
        }),
      },
      {
        description: 'Lets administrators write to users. Default: off.',
        examples: ['{ system_mxid_localpart: notices }'],
      },
    ),
  ),
}
