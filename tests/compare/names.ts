/** What every server makes up for itself: it has to be there on both, with the same type. */
// biome-ignore format: in groups
const MADE_UP = new Set([
  'access_token', 'refresh_token', 'nonce', 'session', 'sid', 'next_batch', 'prev_batch', 'start', 'end', 'pos', 'age', 'ip',
  'last_seen_ip', 'delete_id', 'redact_id', 'purge_id', 'filter_id', 'server_version', 'password_hash', 'expires_in_ms',
  'bump_stamp', 'login_token', 'delay_id', 'duration_ms', 'state_group', 'signatures', 'hashes', 'user_agent', 'last_seen_user_agent', 'stream_ordering',
])
/** What is said to people: it has to be there. */
const PROSE = new Set(['error', 'message'])

const FIRST_MS = 1e11
const FIRST_S = 1e9

/**
 * Names for what differs between two servers that do the same: ids are replaced by the name a script gave them, others by
 * their kind, times by their unit.
 */
export class Names {
  readonly #names = new Map<string, string>()
  #pattern: RegExp | undefined

  /** From now on `id` is called `{name}`, wherever it is in an answer. */
  set(name: string, id: string): void {
    this.#names.set(id, `{${name}}`)
    this.#names.set(encodeURIComponent(id), `{${name}}`)
    this.#pattern = undefined
  }

  /** With names in the place of ids. */
  text(text: string): string {
    if (this.#names.size === 0) return generic(text)
    this.#pattern ??= new RegExp(
      [...this.#names.keys()]
        .toSorted((a, b) => b.length - a.length)
        .map(RegExp.escape)
        .join('|'),
      'g',
    )
    return generic(text.replace(this.#pattern, (id) => this.#names.get(id)!))
  }

  /** A JSON value with names in the place of what differs on every server. */
  value(value: unknown, key = ''): unknown {
    if (PROSE.has(key) && typeof value === 'string') return '<text>'
    if (MADE_UP.has(key) && value !== null) return `<${Array.isArray(value) ? 'array' : typeof value}>`
    if (key === 'device_id' && typeof value === 'string' && /^[A-Z]{10}$/.test(value))
      return this.#names.get(value) ?? '{some device}'
    if (typeof value === 'string') return this.text(value)
    if (typeof value === 'number') return numberOf(value)
    if (Array.isArray(value)) return value.map((each) => this.value(each))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [this.text(name), this.value(each, name)]),
    )
  }
}

/** Ids nobody named. */
function generic(text: string): string {
  return text
    .replace(/\$[\w-]{43}/g, '{some event}')
    .replace(/![\w-]{43}(?![\w-])|!(?:[A-Za-z]{18}|[\w-]{16})(?=:)/g, '{some room}')
    .replace(/(?<=^mxc:\/\/[^/]+\/)[\w-]{20,}$/, '{some file}')
}

function numberOf(value: number): unknown {
  if (value >= FIRST_MS) return '<ms>'
  return value >= FIRST_S ? '<s>' : value
}
