import type { StorageOptions } from '@ranvier/storage'
import { SqliteDatabase } from '@ranvier/storage/db/sqlite'
import pg from 'pg'
import type { RowSet } from './changes.ts'

/** Writes rows by prepared statements and nothing else: no queue, no checks, no objects of ours. */
export interface RawWriter extends AsyncDisposable {
  /** One transaction; resolves when it is on disk. */
  write(group: readonly RowSet[]): Promise<void>
}

export function openRawWriter(options: StorageOptions): Promise<RawWriter> {
  return options.dialect === 'sqlite' ? onSqlite(options.file) : onPostgres(options.connection)
}

/** The connection, its settings, the flush beside the event loop and the checkpoints are the storage's own. */
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
async function onPostgres(connection: pg.ClientConfig): Promise<RawWriter> {
  const client = new pg.Client(connection)
  await client.connect()
  const found = await client.query<{ name: string; type: string }>(
    "SELECT table_name || '.' || column_name AS name, data_type AS type FROM information_schema.columns WHERE table_schema = 'public'",
  )
  const types = new Map(found.rows.map(({ name, type }) => [name, type]))
  let statements = 0
  const prepare = once((text: string) => ({ name: `raw${statements++}`, text }))
  return {
    async write(group) {
      await client.query('BEGIN')
      for (const { table, set, key, rows } of group) {
        const columns = [...set, ...key]
        const lists = columns.map((name, i) => `$${i + 1}::${types.get(`${table}.${name}`)}[]`).join(', ')
        const statement = prepare(
          key.length === 0
            ? `INSERT INTO ${table} (${set.join(', ')}) SELECT * FROM unnest(${lists})`
            : `UPDATE ${table} SET ${set.map((name) => `${name} = new.${name}`).join(', ')} FROM unnest(${lists}) AS new(${columns.join(', ')}) WHERE ${key.map((name) => `${table}.${name} = new.${name}`).join(' AND ')}`,
        )
        await client.query({ ...statement, values: columns.map((_, i) => rows.map((row) => row[i])) })
      }
      await client.query('COMMIT')
    },
    [Symbol.asyncDispose]: () => client.end(),
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
