import { Type } from '@ranvier/admin-api/schema'
import { choice, duration, flag, group, integer, maybe, text, texts } from './kinds.ts'

const subject = (description: string, fallback: string) => text({ description, default: fallback })

/** Mail, and what is done with it. Names and defaults are Synapse's. */
export const mail = {
  email: maybe(
    Type.Object(
      {
        smtp_host: text({ description: 'The mail server that takes our mail.', default: 'localhost' }),
        smtp_port: maybe(
          integer({ description: 'Its port. Default: 465 with `force_tls`, else 25.', example: '587' }, 1),
        ),
        smtp_user: maybe(text({ description: 'Who we log in as there. Default: nobody.' })),
        smtp_pass: maybe(text({ description: 'The password for that.' })),
        force_tls: flag({ description: 'Speak TLS from the first byte (SMTPS).', default: false }),
        require_transport_security: flag({
          description: 'Send nothing unless STARTTLS succeeds.',
          default: false,
        }),
        enable_tls: flag({ description: 'Use STARTTLS where it is offered.', default: true }),
        tlsname: maybe(
          text({ description: 'The name its certificate must have. Default: that of `smtp_host`.' }),
        ),
        notif_from: text({
          description: 'Who mail comes from. `%(app)s` stands for `app_name`.',
          example: "'Your %(app)s homeserver <noreply@example.com>'",
        }),
        app_name: text({ description: 'What mail calls this service.', default: 'Matrix' }),
        client_base_url: text({
          description: 'Where links to rooms in mail lead.',
          default: 'https://matrix.to',
        }),
        validation_token_lifetime: duration({
          description: 'How long the links that prove an address work.',
          default: '1h',
        }),
        subjects: group(
          {
            password_reset: subject(
              'The mail that lets somebody set a new password.',
              '[%(server_name)s] Password reset',
            ),
            email_already_in_use: subject(
              'The mail to an address that has an account, when somebody registers with it.',
              '[%(server_name)s] Email already in use',
            ),
            email_validation: subject(
              'The mail that proves an address.',
              '[%(server_name)s] Validate your email',
            ),
          },
          'Subjects of mail. `%(app)s` and `%(server_name)s` are filled in.',
        ),
      },
      {
        description: 'How this server sends mail. Default: it sends none.',
        examples: ["{ smtp_host: mail.example.com, notif_from: '%(app)s <noreply@example.com>' }"],
      },
    ),
  ),
  registrations_require_3pid: Type.Array(
    choice(['email', 'msisdn'], { description: 'An address that has to be shown.', example: 'email' }),
    {
      description: 'Addresses that have to be shown to make an account: `email`. Phone numbers cannot be.',
      default: [],
      examples: ['[email]'],
    },
  ),
  allowed_local_3pids: maybe(
    Type.Array(
      Type.Object({
        medium: text({ description: '`email` or `msisdn`.' }),
        pattern: text({
          description: 'A regular expression that the address must match from its beginning.',
        }),
      }),
      {
        description: 'The only addresses that accounts are made with, and that users may add. Default: any.',
        examples: ["[{ medium: email, pattern: '.*@example\\.com$' }]"],
      },
    ),
  ),
  enable_3pid_changes: flag({
    description: 'Users may change their email addresses and phone numbers.',
    default: true,
  }),
  request_token_inhibit_3pid_errors: flag({
    description:
      'Do not tell clients whether an address has an account. Who registers with one that has is told by mail.',
    default: false,
  }),
  next_link_domain_whitelist: maybe(
    texts({
      description: 'Hosts that browsers may be led to after an address is confirmed. Default: any.',
      example: '[app.example.com]',
    }),
  ),
  account_validity: group(
    {
      enabled: flag({
        description: 'Accounts expire, unless they are renewed. Existing ones get a time once this is on.',
        default: false,
      }),
      period: maybe(
        duration({
          description: 'How long an account lasts, and how much a renewal adds. Needed when this is on.',
          example: '6w',
        }),
      ),
      renew_at: maybe(
        duration({
          description:
            'How long before that a mail with a link to renew it is sent. Needs `email`. Default: no such mail.',
          example: '1w',
        }),
      ),
      renew_email_subject: text({
        description: 'Subject of that mail.',
        default: 'Renew your %(app)s account',
      }),
    },
    'Accounts that expire.',
  ),
}
