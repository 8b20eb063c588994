import { matchesPattern } from '../wildcards.ts'

/** What a URL must be like not to be looked at: every part that is named. Synapse: url_preview_url_blacklist */
export type UrlPattern = Readonly<Partial<Record<(typeof PARTS)[number], string>>>

const PARTS = [
  'scheme',
  'netloc',
  'hostname',
  'port',
  'path',
  'query',
  'fragment',
  'username',
  'password',
] as const

/** Patterns beginning with `^` are regular expressions, others globs with `*`. A part the URL lacks fits nothing. */
export function fitsUrl(pattern: UrlPattern, url: URL): boolean {
  const parts: Record<(typeof PARTS)[number], string> = {
    scheme: url.protocol.slice(0, -1),
    netloc: `${url.username}${url.password && `:${url.password}`}${url.username && '@'}${url.host}`,
    hostname: url.hostname,
    port: url.port,
    path: url.pathname,
    query: url.search.slice(1),
    fragment: url.hash.slice(1),
    username: url.username,
    password: url.password,
  }
  const named = PARTS.filter((part) => pattern[part] !== undefined)
  return named.length > 0 && named.every((part) => parts[part] !== '' && fits(pattern[part]!, parts[part]))
}

function fits(pattern: string, text: string): boolean {
  return pattern.startsWith('^') ? new RegExp(pattern, 'u').test(text) : matchesPattern(pattern, text)
}
