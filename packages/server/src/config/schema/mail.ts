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
        enable_notifs: flag({
          description: 'Send mail about events that users have not read, to those who want it.',
          default: false,
        }),
        notif_for_new_users: flag({
          description: 'Who makes an account with an address gets such mail without asking.',
          default: true,
        }),
        notif_delay_before_mail: duration({
          description: 'How long users have to read something before there is mail about it.',
          default: '10m',
        }),
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
            message_from_person_in_room: subject(
              'One message in a room that has a name.',
              '[%(app)s] A message from %(person)s in %(room)s',
            ),
            message_from_person: subject('One message.', '[%(app)s] A message from %(person)s'),
            messages_from_person: subject('Several messages.', '[%(app)s] Messages from %(person)s'),
            messages_in_room: subject('Several in a room that has a name.', '[%(app)s] Messages in %(room)s'),
            messages_in_room_and_others: subject(
              'Messages in several rooms, the first of which has a name.',
              '[%(app)s] Messages in %(room)s and other rooms',
            ),
            messages_from_person_and_others: subject(
              'Messages in several rooms.',
              '[%(app)s] Messages from %(person)s and others',
            ),
            invite_from_person: subject('An invite.', '[%(app)s] %(person)s invites you to chat'),
            invite_from_person_to_room: subject(
              'An invite to a room that has a name.',
              '[%(app)s] %(person)s invites you to %(room)s',
            ),
            invite_from_person_to_space: subject(
              'An invite to a space that has a name.',
              '[%(app)s] %(person)s invites you to the space %(space)s',
            ),
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
          'Subjects of mail. `%(app)s` and `%(server_name)s` are filled in; in those about events also `%(person)s`, ' +
            '`%(room)s` and `%(space)s`.',
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
