import { bulkInsert } from '../../db/bulk.ts'
import type { ReadHandle, SqlValue, WriteHandle } from '../../db/types.ts'
import type { AccountGroup } from './groups.ts'
import {
  ACCOUNT_LISTS,
  type AccountList,
  keyOf,
  type ListedAccount,
  orderClause,
  type Place,
  placeOf,
  rangesFrom,
} from './orders.ts'
import {
  AccountSpans,
  ADDED,
  BEGINNING,
  COUNTS,
  findPiece,
  isBeginning,
  type KnownPieces,
  moveCounts,
  type PieceSizes,
  sizeOf,
  spansOf,
} from './spans.ts'
import { type Starts, startsOf } from './starts.ts'

/**
 * Each list is cut into blocks, and `user_blocks` holds how many accounts of each kind every block has: to skip to an
 * offset is to add up spans of blocks, then the blocks of one span, and to walk the rest of one block.
 *
 *     the beginning      start            start
 *     | … accounts …     | … accounts …   | … accounts …
 *
 * A block reaches up to the next start. A large one is cut in two, a small one joins the one before it. All
 * of this happens in the transaction that changes the account.
 */
export interface BlockSizes extends PieceSizes {
  /** The size of a block is looked at after about so many changes. A prime: ids may have any stride. */
  lookEvery: number
  /** `undefined`: those that suit blocks of the usual size. */
  spans?: PieceSizes
}

const SIZES: BlockSizes = { max: 4_096, min: 512, lookEvery: 61 }

export const isSame = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0

function placeIn(list: AccountList, start: Uint8Array): Place | undefined {
  return isBeginning(start) ? undefined : placeOf(list, start)
}

/** An account in the lists: its place in each and what it counts as. */
export interface ListEntry extends ListedAccount {
  id: number
  kind: number
}

/** Where an account was and where it goes: in each list that its change moves it in, in their order. */
export interface KnownStarts {
  from: Starts[]
  to: Starts[]
}

/** The block in which the account of a rank is. */
export interface BlockPlace {
  /** `undefined`: the beginning of the list. */
  start: Place | undefined
  /** How many accounts of the kinds come before the block. */
  before: number
}

/** The last block before which there are at most `rank` accounts of the group's kinds. */
export async function findBlock(
  db: ReadHandle,
  list: AccountList,
  group: AccountGroup,
  rank: number,
  known?: KnownPieces,
): Promise<BlockPlace> {
  const piece = await findPiece(db, list, group, rank, known)
  if (piece === undefined) return { start: undefined, before: 0 }
  return { start: placeIn(list, piece.start), before: piece.before }
}

/** Keeps the blocks true. Rows of `users` must be written before their entries are moved. */
export class AccountBlocks {
  readonly #db: WriteHandle
  readonly #sizes: BlockSizes
  readonly #spans: AccountSpans
  #recuts = 0
  constructor(db: WriteHandle, sizes: BlockSizes = SIZES) {
    this.#db = db
    this.#sizes = sizes
    this.#spans = new AccountSpans(db, sizes.spans)
  }

