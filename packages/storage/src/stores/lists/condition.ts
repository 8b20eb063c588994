import type { SqlValue } from '../../db/types.ts'

/** A piece of a WHERE clause and what it binds. */
export interface Condition {
  sql: string
  params: SqlValue[]
}

export function both(a: Condition, b: Condition): Condition {
  return { sql: `${a.sql} AND ${b.sql}`, params: [...a.params, ...b.params] }
}

/** A `LIKE` whose `%` and `_` mean themselves. */
export function contains(column: string, part: string): Condition {
  return { sql: `${column} LIKE ? ESCAPE '\\'`, params: [`%${part.replace(/[\\%_]/g, '\\$&')}%`] }
}
