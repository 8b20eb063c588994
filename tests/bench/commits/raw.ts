import type { StorageOptions } from '@ranvier/storage'
import { PostgresDatabase } from '@ranvier/storage/db/postgres'
import { SqliteDatabase } from '@ranvier/storage/db/sqlite'
import type { SqlValue } from '@ranvier/storage/db/types'
import type { RowSet } from './changes.ts'

/**
 * Writes rows by prepared statements and nothing else: no queue, no checks of rooms, no objects of ours. The connection, its
 * settings, the packets, the flush beside the event loop and the checkpoints are the storage's own.
 */
export interface RawWriter extends AsyncDisposable {
  /** One transaction; resolves when it is on disk. */
  write(group: readonly RowSet[]): Promise<void>
}

export function openRawWriter(options: StorageOptions): Promise<RawWriter> {
  return options.dialect === 'sqlite' ? onSqlite(options.file) : onPostgres(options)
}

/** A statement for each row. */
async function onSqlite(file: string): Promise<RawWriter> {
  const database = new SqliteDatabase(file)
  const prepare = once((text: string) => database.writer.raw.prepare(text))
  return {
    write: (group) =>
      database.transaction(async () => {
        for (const { table, set, key, rows } of group) {
          const statement = prepare(
            key.length === 0
              ? `INSERT INTO ${table} (${set.join(', ')}) VALUES (${set.map(() => '?').join(', ')})`
              : `UPDATE ${table} SET ${set.map((name) => `${name} = ?`).join(', ')} WHERE ${key.map((name) => `${name} = ?`).join(' AND ')}`,
          )
          for (const row of rows) statement.run(...row)
        }
      }),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

/** A statement for all rows of a table: one for each row would be several times as slow. */
async function onPostgres(options: StorageOptions & { dialect: 'postgres' }): Promise<RawWriter> {
  const database = new PostgresDatabase(options, () => {})
  const found = await database.reader.all<{ name: string; type: string }>(
    "SELECT table_name || '.' || column_name AS name, data_type AS type FROM information_schema.columns WHERE table_schema = 'public'",
  )
  const types = new Map(found.map(({ name, type }) => [name, type]))
  return {
    write: (group) =>
      database.transaction(async (db) => {
        for (const { table, set, key, rows } of group) {
          const columns = [...set, ...key]
          const lists = columns.map((name) => `?::${types.get(`${table}.${name}`)}[]`).join(', ')
          const statement =
            key.length === 0
              ? `INSERT INTO ${table} (${set.join(', ')}) SELECT * FROM unnest(${lists})`
              : `UPDATE ${table} SET ${set.map((name) => `${name} = new.${name}`).join(', ')} FROM unnest(${lists}) AS new(${columns.join(', ')}) WHERE ${key.map((name) => `${table}.${name} = new.${name}`).join(' AND ')}`
          const values = columns.map((_, i) => rows.map((row) => row[i]!))
          await db.send(statement, ...(values as SqlValue[])) // which the driver binds whatever is in a list
        }
      }),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

function once<T>(make: (text: string) => T): (text: string) => T {
  const made = new Map<string, T>()
  return (text) => {
    let known = made.get(text)
    if (known === undefined) made.set(text, (known = make(text)))
    return known
  }
}
