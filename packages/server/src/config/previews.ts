import { AddressPolicy } from '../outbound/address-policy.ts'
import type { PreviewConfig } from './config.ts'
import { ConfigError } from './problems.ts'
import type { RawConfig } from './schema/schema.ts'
import { parseSizeBytes } from './units.ts'

/** null: pages are not looked at. Throws a {@link ConfigError}. */
export function resolvePreviews(raw: RawConfig): PreviewConfig | null {
  if (!raw.url_preview_enabled) return null
  const addresses = {
    blocked: raw.url_preview_ip_range_blacklist,
    allowed: raw.url_preview_ip_range_whitelist,
  }
  try {
    new AddressPolicy(addresses)
  } catch (cause) {
    throw new ConfigError(
      `url_preview_ip_range_blacklist, url_preview_ip_range_whitelist: ${(cause as Error).message}. Write, for ` +
        "example, `'10.0.0.0/8'`.",
    )
  }
  for (const pattern of raw.url_preview_url_blacklist)
    for (const [part, text] of Object.entries(pattern)) checkPattern(part, String(text))
  return {
    addresses,
    blockedUrls: raw.url_preview_url_blacklist,
    maxBytes: parseSizeBytes(raw.max_spider_size)!, // checked
    languages: raw.url_preview_accept_language,
  }
}

function checkPattern(part: string, pattern: string): void {
  if (!pattern.startsWith('^')) return
  try {
    new RegExp(pattern, 'u')
  } catch (cause) {
    throw new ConfigError(
      `url_preview_url_blacklist: "${pattern}" at ${part} is no regular expression (${(cause as Error).message}).`,
    )
  }
}
