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
/** The size of a block is looked at whenever one of its counts is a multiple of this. */
const LOOK_EVERY = 64

/** Before every key. Not empty: an empty blob is a null to some drivers. */
const BEGINNING: Uint8Array = Buffer.from([0])

const isBeginning = (start: Uint8Array) => start.length === BEGINNING.length

function placeIn(list: AccountList, start: Uint8Array): Place | undefined {
  return isBeginning(start) ? undefined : placeOf(list, start)
}

/** An account in the lists: its place in each and what it counts as. */
export interface ListEntry extends ListedAccount {
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

  /** An account came, changed or (never yet) went. */
  async move(before: ListEntry | undefined, after: ListEntry | undefined): Promise<void> {
    for (const list of ACCOUNT_LISTS) {
      const from = before && { key: keyOf(list, before), kind: before.kind }
      const to = after && { key: keyOf(list, after), kind: after.kind }
      if (from !== undefined && to !== undefined && from.kind === to.kind && from.key.equals(to.key)) continue
      const fromStart = from && (await this.#startOf(list, from.key))
      const toStart =
        to && (fromStart && from.key.equals(to.key) ? fromStart : await this.#startOf(list, to.key))
      if (fromStart && toStart && from.kind === to.kind && Buffer.compare(fromStart, toStart) === 0) continue
      const shrunk = fromStart && (await this.#count(list, fromStart, from.kind, -1))
      const grown = toStart && (await this.#count(list, toStart, to.kind, 1))
      // Splitting first: what joins the block before it must not have become a different block meanwhile.
      if (grown) await this.#splitIfLarge(list, toStart)
      if (shrunk) await this.#joinIfSmall(list, fromStart)
    }
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

  async #startOf(list: AccountList, key: Uint8Array): Promise<Uint8Array> {
    const row = await this.#db.get<{ start: Uint8Array }>(
      'SELECT start FROM user_blocks WHERE list = ? AND start <= ? ORDER BY start DESC LIMIT 1',
      list.id,
      key,
    )
    return row?.start ?? BEGINNING
  }

  /** Whether it is time to look at the size of the block. */
  async #count(list: AccountList, start: Uint8Array, kind: number, by: number): Promise<boolean> {
    const row = await this.#db.get<{ accounts: number }>(
      `INSERT INTO user_blocks (list, start, kind, accounts) VALUES (?, ?, ?, ?) ON CONFLICT (list, start, kind)
       DO UPDATE SET accounts = user_blocks.accounts + excluded.accounts RETURNING accounts`,
      list.id,
      start,
      kind,
      by,
    )
    return row!.accounts % LOOK_EVERY === 0
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
    for (const [kind, accounts] of counts) {
      const row: SqlValue[] = [list.id, start, kind, accounts]
      await this.#db.run('INSERT INTO user_blocks (list, start, kind, accounts) VALUES (?, ?, ?, ?)', ...row)
    }
  }
}
