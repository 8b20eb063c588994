import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { JsonObject } from '@ranvier/protocol/json'
import type { ConsentConfig } from './config.ts'
import { ConfigError } from './problems.ts'
import type { RawConfig } from './schema/schema.ts'

// It is part of a file's name.
const VERSION = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/

/** The terms of this server; null: there are none. Relative paths start at `baseDir`. */
export function resolveConsent(
  { user_consent: raw, server_notices: notices }: RawConfig,
  baseDir: string,
): ConsentConfig | null {
  if (raw === undefined) return null
  if (!VERSION.test(raw.version))
    throw new ConfigError(
      `user_consent.version: "${raw.version}" must have letters, digits, dots and dashes only. Write, for example, \`version: '1.0'\`.`,
    )
  const templateDir = resolve(baseDir, raw.template_dir)
  const template = join(templateDir, 'en', `${raw.version}.html`)
  if (!existsSync(template))
    throw new ConfigError(
      `user_consent.template_dir: there is no ${template}. Put the text of your terms there.`,
    )
  return {
    version: raw.version,
    templateDir,
    policyName: raw.policy_name,
    atRegistration: raw.require_at_registration,
    blockEventsError: raw.block_events_error ?? null,
    notice: resolveNotice(raw.server_notice_content, notices !== undefined),
    noticesToGuests: raw.send_server_notice_to_guests,
  }
}

function resolveNotice(raw: Record<string, unknown> | undefined, canBeSent: boolean): JsonObject | null {
  // Without a default of its own, an absent group is filled in as an empty one.
  if (raw === undefined || Object.keys(raw).length === 0) return null
  if (typeof raw['msgtype'] !== 'string' || typeof raw['body'] !== 'string')
    throw new ConfigError(
      "user_consent.server_notice_content: needs `msgtype` and `body`. Write, for example, `{ msgtype: m.text, body: 'Please agree: %(consent_uri)s' }`.",
    )
  if (!canBeSent)
    throw new ConfigError(
      'user_consent.server_notice_content: notices are not enabled. Add `server_notices: { system_mxid_localpart: notices }`, or remove this key.',
    )
  return raw as JsonObject // YAML that was read as JSON is
}
