import type { ReadHandle } from '../../db/types.ts'
import { ACCOUNT_LISTS, type AccountList, keyOf, type ListedAccount } from './orders.ts'
import { BEGINNING, spansOf } from './spans.ts'

/** Where the block begins that a key is in, and where its span does. */
export interface Starts {
  block: Uint8Array
  span: Uint8Array
}

type Nullable<Row> = { [Column in keyof Row]: Row[Column] | null }

const startSql = (list: string) =>
  `(SELECT start FROM user_blocks WHERE list = ${list} AND start <= ? ORDER BY start DESC LIMIT 1)`
const FIND_STARTS = `SELECT ${startSql('?')} AS block, ${startSql('?')} AS span`
const FIND_MANY_STARTS = `SELECT ${['block', 'span'].map(
  (piece) =>
    `(SELECT start FROM user_blocks WHERE list = names.${piece} AND start <= keys.key ORDER BY start DESC LIMIT 1) AS ${piece}`,
)} FROM unnest(?::bytea[]) WITH ORDINALITY AS keys(key, n), (SELECT ?::text AS block, ?::text AS span) AS names ORDER BY n`
const FIND_ALL_STARTS = `SELECT ${ACCOUNT_LISTS.flatMap((list, i) => [
  `${startSql(`'${list.id}'`)} AS block${i}`,
  `${startSql(`'${spansOf(list)}'`)} AS span${i}`,
]).join(', ')}`

/** The driver takes lists of blobs too; only SQLite has no way to. */
const listOfKeys = (keys: readonly Buffer[]) => keys as readonly unknown[] as readonly string[]

/** Where an account is, in each of `lists`. */
export async function startsOf(
  db: ReadHandle,
  lists: readonly AccountList[],
  account: ListedAccount,
): Promise<Starts[]> {
  if (lists.length <= 2) {
    const starts: Starts[] = []
    for (const list of lists) starts.push(...(await startsIn(db, list, [keyOf(list, account)])))
    return starts
  }
  const keys = ACCOUNT_LISTS.flatMap((list) => {
    const key = keyOf(list, account)
    return [key, key]
  })
  const row = (await db.get<Record<string, Uint8Array | null>>(FIND_ALL_STARTS, ...keys))!
  return lists.map((list) => {
    const i = ACCOUNT_LISTS.indexOf(list)
    return { block: row[`block${i}`] ?? BEGINNING, span: row[`span${i}`] ?? BEGINNING }
  })
}

/** Where each of these keys is. */
export async function startsIn(
  db: ReadHandle,
  list: AccountList,
  keys: readonly Buffer[],
): Promise<Starts[]> {
  if (db.dialect === 'postgres' && keys.length > 1) {
    const rows = await db.all<Nullable<Starts>>(FIND_MANY_STARTS, listOfKeys(keys), list.id, spansOf(list))
    return rows.map(startsFrom)
  }
  const starts: Starts[] = []
  let above: Starts | undefined
  // From the largest down: what lies between a key and the start of its block is in that block. Who was just seen mostly is.
  for (const [i, key] of [...keys.entries()].sort(([, a], [, b]) => Buffer.compare(b, a))) {
    if (above === undefined || Buffer.compare(key, above.block) < 0) {
      const row = await db.get<Nullable<Starts>>(FIND_STARTS, list.id, key, spansOf(list), key)
      above = startsFrom(row)
    }
    starts[i] = above
  }
  return starts
}

const startsFrom = (row: Nullable<Starts> | undefined): Starts => ({
  block: row?.block ?? BEGINNING,
  span: row?.span ?? BEGINNING,
})
