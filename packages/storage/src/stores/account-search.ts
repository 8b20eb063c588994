import type { UserId } from '@ranvier/protocol/ids/brands'
import { localpartOf } from '@ranvier/protocol/ids/user-id'
import type { Dialect, SqlValue } from '../db/types.ts'
import { EDGE, isGram, longGramsOf } from './account-grams.ts'
import { queryFor } from './account-search-index.ts'

/** A piece of a WHERE clause and what it binds. */
export interface Condition {
  sql: string
  params: SqlValue[]
}

/** PostgreSQL: an index of trigrams knows nothing of shorter texts. */
const TRIGRAM = 3

/** Letters that differ only in case become equal. `LOWER` of both databases folds ASCII only. */
export function fold(text: string): string {
  // The final sigma depends on what follows, which a part of a text does not tell.
  return text.toLowerCase().replaceAll('ς', 'σ')
}

/** What searches look at, kept beside the account: its localpart between two edges, then its display name. */
export function searchTextOf(userId: UserId, displayname: string | null): string {
  return `${EDGE}${fold(localpartOf(userId))}${EDGE}${fold(displayname ?? '').replaceAll(EDGE, ' ')}`
}

export interface TextSearch {
  /** Part of the localpart or of the display name, in any letter case. */
  name?: string | undefined
  /** Part of the whole user id, in any letter case. Not looked at when `name` is given. */
  userId?: string | undefined
}

/** The accounts that a text search finds. */
export interface FoundAccounts {
  check: Condition
  /** SQLite: a query for its index that gives all of them. */
  match: string | undefined
  /** Whether `match` gives no others. */
  isExact: boolean
  /** What is looked for, when the accounts that have it are counted in `user_grams`. */
  gram: string | undefined
  /** Such grams as all of them have. */
  grams: readonly string[]
}

/**
 * What a search by text asks for; `undefined` when there is none or every account passes. `%` and `_` mean themselves.
 * `serverName` is that of the accounts.
 */
export function foundAccounts(
  dialect: Dialect,
  { name, userId }: TextSearch,
  serverName: string,
): FoundAccounts | undefined {
  if (name !== undefined) {
    const part = fold(name).replaceAll(EDGE, ' ')
    if (part === '') return undefined
    const match = dialect === 'sqlite' ? queryFor(part) : undefined
    // PostgreSQL would walk all of its index for a pattern without trigrams.
    const text = hasTrigram(part) ? 'search_text' : `(search_text || '')`
    const gram = isGram(part) ? part : undefined
    return { check: like(text, part), match, isExact: match !== undefined, gram, grams: longGramsOf(part) }
  }
  if (userId === undefined) return undefined
  const part = fold(userId)
  if (part === '@' || `:${fold(serverName)}`.includes(part)) return undefined
  // What is not in the server name alone is in the localpart, or reaches from its end into the server name.
  const colon = part.indexOf(':')
  const localpart = (colon < 0 ? part : `${part.slice(0, colon)}${EDGE}`).replace(/^@/, '')
  const check = like('LOWER(name)', part)
  const grams = longGramsOf(localpart.replaceAll(EDGE, ''))
  if (dialect === 'sqlite' || !hasTrigram(localpart))
    return {
      check,
      match: dialect === 'sqlite' ? queryFor(localpart) : undefined,
      isExact: false,
      gram: undefined,
      grams,
    }
  const candidates = like('search_text', localpart)
  return {
    check: { sql: `${candidates.sql} AND ${check.sql}`, params: [...candidates.params, ...check.params] },
    match: undefined,
    isExact: false,
    gram: undefined,
    grams,
  }
}

export function both(a: Condition, b: Condition): Condition {
  return { sql: `${a.sql} AND ${b.sql}`, params: [...a.params, ...b.params] }
}

function like(text: string, part: string): Condition {
  return { sql: `${text} LIKE ? ESCAPE '\\'`, params: [`%${part.replace(/[\\%_]/g, '\\$&')}%`] }
}

/** Characters are code points, as the databases see them. */
function hasTrigram(part: string): boolean {
  return [...part.slice(0, 2 * TRIGRAM)].length >= TRIGRAM
}
