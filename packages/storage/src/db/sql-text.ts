import { UnstorableNumberError, UnstorableTextError } from '../errors.ts'
import type { SqlValue } from './types.ts'

/** `?` becomes `$1, $2, …`; everything else is PostgreSQL already. */
export function toPostgres(sql: string): string {
  let n = 0
  return sql.replace(/\?/g, () => `$${++n}`)
}

/**
 * Lists are bound as one JSON text, because SQLite has no arrays. A limit is an expression: SQLite plans by the value of
 * a bare `LIMIT ?`, and so prepares the statement anew for each, which takes ten times as long as to run most.
 */
export function toSqlite(sql: string): string {
  return sql
    .replace(/\bLIMIT \?/g, 'LIMIT +?')
    .replace(/= ANY\(\?\)/g, 'IN (SELECT value FROM json_each(?))')
    .replace(/!= ALL\(\?\)/g, 'NOT IN (SELECT value FROM json_each(?))')
}

/**
 * Column types and table options, written once: `TEXT`, `BIGINT`, `DOUBLE`, `BLOB`, and `/* by key *\/` after a table
 * that SQLite should store in its primary key. PostgreSQL compares text by code point, as SQLite does, and is told with
 * `/* nulls first *\/` in an index to place nulls where SQLite does.
 */
export function ddlFor(dialect: 'sqlite' | 'postgres', sql: string): string {
  if (dialect === 'postgres')
    return sql
      .replace(/\bTEXT\b/g, 'TEXT COLLATE "C"')
      .replace(/\bBLOB\b/g, 'BYTEA')
      .replace(/\bDOUBLE\b/g, 'DOUBLE PRECISION')
      .replace(/\/\* by key \*\//g, '')
      .replace(/\/\* (nulls first|nulls last) \*\//g, '$1')
  const sqlite = sql.replace(/\bBIGINT\b/g, 'INTEGER').replace(/\bDOUBLE\b/g, 'REAL')
  if (!/^\s*CREATE TABLE/i.test(sqlite)) return sqlite
  return sqlite.includes('/* by key */')
    ? sqlite.replace('/* by key */', 'STRICT, WITHOUT ROWID')
    : `${sqlite.trimEnd()} STRICT`
}

/** Refuses on both databases alike text with U+0000, which PostgreSQL cannot hold, and integers too large for both. */
export function checkStorable(params: readonly SqlValue[]): void {
  for (const value of params) {
    if (typeof value === 'string') {
      if (value.includes('\0')) throw new UnstorableTextError()
    } else if (typeof value === 'number') {
      if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw new UnstorableNumberError()
    } else if (Array.isArray(value)) checkStorable(value)
  }
}
