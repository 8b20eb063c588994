import { Type } from '@ranvier/admin-api/schema'
import { LOG_LEVELS } from '../../logger.ts'
import {
  choice,
  duration,
  flag,
  freeGroup,
  group,
  integer,
  maybe,
  number,
  size,
  text,
  texts,
} from './kinds.ts'

/** Where the server listens, stores and what it is called. */
export const server = {
  server_name: text({
    description:
      'The name of this server: what stands after the colon in its user IDs. It cannot be changed once accounts ' +
      'exist. Usually the bare domain, also when the server itself runs under another host name.',
    example: 'example.com',
  }),
  public_baseurl: maybe(
    text({
      description:
        'The URL clients reach this server at, as told by `/.well-known/matrix/client`. ' +
        'Default: `https://<server_name>/`; without a configuration file, the first listener.',
      example: 'https://matrix.example.com/',
    }),
  ),
  pid_file: maybe(
    text({
      description: 'A file to write the process id to while the server runs.',
      example: '/run/ranvier.pid',
    }),
  ),
  log_level: choice(LOG_LEVELS, {
    description: 'How much is logged. `debug` has a line for every request.',
    default: 'info',
    example: 'debug',
  }),
  listeners: Type.Array(
    Type.Object({
      port: Type.Integer({ minimum: 0, maximum: 65_535, description: '0 takes any free port.' }),
      bind_addresses: maybe(
        texts({
          description: 'Addresses to listen on. Default: all, IPv6 and IPv4.',
          example: "['127.0.0.1']",
        }),
      ),
      bind_address: maybe(text({ description: 'One address, instead of `bind_addresses`.' })),
      type: text({
        description: 'Only `http` is served. Listeners of other types are skipped with a warning.',
        default: 'http',
      }),
      tls: flag({
        description:
          'Speak HTTPS, with `tls_certificate_path` and `tls_private_key_path`. A reverse proxy is the usual way.',
        default: false,
      }),
      x_forwarded: flag({
        description: "Behind a proxy: take the client's address from the last entry of `X-Forwarded-For`.",
        default: false,
      }),
      resources: Type.Array(
        Type.Object({
          names: texts({
            description:
              'What is served here: `client` (which includes media and the admin API), `federation`, `media`, `keys`.',
          }),
          compress: flag({
            description: 'Accepted for compatibility: the proxy compresses.',
            default: false,
          }),
        }),
        {
          description: 'What is served here. Each entry adds its names.',
          default: [{ names: ['client', 'federation'] }],
        },
      ),
    }),
    {
      description: 'The addresses and ports to listen on.',
      default: [{ port: 8008, bind_addresses: ['127.0.0.1'] }],
      examples: [
        "[{ port: 8008, bind_addresses: ['127.0.0.1'], type: http, resources: [{ names: [client] }] }]",
      ],
    },
  ),
  tls_certificate_path: maybe(
    text({
      description:
        'The PEM file with the certificate and its chain, for listeners with `tls: true`. Read at start.',
      example: '/etc/ranvier/example.com.crt',
    }),
  ),
  tls_private_key_path: maybe(
    text({
      description: "The PEM file with the certificate's private key.",
      example: '/etc/ranvier/example.com.key',
    }),
  ),
  database: group(
    {
      name: text({
        description:
          '`sqlite3` (one file, nothing to install) or `psycopg2` (PostgreSQL; `postgres` is the same).',
        default: 'sqlite3',
        example: 'psycopg2',
      }),
      args: group(
        {
          database: maybe(
            text({
              description:
                'SQLite: the file, by default `homeserver.db` in the data directory. PostgreSQL: the database.',
            }),
          ),
          dbname: maybe(text({ description: 'PostgreSQL: the same as `database`.' })),
          user: maybe(text({ description: 'PostgreSQL: the role to log in as.' })),
          password: maybe(text({ description: "PostgreSQL: the role's password." })),
          host: maybe(
            text({ description: 'PostgreSQL: host name, address, or the directory of its socket.' }),
          ),
          port: maybe(
            Type.Unsafe<number | string>({
              type: ['integer', 'string'],
              description: 'PostgreSQL: port. Default 5432.',
            }),
          ),
          cp_min: integer({
            description: 'Accepted for compatibility: connections are opened as needed.',
            default: 1,
          }),
          cp_max: integer(
            {
              description:
                'PostgreSQL: connections for reading. One more writes. Where it has fewer, those have to do.',
              default: 10,
            },
            1,
          ),
          sslmode: choice(['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'], {
            description: 'PostgreSQL: whether to use TLS. `allow` and `prefer` mean no TLS here.',
            default: 'prefer',
            example: 'verify-full',
          }),
          sslrootcert: maybe(
            text({ description: 'PostgreSQL: file with the certificate authority to trust.' }),
          ),
          sslcert: maybe(text({ description: 'PostgreSQL: file with the client certificate.' })),
          sslkey: maybe(text({ description: "PostgreSQL: file with the client certificate's key." })),
        },
        'How to reach the database.',
      ),
    },
    'Where everything but media is kept.',
  ),
  signing_key_path: maybe(
    text({
      description:
        'The file with the Ed25519 key this server signs with, in the format of Synapse. ' +
        'Default: `signing.key` in the data directory, made at the first start.',
      example: '/etc/ranvier/example.com.signing.key',
    }),
  ),
  old_signing_keys: Type.Record(
    Type.String(),
    Type.Object({
      key: text({ description: 'The public key, unpadded base64.' }),
      expired_ts: integer({ description: 'When it was last used, milliseconds since 1970.' }),
    }),
    {
      description:
        'Keys this server signed with in the past, so that others can still check what it signed then.',
      default: {},
      examples: ["{ 'ed25519:a_old': { key: base64, expired_ts: 1576767829750 } }"],
    },
  ),
  macaroon_secret_key: maybe(
    text({
      description: 'A secret for login tokens. Default: made at the first start, kept in the data directory.',
    }),
  ),
  form_secret: maybe(
    text({
      description: 'A secret for form fields. Default: made at the first start, kept in the data directory.',
    }),
  ),
  serve_server_wellknown: flag({
    description: 'Answer `/.well-known/matrix/server` with `<server_name>:443`.',
    default: false,
  }),
  extra_well_known_client_content: freeGroup({
    description: 'Members to add to `/.well-known/matrix/client`.',
    example: '{ m.identity_server: { base_url: https://id.example.com } }',
  }),
  admin_contact: maybe(
    text({
      description: 'How to reach the administrator, told in some error messages.',
      example: 'mailto:admin@example.com',
    }),
  ),
  app_service_config_files: texts({
    description:
      'Registration files of application services: bridges and bots with rights of their own. Read at start.',
    default: [],
    example: '[bridge-registration.yaml]',
  }),
  admin_api: group(
    {
      compat: choice(['current', '2021'], {
        description:
          'Shapes of the admin API. `2021` renders the flags of accounts as 0 and 1, as Synapse did until 2024, for ' +
          'old scripts.',
        default: 'current',
        example: "'2021'",
      }),
    },
    'The admin API.',
  ),
  presence: group(
    {
      enabled: flag({ description: 'Tell users whether others are online.', default: true }),
      include_offline_users_on_sync: flag({
        description: 'List offline users in initial syncs.',
        default: false,
      }),
    },
    'Online status.',
  ),
  limits: group(
    {
      max_connections: integer(
        { description: 'Connections open at once on each address.', default: 10_000 },
        1,
      ),
      max_request_body: size({
        description: 'Largest JSON body of a request with an access token.',
        default: '10M',
      }),
      max_anonymous_request_body: size({
        description: 'Largest JSON body of a request anyone can make.',
        default: '256K',
      }),
      max_event_streams: integer(
        {
          description:
            'Administrators and their scripts that may listen to the event stream at once; more are refused.',
          default: 20,
        },
        1,
      ),
      max_long_polls_per_user: integer(
        {
          description: 'Syncs of one user that may wait at once. The oldest is answered early.',
          default: 20,
        },
        1,
      ),
      cache_factor: number(
        {
          description:
            'The caches that grow with users and rooms, all of them sized by the four numbers below, may hold so many times as much: 0.5 on a small machine, 4 where memory is plenty. What nobody has used for half an hour is forgotten in any case.',
          default: 1,
          example: '0.5',
        },
        0.01,
      ),
      event_cache_size: size({ description: 'Memory for events that were used lately.', default: '16M' }),
      account_cache_size: size({
        description:
          'Memory for what the list of accounts shows of each, where that is enough for all of them: 400 bytes or so for one.',
        default: '4M',
      }),
      room_cache_entries: integer(
        { description: 'Rooms whose current state is kept in memory.', default: 2_000 },
        1,
      ),
      token_cache_entries: integer({ description: 'Access tokens kept in memory.', default: 20_000 }, 1),
      rate_limit_entries: integer(
        { description: 'Users and addresses counted at once by rate limits.', default: 50_000 },
        1,
      ),
      login_session_lifetime: duration({
        description: 'How long an unfinished user-interactive authentication is kept.',
        default: '48h',
      }),
      shadow_ban_delay: duration({
        description:
          'How long the requests of shadow-banned users seem to take, at most; each a random part of it.',
        default: '10s',
      }),
    },
    'What may take memory, and how much of it.',
  ),
}
