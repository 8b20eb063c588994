import { type BulkInsert, bulkInsert } from '../db/bulk.ts'
import type { ReadHandle, SqlValue, WriteHandle } from '../db/types.ts'
import {
  ACCOUNT_LISTS,
  type AccountList,
  keyOf,
  type ListedAccount,
  orderClause,
  type Place,
  placeOf,
  rangesFrom,
} from './account-orders.ts'

/**
 * Each list is cut into blocks, and `user_blocks` holds how many accounts of each kind every block has: to skip to an
 * offset is to add up some hundred blocks, and to walk the rest of one.
 *
 *     the beginning      start            start
 *     | … accounts …     | … accounts …   | … accounts …
 *
 * A block reaches up to the next start. It is cut in two when it has more than `MAX_ACCOUNTS`, and joins the one
 * before it when it has fewer than `MIN_ACCOUNTS`. All of this happens in the transaction that changes the account.
 */
const MAX_ACCOUNTS = 4_096
const MIN_ACCOUNTS = 512
/** The size of a block is looked at after about so many changes. A prime: ids may have any stride. */
const LOOK_EVERY = 61

/** Before every key. Not empty: an empty blob is a null to some drivers. */
const BEGINNING: Uint8Array = Buffer.from([0])

const isBeginning = (start: Uint8Array) => start.length === BEGINNING.length

function placeIn(list: AccountList, start: Uint8Array): Place | undefined {
  return isBeginning(start) ? undefined : placeOf(list, start)
}

/** An account in the lists: its place in each and what it counts as. */
export interface ListEntry extends ListedAccount {
  id: number
  kind: number
}

/** The block in which the account of a rank is. */
export interface BlockPlace {
  /** `undefined`: the beginning of the list. */
  start: Place | undefined
  /** How many accounts of the kinds come before the block. */
  before: number
}

/** The last block before which there are at most `rank` accounts of these kinds. */
export async function findBlock(
  db: ReadHandle,
  list: AccountList,
  kinds: readonly number[],
  rank: number,
): Promise<BlockPlace> {
  const row = await db.get<{ start: Uint8Array; before: number }>(FIND_BLOCK, kinds, list.id, rank)
  if (row === undefined) return { start: undefined, before: 0 }
  return { start: placeIn(list, row.start), before: row.before }
}

/** Rows come in the order of the primary key: no sorting. */
const FIND_BLOCK = `
SELECT start, before FROM (
  SELECT start, SUM(own) OVER (ORDER BY start ROWS UNBOUNDED PRECEDING) - own AS before FROM (
    SELECT start, SUM(CASE WHEN kind = ANY(?) THEN accounts ELSE 0 END) AS own
    FROM user_blocks WHERE list = ? GROUP BY start) AS blocks) AS ranked
WHERE before <= ? ORDER BY start DESC LIMIT 1`

const FIND_START = 'SELECT start FROM user_blocks WHERE list = ? AND start <= ? ORDER BY start DESC LIMIT 1'
const FIND_ALL_STARTS = `SELECT ${ACCOUNT_LISTS.map(
  ({ id }, i) =>
    `(SELECT start FROM user_blocks WHERE list = '${id}' AND start <= ? ORDER BY start DESC LIMIT 1) AS s${i}`,
).join(', ')}`

const ADDED = `ON CONFLICT (list, start, kind) DO UPDATE SET accounts = user_blocks.accounts + excluded.accounts`
const COUNTS: BulkInsert = {
  table: 'user_blocks',
  columns: { list: 'text', start: 'bytea', kind: 'bigint', accounts: 'bigint' },
  conflict: ADDED,
}

/** Keeps the blocks true. Rows of `users` must be written before their entries are moved. */
export class AccountBlocks {
  readonly #db: WriteHandle
  constructor(db: WriteHandle) {
    this.#db = db
  }

