import { Type } from '@ranvier/admin-api/schema'
import { choice, flag, freeGroup, group, maybe, text, texts } from './kinds.ts'

/** Logging in elsewhere. */
export const sso = {
  oidc_providers: Type.Array(
    Type.Object({
      idp_id: text({
        description: 'Tells the providers apart. Accounts are found by it again: do not change it.',
        default: 'oidc',
      }),
      idp_name: text({ description: 'What users call it.', default: 'OIDC' }),
      idp_icon: maybe(text({ description: 'An `mxc://` URI of its picture.' })),
      idp_brand: maybe(text({ description: 'A brand clients know, such as `google`.' })),
      issuer: text({
        description: 'Where its metadata is found: `<issuer>/.well-known/openid-configuration`.',
      }),
      client_id: text({ description: 'What it calls this server.' }),
      client_secret: maybe(text({ description: 'The secret that goes with it.' })),
      client_secret_path: maybe(text({ description: 'The file with that secret, instead.' })),
      client_auth_method: choice(['client_secret_basic', 'client_secret_post', 'none'], {
        description: 'How this server proves who it is.',
        default: 'client_secret_basic',
      }),
      scopes: texts({ description: 'What is asked for. `openid` must be among them.', default: ['openid'] }),
      user_profile_method: choice(['auto', 'userinfo_endpoint'], {
        description: 'Whether claims come with the ID token, or are asked for.',
        default: 'auto',
      }),
      allow_existing_users: flag({
        description:
          'Who logs in under the name of an account for the first time takes it over. For providers alone whose names are ' +
          'those of this server.',
        default: false,
      }),
      enable_registration: flag({ description: 'Who has no account gets one.', default: true }),
      backchannel_logout_enabled: flag({
        description:
          'Who logs out at the provider is logged out here. It tells so at ' +
          '`<public_baseurl>/_synapse/client/oidc/backchannel_logout`, with the session (`sid`).',
        default: false,
      }),
      backchannel_logout_ignore_sub: flag({
        description: 'It need not name the user (`sub`) as when they logged in.',
        default: false,
      }),
      user_mapping_provider: group(
        {
          config: group(
            {
              subject_template: text({
                description: 'What the user is known by there, as a Jinja template.',
                default: '{{ user.sub }}',
              }),
              localpart_template: maybe(
                text({
                  description:
                    'The name of a new account. Default: users choose one, with `preferred_username` as a suggestion.',
                  example: '"{{ user.preferred_username }}"',
                }),
              ),
              confirm_localpart: flag({
                description: 'Users may change the name the template gives them.',
                default: false,
              }),
              display_name_template: maybe(
                text({ description: 'Its display name.', example: '"{{ user.name }}"' }),
              ),
              picture_template: text({
                description: 'Where its picture is. PNG, JPEG, GIF or WebP.',
                default: '{{ user.picture }}',
              }),
              email_template: maybe(
                text({ description: 'Its email address.', example: '"{{ user.email }}"' }),
              ),
            },
            'Jinja templates of what a new account is. `user` holds the claims.',
          ),
        },
        'How accounts are made of what the provider says.',
      ),
      attribute_requirements: Type.Array(
        Type.Object({
          attribute: text({ description: 'A claim.' }),
          value: maybe(text({ description: 'What it has to be, or hold. Default: anything.' })),
          one_of: maybe(texts({ description: 'One of these, instead.' })),
        }),
        { description: 'Who may log in. All have to hold.', default: [] },
      ),
    }),
    {
      description:
        'OpenID Connect providers at which users log in. They redirect to ' +
        '`<public_baseurl>/_synapse/client/oidc/callback`. Metadata, PKCE and keys are discovered.',
      default: [],
      examples: ["[{ issuer: 'https://id.example.com/', client_id: ranvier, client_secret: secret }]"],
    },
  ),
  cas_config: group(
    {
      enabled: flag({ description: 'Users log in there.', default: false }),
      idp_name: text({ description: 'What users call it.', default: 'CAS' }),
      idp_icon: maybe(text({ description: 'An `mxc://` URI of its picture.' })),
      idp_brand: maybe(text({ description: 'A brand clients know.' })),
      server_url: maybe(
        text({ description: 'Where the CAS server is.', example: 'https://cas.example.com/cas' }),
      ),
      protocol_version: Type.Unsafe<1 | 2 | 3>({
        type: 'integer',
        enum: [1, 2, 3],
        description: 'Of CAS. Attributes come with 3.',
        default: 2,
      }),
      displayname_attribute: maybe(text({ description: 'The attribute that is the name of a new account.' })),
      required_attributes: freeGroup({
        description: 'Who may log in: attributes and what they must be; null for anything.',
        example: '{ department: chemistry, staff: null }',
      }),
      enable_registration: flag({ description: 'Who has no account gets one.', default: true }),
      allow_numeric_ids: flag({
        description: 'Users whose names are numbers may log in, with a prefix.',
        default: false,
      }),
      numeric_ids_prefix: text({ description: 'What stands before such a name.', default: 'u' }),
    },
    'A CAS server at which users log in. It sends them back to `<public_baseurl>/_matrix/client/r0/login/cas/ticket`. Who ' +
      'comes under the name of an account for the first time takes it over.',
  ),
  sso: group(
    {
      update_profile_information: flag({
        description: 'At each log-in, name and picture of the account become what the provider says.',
        default: false,
      }),
      client_whitelist: texts({
        description: 'Beginnings of URLs of clients that users are sent back to without being asked.',
        default: [],
        example: "['https://app.example.com/']",
      }),
    },
    'Logging in elsewhere.',
  ),
}
