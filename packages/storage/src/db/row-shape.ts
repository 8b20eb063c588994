import type { SQLOutputValue, StatementSync } from 'node:sqlite'

const READS = /^\s*(?:SELECT|PRAGMA)\b/i
const OF_ACCOUNTS = /\b(?:users|user_threepids|user_external_ids)\b/i

type RowValues = readonly SQLOutputValue[]

/**
 * A prepared statement whose rows are objects of one shape.
 *
 * `node:sqlite` makes an object of each row with no prototype, which V8 keeps as a hash table: slow to make, and slow
 * to read wherever it goes. As arrays the rows come in half the time; a constructor made for the statement's columns
 * gives each its names, and all of them one hidden class.
 */
export class ShapedStatement {
  readonly raw: StatementSync
  /** It writes to what {@link SqliteDatabase.accountsVersion} is of, or may. */
  readonly changesAccounts: boolean
  #columns = -1
  #toRow: (values: RowValues) => object = () => ({})

  constructor(raw: StatementSync, sql: string) {
    this.raw = raw
    this.changesAccounts = !READS.test(sql) && OF_ACCOUNTS.test(sql)
    raw.setReturnArrays(true)
  }

  /** Makes an object of a row. The columns of a `SELECT *` change when a migration adds some. */
  row(values: RowValues): object {
    if (values.length !== this.#columns) {
      this.#columns = values.length
      this.#toRow = constructorOf(this.raw.columns().map(({ name }) => name))
    }
    return this.#toRow(values)
  }

  /** The same for all rows of an answer, in place. */
  rows(all: unknown[]): object[] {
    for (let i = 0; i < all.length; i++) all[i] = this.row(all[i] as RowValues)
    return all as object[]
  }
}

/** An object literal has its shape from the first row on; objects that are filled by name find it step by step. */
function constructorOf(names: readonly string[]): (values: RowValues) => object {
  const members = names.map((name, i) => `${JSON.stringify(name)}: values[${i}]`)
  return new Function('values', `return { ${members.join(', ')} }`) as (values: RowValues) => object
}
