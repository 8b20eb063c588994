import type { UserId } from '@ranvier/protocol/ids/brands'
import { localpartOf } from '@ranvier/protocol/ids/user-id'
import type { SqlValue } from '../db/types.ts'

/** A piece of a WHERE clause and what it binds. */
export interface Condition {
  sql: string
  params: SqlValue[]
}

/** What the name search looks at, kept folded beside the account: `LOWER` of both databases knows ASCII only. */
export function searchTextOf(userId: UserId, displayname: string | null): string {
  return `${localpartOf(userId)}\n${displayname ?? ''}`.toLowerCase()
}

export interface TextSearch {
  /** Part of the localpart or of the display name, in any letter case. */
  name?: string
  /** Part of the whole user id, in any letter case. Not looked at when `name` is given. */
  userId?: string
}

/** The condition of a text search; `undefined` when there is none. `%` and `_` mean themselves. */
export function textCondition({ name, userId }: TextSearch): Condition | undefined {
  if (name !== undefined) return { sql: `search_text LIKE ? ESCAPE '\\'`, params: [contains(name)] }
  if (userId !== undefined) return { sql: `LOWER(name) LIKE ? ESCAPE '\\'`, params: [contains(userId)] }
  return undefined
}

function contains(text: string): string {
  return `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
}
