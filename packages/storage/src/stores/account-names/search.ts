import type { UserId } from '@ranvier/protocol/ids/brands'
import { localpartOf } from '@ranvier/protocol/ids/user-id'
import { type Condition, contains } from '../lists/condition.ts'
import { EDGE, fold, isGram, partOf } from '../lists/search-text.ts'
import type { Names } from './part-search.ts'

/** A part that is in no name. */
const NOBODY = `${EDGE}${EDGE}${EDGE}${EDGE}`

/** What searches look at, kept beside the account: its localpart between two edges, then its display name. */
export function searchTextOf(userId: UserId, displayname: string | null): string {
  return `${EDGE}${fold(localpartOf(userId))}${EDGE}${partOf(displayname ?? '')}`
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
    const part = partOf(name)
    if (part === '') return undefined
    const gram = isGram(part) ? part : undefined
    return { check: contains('search_text', part), part, names: 'both', gram }
  }
  if (userId === undefined) return undefined
  const whole = fold(userId)
  if (whole === '@' || `:${fold(serverName)}`.includes(whole)) return undefined
  // What is not in the server name alone is in the localpart, or reaches from its end into the server name.
  const [local, ...rest] = whole.split(':')
  const server = rest.length === 0 ? undefined : rest.join(':')
  const isPossible = !whole.includes(EDGE) && (server === undefined || fold(serverName).startsWith(server))
  const part = isPossible ? `${local!.replace(/^@/, EDGE)}${server === undefined ? '' : EDGE}` : NOBODY
  return { check: contains('LOWER(name)', whole), part, names: 'localpart', gram: undefined }
}
