import { setImmediate } from 'node:timers/promises'
import type { ReadHandle } from '../db/types.ts'
import type { Population } from './account-groups.ts'
import { lastMove, movedSince } from './account-moves.ts'
import { type AccountList, keyOf, type ListedAccount, placeOf, rangesBetween } from './account-orders.ts'
import { isBeginning } from './account-spans.ts'

/**
 * What searches need to know of each account they have found, held in memory: its kind, and in which piece of a list it
 * stands. To count thousands that are found, or to tell which of them a page shows, then reads none of them.
 *
 * That is two bytes for each account, and two for each list in use. A list is read when it is first asked for, a piece
 * at a time; until then nothing is known of it. From then on the log of `account-moves.ts` tells what has changed,
 * whoever changed it.
 */

export interface ColumnLimits {
  /** With fewer accounts, reading those that are found takes no longer. */
  minAccounts: number
  /** Nor does it when fewer are found. */
  minFound: number
}

const LIMITS: ColumnLimits = { minAccounts: 20_000, minFound: 256 }
/** Ids are not dense: with more than so many for each account too much would be held for nobody. */
const MAX_SPARSE = 16
/** So many that have moved are read at once. */
const SLICE = 500
/** What two bytes hold, but for one. */
const MAX_CODE = 65_534

const MIN_ROOM = 1_024

/** Accounts of the list with smaller codes come before those with larger ones. */
interface Column {
  list: AccountList
  /** Where each piece but the first begins; `undefined` until that is known. */
  starts: Uint8Array[] | undefined
  codes: Uint16Array
  isComplete: boolean
}

/** What is known of the accounts of a list, by their ids. */
export interface KnownAccounts {
  /** `undefined`: there was no such account when this was asked for. */
  kindOf(id: number): number | undefined
  /** The piece of the list that has it: the first one is 0. */
  pieceOf(id: number): number
  pieces: number
}