  /**
   * Lets other processes wait until this transaction has ended. Must come before what is to change is read: a block
   * may be cut while its accounts are counted elsewhere.
   */
  async lock(): Promise<void> {
    if (this.#db.dialect === 'postgres')
      await this.#db.run(`UPDATE streams SET position = position WHERE name = 'accounts'`)
  }

  /** An account came (`before` is undefined) or changed. */
  async move(before: ListEntry | undefined, after: ListEntry): Promise<void> {
    const lists = ACCOUNT_LISTS.filter(
      (list) =>
        before === undefined ||
        before.kind !== after.kind ||
        before.name !== after.name ||
        before[list.column] !== after[list.column],
    )
    const to = await this.#startsOf(lists, after)
    const from = before && (await this.#startsOf(lists, before))
    const inPlace: SqlValue[][] = []
    const moved: number[] = []
    for (const [i, list] of lists.entries()) {
      if (from !== undefined && Buffer.compare(from[i]!, to[i]!) !== 0) moved.push(i)
      else if (before?.kind !== after.kind) {
        inPlace.push([list.id, to[i]!, after.kind, 1])
        if (before !== undefined) inPlace.push([list.id, to[i]!, before.kind, -1])
      }
    }
    await bulkInsert(this.#db, COUNTS, inPlace)
    for (const i of moved) await this.#moveBetween(lists[i]!, from![i]!, before!.kind, to[i]!, after.kind)
    if (before === undefined && after.id % LOOK_EVERY === 0)
      for (const [i, list] of lists.entries()) await this.#splitIfLarge(list, to[i]!)
  }

  /** Makes the blocks anew, whatever they are now. Takes seconds for a million accounts. */
  async rebuild(): Promise<void> {
    await this.#db.run('DELETE FROM user_blocks')
    for (const list of ACCOUNT_LISTS) {
      let start: Uint8Array = BEGINNING
      for (;;) {
        const keys = await this.#keysFrom(list, start, MAX_ACCOUNTS / 2 + 1)
        const own = keys.slice(0, MAX_ACCOUNTS / 2)
        await this.#writeCounts(list, start, own)
        const next = keys[own.length]
        if (next === undefined) break
        start = next.key
      }
    }
  }

  async #moveBetween(
    list: AccountList,
    from: Uint8Array,
    fromKind: number,
    to: Uint8Array,
    toKind: number,
  ): Promise<void> {
    const left = await this.#count(list, from, fromKind, -1)
    const grown = await this.#count(list, to, toKind, 1)
    if (grown % LOOK_EVERY === 0) await this.#splitIfLarge(list, to)
    if (left % LOOK_EVERY === 0) await this.#joinIfSmall(list, from)
  }

  /** The starts of the blocks that an account is in, one for each of `lists`. */
  async #startsOf(lists: readonly AccountList[], account: ListEntry): Promise<Uint8Array[]> {
    if (lists.length <= 2) {
      const starts: Uint8Array[] = []
      for (const list of lists) {
        const row = await this.#db.get<{ start: Uint8Array }>(FIND_START, list.id, keyOf(list, account))
        starts.push(row?.start ?? BEGINNING)
      }
      return starts
    }
    const row = await this.#db.get<Record<string, Uint8Array | null>>(
      FIND_ALL_STARTS,
      ...ACCOUNT_LISTS.map((list) => keyOf(list, account)),
    )
    return lists.map((list) => row![`s${ACCOUNT_LISTS.indexOf(list)}`] ?? BEGINNING)
  }

  /** How many accounts of the kind the block has now. */
  async #count(list: AccountList, start: Uint8Array, kind: number, by: number): Promise<number> {
    const row = await this.#db.get<{ accounts: number }>(
      `INSERT INTO user_blocks (list, start, kind, accounts) VALUES (?, ?, ?, ?) ${ADDED} RETURNING accounts`,
      list.id,
      start,
      kind,
      by,
    )
    return row!.accounts
  }

  async #sizeOf(list: AccountList, start: Uint8Array): Promise<number> {
    const row = await this.#db.get<{ n: number }>(
      'SELECT CAST(COALESCE(SUM(accounts), 0) AS BIGINT) AS n FROM user_blocks WHERE list = ? AND start = ?',
      list.id,
      start,
    )
    return row!.n
  }

  async #splitIfLarge(list: AccountList, start: Uint8Array): Promise<void> {
    const size = await this.#sizeOf(list, start)
    if (size <= MAX_ACCOUNTS) return
    const keys = await this.#keysFrom(list, start, size)
    const half = keys.slice(keys.length >> 1)
    if (half.length < 2) return // somebody removed rows by hand
    await this.#db.run('DELETE FROM user_blocks WHERE list = ? AND start = ?', list.id, start)
    await this.#writeCounts(list, start, keys.slice(0, keys.length >> 1))
    await this.#writeCounts(list, half[0]!.key, half)
  }

  async #joinIfSmall(list: AccountList, start: Uint8Array): Promise<void> {
    const size = await this.#sizeOf(list, start)
    if (size >= MIN_ACCOUNTS || isBeginning(start)) return
    const previous = await this.#db.get<{ start: Uint8Array }>(
      'SELECT start FROM user_blocks WHERE list = ? AND start < ? ORDER BY start DESC LIMIT 1',
      list.id,
      start,
    )
    if (previous === undefined) return
    // A block that is nearly full would be cut again at once.
    if (size > 0 && (await this.#sizeOf(list, previous.start)) + size > (MAX_ACCOUNTS * 3) / 4) return
    const counts = await this.#db.all<{ kind: number; accounts: number }>(
      'DELETE FROM user_blocks WHERE list = ? AND start = ? RETURNING kind, accounts',
      list.id,
      start,
    )
    for (const { kind, accounts } of counts) await this.#count(list, previous.start, kind, accounts)
  }

  /** The first `count` keys from `start` on, as the rows are. */
  async #keysFrom(
    list: AccountList,
    start: Uint8Array,
    count: number,
  ): Promise<{ key: Buffer; kind: number }[]> {
    const keys: { key: Buffer; kind: number }[] = []
    for (const range of rangesFrom(list, placeIn(list, start))) {
      const missing = count - keys.length
      if (missing === 0) break
      const column = list.column === 'name' ? '' : `, ${list.column}`
      const rows = await this.#db.all<ListEntry>(
        `SELECT name, kind${column} FROM users WHERE ${range.sql} ORDER BY ${orderClause(list)} LIMIT ?`,
        ...range.params,
        missing,
      )
      for (const row of rows) keys.push({ key: keyOf(list, row), kind: row.kind })
    }
    return keys
  }

  async #writeCounts(list: AccountList, start: Uint8Array, keys: readonly { kind: number }[]): Promise<void> {
    const counts = new Map<number, number>()
    for (const { kind } of keys) counts.set(kind, (counts.get(kind) ?? 0) + 1)
    const rows = [...counts].map(([kind, accounts]): SqlValue[] => [list.id, start, kind, accounts])
    await bulkInsert(this.#db, COUNTS, rows)
  }
}