  /**
   * Lets other processes wait until this transaction has ended. Must come before what is to change is read: a block
   * may be cut while its accounts are counted elsewhere.
   */
  async lock(): Promise<void> {
    if (this.#db.dialect === 'postgres')
      await this.#db.send(`UPDATE streams SET position = position WHERE name = 'accounts'`)
  }

  /** While this number stays as it is, so do the starts of all blocks and spans. */
  get recuts(): number {
    return this.#recuts
  }

  /** An account came (`before` is undefined) or changed. `known` is what {@link startsOf} tells of both. */
  async move(before: ListEntry | undefined, after: ListEntry, known?: KnownStarts): Promise<void> {
    const lists = ACCOUNT_LISTS.filter(
      (list) =>
        before === undefined ||
        before.kind !== after.kind ||
        before.name !== after.name ||
        before[list.column] !== after[list.column],
    )
    const to = known?.to ?? (await startsOf(this.#db, lists, after))
    const from = known?.from ?? (before && (await startsOf(this.#db, lists, before)))
    const inPlace: SqlValue[][] = []
    const moved: number[] = []
    const count = (list: string, start: Uint8Array, kind: number, by: number) =>
      inPlace.push([list, start, kind, by])
    for (const [i, list] of lists.entries()) {
      const isMoved = from !== undefined && !isSame(from[i]!.block, to[i]!.block)
      if (isMoved) moved.push(i)
      const isRecounted = before?.kind !== after.kind
      if (isRecounted && !isMoved) {
        count(list.id, to[i]!.block, after.kind, 1)
        if (before !== undefined) count(list.id, to[i]!.block, before.kind, -1)
      }
      if (isRecounted || (from !== undefined && !isSame(from[i]!.span, to[i]!.span))) {
        count(spansOf(list), to[i]!.span, after.kind, 1)
        if (before !== undefined) count(spansOf(list), from![i]!.span, before.kind, -1)
      }
    }
    await bulkInsert(this.#db, COUNTS, inPlace)
    for (const i of moved)
      await this.#moveBetween(lists[i]!, from![i]!.block, before!.kind, to[i]!.block, after.kind)
    if (before === undefined && after.id % this.#sizes.lookEvery === 0)
      for (const [i, list] of lists.entries()) await this.#splitIfLarge(list, to[i]!.block)
  }

  /** Makes the blocks anew, whatever they are now. Takes seconds for a million accounts. */
  async rebuild(): Promise<void> {
    await this.#db.send('DELETE FROM user_blocks')
    for (const list of ACCOUNT_LISTS) {
      let start: Uint8Array = BEGINNING
      for (;;) {
        const keys = await this.#keysFrom(list, start, this.#sizes.max / 2 + 1)
        const own = keys.slice(0, this.#sizes.max / 2)
        await this.#writeCounts(list, start, own)
        const next = keys[own.length]
        if (next === undefined) break
        start = next.key
      }
      await this.#spans.rebuild(list)
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
    if (grown % this.#sizes.lookEvery === 0) await this.#splitIfLarge(list, to)
    if (left % this.#sizes.lookEvery === 0) await this.#joinIfSmall(list, from)
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

  async #splitIfLarge(list: AccountList, start: Uint8Array): Promise<void> {
    const size = await sizeOf(this.#db, list.id, start)
    if (size <= this.#sizes.max) return
    const keys = await this.#keysFrom(list, start, size)
    const half = keys.slice(keys.length >> 1)
    if (half.length < 2) return // somebody removed rows by hand
    this.#recuts++
    await this.#db.send('DELETE FROM user_blocks WHERE list = ? AND start = ?', list.id, start)
    await this.#writeCounts(list, start, keys.slice(0, keys.length >> 1))
    await this.#writeCounts(list, half[0]!.key, half)
    await this.#spans.splitIfLarge(list, start)
  }

  async #joinIfSmall(list: AccountList, start: Uint8Array): Promise<void> {
    const size = await sizeOf(this.#db, list.id, start)
    if (size >= this.#sizes.min || isBeginning(start)) return
    this.#recuts++ // or perhaps not: that is found out below
    if (await this.#spans.isStart(list, start)) {
      await this.#spans.joinIfSmall(list, start)
      if (await this.#spans.isStart(list, start)) return
    }
    const previous = await this.#db.get<{ start: Uint8Array }>(
      'SELECT start FROM user_blocks WHERE list = ? AND start < ? ORDER BY start DESC LIMIT 1',
      list.id,
      start,
    )
    if (previous === undefined) return
    // A block that is nearly full would be cut again at once.
    const together = (await sizeOf(this.#db, list.id, previous.start)) + size
    if (size > 0 && together > (this.#sizes.max * 3) / 4) return
    await moveCounts(this.#db, list.id, start, previous.start)
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
