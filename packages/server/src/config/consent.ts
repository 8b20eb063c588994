import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { ConsentConfig } from './config.ts'
import { ConfigError } from './problems.ts'
import type { RawConfig } from './schema/schema.ts'

// It is part of a file's name.
const VERSION = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/

/** The terms of this server; null: there are none. Relative paths start at `baseDir`. */
export function resolveConsent({ user_consent: raw }: RawConfig, baseDir: string): ConsentConfig | null {
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
  }
}