export class AccountColumns {
  readonly #limits: ColumnLimits
  readonly #columns = new Map<string, Column>()
  readonly #reads = new Set<Promise<void>>()
  /** One more than the kind of each account, 0 where there is none. */
  #kinds: Uint16Array = new Uint16Array(0)
  /** Up to where changes are known. */
  #position = 0
  /** The end of the last of the reads that change what is known: an older one must not overwrite a newer one. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(limits = LIMITS) {
    this.#limits = limits
  }

  /** What is known of a list, for a search that has found so many; `undefined` while it is not: who asks first lets it be read. */
  async of(
    db: ReadHandle,
    list: AccountList,
    { total, allKinds }: Population,
    found: number,
  ): Promise<KnownAccounts | undefined> {
    if (total < this.#limits.minAccounts || found < this.#limits.minFound) return undefined
    if (allKinds.some(({ id }) => id > MAX_CODE)) return undefined
    const column = this.#columns.get(list.id)
    if (column === undefined) {
      const reading = this.#read(db, list, total).finally(() => this.#reads.delete(reading))
      this.#reads.add(reading)
    }
    if (!column?.isComplete) return undefined
    await this.#inTurn(() => this.#follow(db))
    if (!this.#columns.has(list.id)) return undefined // too much has changed
    const { codes } = column
    const kinds = this.#kinds
    return {
      kindOf: (id) => {
        const kind = kinds[id] ?? 0
        return kind === 0 ? undefined : kind - 1
      },
      pieceOf: (id) => codes[id]!,
      pieces: column.starts!.length + 1,
    }
  }

  /** Resolves when all that was asked for is known. */
  async settled(): Promise<void> {
    await Promise.all(this.#reads)
  }

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }

  async #read(db: ReadHandle, list: AccountList, total: number): Promise<void> {
    const column: Column = { list, starts: undefined, codes: new Uint16Array(0), isComplete: false }
    this.#columns.set(list.id, column)
    const isWanted = () => this.#columns.get(list.id) === column
    try {
      const isFit = await this.#inTurn(() => this.#begin(db, column, total))
      if (!isFit) return
      for (let code = 0; code <= column.starts!.length; code++) {
        await this.#inTurn(async () => {
          if (isWanted()) await this.#readPiece(db, column, code)
        })
        if (!isWanted()) return
        await setImmediate()
      }
      column.isComplete = true
    } catch {
      // The database is away or closed. Whoever asks again lets it be tried again.
      if (isWanted()) this.#columns.delete(list.id)
    }
  }

  /** False when it would take too much memory. */
  async #begin(db: ReadHandle, column: Column, total: number): Promise<boolean> {
    const { last } = (await db.get<{ last: number }>('SELECT MAX(id) AS last FROM users'))!
    if (last > total * MAX_SPARSE) return false
    const rows = await db.all<{ start: Uint8Array }>(
      'SELECT DISTINCT start FROM user_blocks WHERE list = ? ORDER BY start',
      column.list.id,
    )
    const starts = rows.map(({ start }) => start).filter((start) => !isBeginning(start))
    const every = Math.ceil((starts.length + 1) / MAX_CODE)
    const isFirst = [...this.#columns.values()].every((other) => other.starts === undefined)
    if (isFirst) this.#position = await lastMove(db)
    column.starts = starts.filter((_, i) => i % every === 0)
    return true
  }

  async #readPiece(db: ReadHandle, column: Column, code: number): Promise<void> {
    const { list, starts } = column
    const place = (start: Uint8Array | undefined) => start && placeOf(list, start)
    const array = db.dialect === 'sqlite' ? 'json_group_array' : 'json_agg'
    for (const range of rangesBetween(list, place(starts![code - 1]), place(starts![code]))) {
      const row = await db.get<{ ids: string | null; kinds: string | null }>(
        `SELECT CAST(${array}(id) AS TEXT) AS ids, CAST(${array}(kind) AS TEXT) AS kinds FROM users WHERE ${range.sql}`,
        ...range.params,
      )
      const ids = JSON.parse(row?.ids ?? '[]') as number[]
      const kinds = JSON.parse(row?.kinds ?? '[]') as number[]
      for (const [i, id] of ids.entries()) {
        this.#setKind(id, kinds[i]!)
        setCode(column, id, code)
      }
    }
  }

  /** Learns what has changed since. */
  async #follow(db: ReadHandle): Promise<void> {
    const moved = await movedSince(db, this.#position)
    if (moved === undefined) return this.#forget()
    const columns = [...this.#columns.values()].filter(({ starts }) => starts !== undefined)
    for (let i = 0; i < moved.accounts.length; i += SLICE) {
      const rows = await db.all<ListedAccount & { id: number; kind: number }>(
        `SELECT id, kind, name, displayname, avatar_url, creation_ts, last_seen_ts FROM users WHERE id = ANY(?)`,
        moved.accounts.slice(i, i + SLICE),
      )
      for (const row of rows) {
        this.#setKind(row.id, row.kind)
        for (const column of columns) setCode(column, row.id, codeOf(column, row))
      }
      if (rows.length === SLICE) await setImmediate()
    }
    this.#position = moved.last
  }

  #setKind(id: number, kind: number): void {
    this.#kinds = withRoom(this.#kinds, id)
    this.#kinds[id] = kind + 1
  }

  #forget(): void {
    this.#columns.clear()
    this.#kinds = new Uint16Array(0)
  }
}

function setCode(column: Column, id: number, code: number): void {
  column.codes = withRoom(column.codes, id)
  column.codes[id] = code
}

/** How many pieces begin at or before the account, the first one left out. */
function codeOf({ list, starts }: Column, account: ListedAccount): number {
  const key = keyOf(list, account)
  let [low, high] = [0, starts!.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (Buffer.compare(starts![middle]!, key) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

/** An array that has a place for the id: this one, or a longer one. */
function withRoom(array: Uint16Array, id: number): Uint16Array {
  if (id < array.length) return array
  const longer = new Uint16Array(Math.max(MIN_ROOM, id + (id >> 2) + 1))
  longer.set(array)
  return longer
}
