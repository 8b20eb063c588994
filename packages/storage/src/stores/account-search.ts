import type { UserId } from '@ranvier/protocol/ids/brands'
import { localpartOf } from '@ranvier/protocol/ids/user-id'
import type { SqlValue } from '../db/types.ts'
import { EDGE, isGram } from './account-grams.ts'
import type { Names } from './account-part-search.ts'

/** A part that is in no name. */
const NOBODY = `${EDGE}${EDGE}${EDGE}${EDGE}`

/** A piece of a WHERE clause and what it binds. */
export interface Condition {
  sql: string
  params: SqlValue[]
}

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
  /** What all of them have in these names, and no others, for the index of parts. */
  part: string
  names: Names
  /** What is looked for, when the accounts that have it are counted in `user_grams`. */
  gram: string | undefined
}

/**
 * What a search by text asks for; `undefined` when there is none or every account passes. `%` and `_` mean themselves.
 * `serverName` is that of the accounts.
 */
export function foundAccounts({ name, userId }: TextSearch, serverName: string): FoundAccounts | undefined {
  if (name !== undefined) {
    const part = fold(name).replaceAll(EDGE, ' ')
    if (part === '') return undefined
    const gram = isGram(part) ? part : undefined
    return { check: like('search_text', part), part, names: 'both', gram }
  }
  if (userId === undefined) return undefined
  const whole = fold(userId)
  if (whole === '@' || `:${fold(serverName)}`.includes(whole)) return undefined
  // What is not in the server name alone is in the localpart, or reaches from its end into the server name.
  const [local, ...rest] = whole.split(':')
  const server = rest.length === 0 ? undefined : rest.join(':')
  const isPossible = !whole.includes(EDGE) && (server === undefined || fold(serverName).startsWith(server))
  const part = isPossible ? `${local!.replace(/^@/, EDGE)}${server === undefined ? '' : EDGE}` : NOBODY
  return { check: like('LOWER(name)', whole), part, names: 'localpart', gram: undefined }
}

export function both(a: Condition, b: Condition): Condition {
  return { sql: `${a.sql} AND ${b.sql}`, params: [...a.params, ...b.params] }
}

function like(text: string, part: string): Condition {
  return { sql: `${text} LIKE ? ESCAPE '\\'`, params: [`%${part.replace(/[\\%_]/g, '\\$&')}%`] }
}
