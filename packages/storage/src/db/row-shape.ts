import type { SQLOutputValue, StatementSync } from 'node:sqlite'

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
  #columns = -1
  #toRow: (values: RowValues) => object = () => ({})

  constructor(raw: StatementSync) {
    this.raw = raw
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
