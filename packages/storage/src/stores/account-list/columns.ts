import { setImmediate, setTimeout } from 'node:timers/promises'
import type { ReadHandle } from '../../db/types.ts'
import type { GiveWay } from '../../give-way.ts'
import { type Column, codeOf, setCode, withRoom } from './column.ts'
import { loadPopulation, type Population } from './groups.ts'
import { lastMove, movedSince } from './moves.ts'
import { ACCOUNT_LISTS, type AccountList, type ListedAccount, placeOf, rangesBetween } from './orders.ts'
import { isBeginning } from './spans.ts'

/**
 * What searches need to know of each account they have found, held in memory: its kind, and in which piece of a list it
 * stands. To count thousands that are found, or to tell which of them a page shows, then reads none of them.
 *
 * That is two bytes for each account, and two for each of the ten lists. They are read a piece at a time, after the
 * start of a server that has many accounts, or when a search first asks. From then on the log of `moves.ts`
 * tells what has changed, whoever changed it.
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

/** While pieces are read others get three times as much of the processor; never later than after so long. */
const REST = 3
const MAX_REST_MS = 50
/** Changes are followed in time, so that a search need not look at all those of a day. */
const FOLLOW_EVERY_MS = 10_000

const ALL = { guests: true, locked: true, notUserTypes: [] }

/** What is known of the accounts of a list, by their ids. It changes as more is learnt. */
export interface KnownAccounts {
  /** One more than the kind, 0 where there was no such account when this was asked for. */
  kinds: Uint16Array
  /** The piece of the list that has it: the first one is 0. */
  codes: Uint16Array
  pieces: number
}

export class AccountColumns implements AsyncDisposable {
  readonly #limits: ColumnLimits
  readonly #onError: (error: Error) => void
  readonly #giveWay: GiveWay
  readonly #columns = new Map<string, Column>()
  /** Those that are still to be read, the next one first. */
  #waiting: Column[] = []
  #reading: Promise<void> | undefined
  #following: Promise<void> | undefined
  readonly #closing = new AbortController()
  /** One more than the kind of each account, 0 where there is none. */
  #kinds: Uint16Array = new Uint16Array(0)
  /** Up to where changes are known. */
  #position = 0
  /** The end of the last of the reads that change what is known: an older one must not overwrite a newer one. */
  #turn: Promise<unknown> = Promise.resolve()

  /** `onError` hears what came between while nobody waited. `giveWay` comes before each piece that is read. */
  constructor(
    limits: ColumnLimits = LIMITS,
    onError: (error: Error) => void = () => {},
    giveWay: GiveWay = async () => {},
  ) {
    this.#limits = limits
    this.#onError = onError
    this.#giveWay = giveWay
  }

