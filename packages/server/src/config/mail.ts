import type { ThreepidRules } from '../accounts/threepids/threepid-rules.ts'
import type { AccountValidityConfig, MailConfig } from './config.ts'
import { fillIn } from './fill-in.ts'
import { ConfigError } from './problems.ts'
import type { RawConfig } from './schema/schema.ts'
import { parseDurationMs } from './units.ts'

// The check has parsed every duration already.
const durationMs = (value: string | number): number => parseDurationMs(value)!

/** How mail is sent; null: not at all. */
export function resolveMail({ email: raw, server_name }: RawConfig): MailConfig | null {
  if (raw === undefined) return null
  const { app_name: appName, force_tls: forceTls, smtp_user: user, smtp_pass: pass } = raw
  const fill = (text: string) => fillIn(text, { app: appName, server_name })
  if ((user === undefined) !== (pass === undefined))
    throw new ConfigError(
      'email.smtp_user, email.smtp_pass: one is given without the other. Write both, or neither.',
    )
  const from = fill(raw.notif_from)
  if (!/[^\s<>@]+@[^\s<>@]+/.test(from))
    throw new ConfigError(
      `email.notif_from: "${raw.notif_from}" holds no address. Write, for example, \`notif_from: '%(app)s <noreply@example.com>'\`.`,
    )
  if (!URL.canParse(raw.client_base_url))
    throw new ConfigError(`email.client_base_url: "${raw.client_base_url}" is not a URL.`)
  return {
    smtp: {
      host: raw.smtp_host,
      port: raw.smtp_port ?? (forceTls ? 465 : 25),
      auth: user === undefined || pass === undefined ? null : { user, pass },
      tls: forceTls
        ? 'always'
        : raw.require_transport_security
          ? 'required'
          : raw.enable_tls
            ? 'offered'
            : 'never',
      tlsName: raw.tlsname ?? null,
    },
    from,
    appName,
    clientBaseUrl: raw.client_base_url.replace(/\/+$/, ''),
    validationTokenLifetimeMs: durationMs(raw.validation_token_lifetime),
    notifications: {
      enabled: raw.enable_notifs,
      forNewUsers: raw.enable_notifs && raw.notif_for_new_users,
      delayMs: durationMs(raw.notif_delay_before_mail),
      subjects: {
        messageFromPersonInRoom: fill(raw.subjects.message_from_person_in_room),
        messageFromPerson: fill(raw.subjects.message_from_person),
        messagesFromPerson: fill(raw.subjects.messages_from_person),
        messagesInRoom: fill(raw.subjects.messages_in_room),
        messagesInRoomAndOthers: fill(raw.subjects.messages_in_room_and_others),
        messagesFromPersonAndOthers: fill(raw.subjects.messages_from_person_and_others),
        inviteFromPerson: fill(raw.subjects.invite_from_person),
        inviteFromPersonToRoom: fill(raw.subjects.invite_from_person_to_room),
        inviteFromPersonToSpace: fill(raw.subjects.invite_from_person_to_space),
      },
    },
    subjects: {
      passwordReset: fill(raw.subjects.password_reset),
      emailValidation: fill(raw.subjects.email_validation),
      emailAlreadyInUse: fill(raw.subjects.email_already_in_use),
    },
  }
}

/** What addresses users may have, and what for. */
export function resolveThreepids(raw: RawConfig): ThreepidRules {
  const required = raw.registrations_require_3pid
  if (required.includes('msisdn'))
    throw new ConfigError(
      'registrations_require_3pid: phone numbers cannot be confirmed, as this server sends no text messages. Remove `msisdn`.',
    )
  if (required.length > 0 && raw.email === undefined)
    throw new ConfigError(
      'registrations_require_3pid: mail cannot be sent without `email`. Set up `email`, or remove this key.',
    )
  return {
    changesEnabled: raw.enable_3pid_changes,
    allowed: raw.allowed_local_3pids?.map(resolveAllowed) ?? null,
    hidesUse: raw.request_token_inhibit_3pid_errors,
    nextLinkDomains: raw.next_link_domain_whitelist ?? null,
    registrationNeedsEmail: required.includes('email'),
  }
}

/** Patterns are Python's in Synapse, and match from the beginning. What people write there means the same here. */
function resolveAllowed({ medium, pattern }: { medium: string; pattern: string }): {
  medium: string
  pattern: RegExp
} {
  try {
    return { medium, pattern: new RegExp(`^(?:${pattern})`) }
  } catch (cause) {
    throw new ConfigError(`allowed_local_3pids: "${pattern}" is not a regular expression.`, { cause })
  }
}

/** When accounts expire; null: never. */
export function resolveAccountValidity(raw: RawConfig): AccountValidityConfig | null {
  const { enabled, period, renew_at: renewAt, renew_email_subject: subject } = raw.account_validity
  if (!enabled) return null
  if (period === undefined)
    throw new ConfigError(
      'account_validity.period: is needed when account_validity.enabled is true. Write, for example, `period: 6w`.',
    )
  if (renewAt !== undefined && raw.email === undefined)
    throw new ConfigError(
      'account_validity.renew_at: mail cannot be sent without `email`. Set up `email`, or remove this key.',
    )
  const app = raw.email?.app_name ?? 'Matrix'
  return {
    periodMs: durationMs(period),
    renewAtMs: renewAt === undefined ? null : durationMs(renewAt),
    renewSubject: fillIn(subject, { app, server_name: raw.server_name }),
  }
}
