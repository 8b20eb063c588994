import type { DatabaseSync } from 'node:sqlite'

export type Value = string | number | null | Uint8Array

/** Rows of one table that one prepared statement can write: new ones, or new values of some columns. */
export interface RowSet {
  table: string
  /** Columns that are set: all of them for new rows. */
  set: readonly string[]
  /** Columns that tell which row is changed; none for new rows. */
  key: readonly string[]
  /** Each: the values of `set`, then those of `key`. */
  rows: Value[][]
}

const INSERT = 18
const UPDATE = 23

/**
 * What became of the tables: reads a changeset as SQLite's session extension writes it, which holds each changed row
 * once, however often it was written, and of it what is different. Format: sqlite.org/sessions, "Changeset format".
 */
export function readChanges(database: DatabaseSync, changeset: Uint8Array): RowSet[] {
  const reader = new Reader(changeset)
  const sets = new Map<string, RowSet>()
  const add = (table: string, row: { set: string[]; key: string[]; values: Value[] }) => {
    const name = JSON.stringify([table, row.set, row.key])
    let known = sets.get(name)
    if (known === undefined) sets.set(name, (known = { table, set: row.set, key: row.key, rows: [] }))
    known.rows.push(row.values)
  }
  let table = ''
  let columns: string[] = []
  let isKey: boolean[] = []
  while (!reader.atEnd) {
    const operation = reader.byte()
    if (operation === 0x54) {
      isKey = Array.from({ length: reader.varint() }, () => 0).map(() => reader.byte() !== 0)
      table = reader.name()
      columns = database
        .prepare(`PRAGMA table_info(${table})`)
        .all()
        .map((row) => String(row['name']))
      continue
    }
    reader.byte() // whether it is from a trigger
    if (operation === INSERT) {
      const values = columns.map(() => reader.value() as Value)
      add(table, { set: columns, key: [], values })
    } else if (operation === UPDATE) {
      const before = columns.map(() => reader.value())
      const after = columns.map(() => reader.value())
      const changed = [...columns.keys()].filter((i) => after[i] !== undefined)
      const keys = [...columns.keys()].filter((i) => isKey[i])
      add(table, {
        set: changed.map((i) => columns[i]!),
        key: keys.map((i) => columns[i]!),
        values: [...changed.map((i) => after[i]!), ...keys.map((i) => before[i]!)],
      })
    } else throw new Error(`a message took a row of ${table} away: the floor does not know how to`)
  }
  // A changeset has them in no order. In that of their keys they are written at the least cost.
  for (const { rows, set, key } of sets.values()) {
    const first = key.length > 0 ? set.length : 0
    rows.sort((a, b) => (a[first]! < b[first]! ? -1 : 1))
  }
  return [...sets.values()]
}

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number {
    return this.#bytes[this.#at++]!
  }

  varint(): number {
    let value = 0
    for (;;) {
      const byte = this.byte()
      value = value * 128 + (byte & 0x7f)
      if (byte < 0x80) return value
    }
  }

  name(): string {
    const end = this.#bytes.indexOf(0, this.#at)
    const name = this.#bytes.toString('utf8', this.#at, end)
    this.#at = end + 1
    return name
  }

  /** `undefined`: this column is as it was. */
  value(): Value | undefined {
    const type = this.byte()
    if (type === 0) return undefined
    if (type === 5) return null
    if (type === 1 || type === 2) {
      this.#at += 8
      return type === 1
        ? Number(this.#bytes.readBigInt64BE(this.#at - 8))
        : this.#bytes.readDoubleBE(this.#at - 8)
    }
    const length = this.varint()
    this.#at += length
    const bytes = this.#bytes.subarray(this.#at - length, this.#at)
    return type === 3 ? bytes.toString() : Uint8Array.from(bytes)
  }
}