  /** What is known of a list, for a search that has found so many; `undefined` while it is not: who asks first lets it be read. */
  async of(
    db: ReadHandle,
    list: AccountList,
    population: Population,
    found: number,
  ): Promise<KnownAccounts | undefined> {
    if (found < this.#limits.minFound || !this.#isFit(population)) return undefined
    const column = this.#want(db, list, true)
    if (!column.isComplete) return undefined
    if (population.moved > this.#position) {
      await this.#inTurn(() => this.#follow(db, population.moved))
      if (!this.#columns.has(list.id)) return undefined // too much has changed
    }
    return { kinds: this.#kinds, codes: column.codes, pieces: column.starts!.length + 1 }
  }

  /**
   * Lets everything be read that searches of a server with many accounts need, and follows what changes. Resolves when
   * it has looked whether there are many.
   */
  async prepare(db: ReadHandle): Promise<void> {
    if (!(await this.#look(db))) return
    this.#following ??= this.#keepUp(db)
  }

  /** Resolves when all that was asked for is known. */
  async settled(): Promise<void> {
    await this.#reading
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await Promise.all([this.#reading, this.#following])
  }

  async #keepUp(db: ReadHandle): Promise<void> {
    const { signal } = this.#closing
    for (;;) {
      await setTimeout(FOLLOW_EVERY_MS, undefined, { signal, ref: false }).catch(() => {})
      if (signal.aborted) return
      await this.#look(db)
    }
  }

  /** Wants all lists, and learns what has changed; false when there are too few accounts: a search will ask when there are more. */
  async #look(db: ReadHandle): Promise<boolean> {
    try {
      const population = await loadPopulation(db, ALL, 'name')
      if (population.total < this.#limits.minAccounts) return false
      if (this.#isFit(population)) for (const list of ACCOUNT_LISTS) this.#want(db, list, false)
      if (
        population.moved > this.#position &&
        [...this.#columns.values()].some((column) => column.isComplete)
      )
        await this.#inTurn(() => this.#follow(db, population.moved))
    } catch (error) {
      this.#onError(new Error('what is known of accounts is behind', { cause: error }))
    }
    return true
  }

  /** Whether it takes no more memory than it is worth. */
  #isFit({ total, lastId, allKinds }: Population): boolean {
    if (total < this.#limits.minAccounts || lastId > total * MAX_SPARSE) return false
    return allKinds.every(({ id }) => id <= MAX_CODE)
  }

  /** The column of a list, which is read if it is not yet; `isUrgent` before the others. */
  #want(db: ReadHandle, list: AccountList, isUrgent: boolean): Column {
    const known = this.#columns.get(list.id)
    if (known !== undefined) {
      const at = isUrgent ? this.#waiting.indexOf(known) : -1
      if (at > 0) this.#waiting.unshift(...this.#waiting.splice(at, 1))
      return known
    }
    const column: Column = { list, starts: undefined, codes: new Uint16Array(0), isComplete: false }
    this.#columns.set(list.id, column)
    if (isUrgent) this.#waiting.unshift(column)
    else this.#waiting.push(column)
    this.#reading ??= this.#readWaiting(db)
    return column
  }

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }

  async #readWaiting(db: ReadHandle): Promise<void> {
    await setImmediate() // whoever asked goes first
    for (;;) {
      const column = this.#waiting.shift()
      if (column === undefined || this.#closing.signal.aborted) {
        this.#reading = undefined
        return
      }
      try {
        await this.#read(db, column)
      } catch (error) {
        // Whoever asks again lets it be tried again.
        if (this.#columns.get(column.list.id) === column) this.#columns.delete(column.list.id)
        this.#onError(new Error(`the accounts by ${column.list.id} could not be read`, { cause: error }))
      }
    }
  }

  async #read(db: ReadHandle, column: Column): Promise<void> {
    const { signal } = this.#closing
    const isWanted = () => this.#columns.get(column.list.id) === column && !signal.aborted
    await this.#inTurn(() => this.#begin(db, column))
    for (let code = 0; code <= column.starts!.length; code++) {
      await this.#giveWay()
      const beganMs = performance.now()
      await this.#inTurn(async () => {
        if (isWanted()) await this.#readPiece(db, column, code)
      })
      if (!isWanted()) return
      await rest((performance.now() - beganMs) * REST, signal)
    }
    column.isComplete = true
  }

  async #begin(db: ReadHandle, column: Column): Promise<void> {
    const rows = await db.all<{ start: Uint8Array }>(
      'SELECT DISTINCT start FROM user_blocks WHERE list = ? ORDER BY start',
      column.list.id,
    )
    const starts = rows.map(({ start }) => start).filter((start) => !isBeginning(start))
    const every = Math.ceil((starts.length + 1) / MAX_CODE)
    const isFirst = [...this.#columns.values()].every((other) => other.starts === undefined)
    if (isFirst) this.#position = await lastMove(db)
    const { last } = (await db.get<{ last: number }>('SELECT COALESCE(MAX(id), 0) AS last FROM users'))!
    this.#kinds = withRoom(this.#kinds, last)
    column.codes = withRoom(column.codes, last)
    column.starts = starts.filter((_, i) => i % every === 0)
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

  /** Learns what has changed, up to `moved` at least. */
  async #follow(db: ReadHandle, moved: number): Promise<void> {
    if (moved <= this.#position) return
    return this.#learn(db)
  }

  async #learn(db: ReadHandle): Promise<void> {
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
    this.#waiting = []
    this.#kinds = new Uint16Array(0)
  }
}

/** Lets others have the processor for a moment, at most so long. */
async function rest(ms: number, signal: AbortSignal): Promise<void> {
  if (ms < 1) return setImmediate()
  await setTimeout(Math.min(ms, MAX_REST_MS), undefined, { signal }).catch(() => {})
}
