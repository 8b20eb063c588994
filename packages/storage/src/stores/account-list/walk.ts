import type { ReadHandle } from '../../db/types.ts'
import { findBlock } from './blocks.ts'
import { kindCheck, kindCondition } from './filter.ts'
import { type AccountGroup, isSameMoment, type Population } from './groups.ts'
import type { ListedId, PageIds, PieceOfIds } from './ids.ts'
import { type AccountList, keyOf, type ListedAccount, type Place, rangesFrom } from './orders.ts'
import type { AccountPlaces } from './places.ts'
import type { KnownSpans } from './spans.ts'

/** So many entries of an index are skipped faster than the blocks are added up. */
const SHORT_SKIP = 2_048
/** To find an account by its kind and sort it costs so many times what passing it in the index of the order does. */
const SORT_COST = { sqlite: 20, postgres: 5 }

/** Where accounts of a group begin and how many there are to be read. */
interface Part {
  start: Place | undefined
  skip: number
  take: number
}

/** Finds the ids of a page in the groups it touches, each in the order of one list. */
export class Walk {
  readonly #db: ReadHandle
  readonly #population: Population
  readonly #page: PageIds
  readonly #places: AccountPlaces | undefined

  constructor(
    db: ReadHandle,
    population: Population,
    { page, places }: { page: PageIds; places: AccountPlaces | undefined },
  ) {
    this.#db = db
    this.#population = population
    this.#page = page
    this.#places = places
  }

  get #list(): AccountList {
    return this.#page.list
  }

  /** `take` accounts of a group, which has them, from the one of rank `from` on. */
  async group(group: AccountGroup, from: number, take: number): Promise<readonly ListedId[]> {
    const accountsPerHit = this.#population.total / group.accounts
    const skipped = from * accountsPerHit
    // Few among many: walking the list would mostly pass others.
    const walked = take * accountsPerHit + Math.min(skipped, SHORT_SKIP)
    if (group.admins === true || group.accounts * SORT_COST[this.#db.dialect] < walked)
      return (await this.#page.readSorted('users WHERE', kindCondition(group), from, take)).ids
    // Who is an administrator may change by hand, and no moment tells of it.
    const places = group.admins === undefined ? this.#places : undefined
    const known = places?.startOf(this.#list, group, from, this.#population)
    const start: Omit<Part, 'take'> =
      known !== undefined
        ? { start: known.place, skip: known.skip }
        : skipped <= SHORT_SKIP
          ? { start: undefined, skip: from }
          : await this.#placeOfRank(group, from)
    const pieces = await this.#range(group, { ...start, take })
    if (pieces.length > 0 && places !== undefined) {
      if (known === undefined && from > 0) this.#remember(places, group, from, pieces[0]!, 'first')
      if (from + take < group.accounts) this.#remember(places, group, from + take, pieces.at(-1)!, 'last')
    }
    return pieces.flatMap(({ ids }) => ids)
  }

  #remember(
    places: AccountPlaces,
    group: AccountGroup,
    rank: number,
    piece: PieceOfIds,
    which: 'first' | 'last',
  ): void {
    const { position, moved } = piece
    const moment = { position, moved }
    if (!isSameMoment(piece, this.#population)) return
    places.startsAt(this.#list, group, rank, {
      place: piece[which]!,
      skip: which === 'first' ? 0 : 1,
      moment,
    })
  }

  /** Where to begin, and how many accounts of the group to skip there. */
  async #placeOfRank(group: AccountGroup, rank: number): Promise<Omit<Part, 'take'>> {
    const { start, before } = await findBlock(this.#db, this.#list, group, rank, await this.#spans())
    if (group.admins === undefined || start === undefined) return { start, skip: rank - before }
    // Blocks count administrators too; as many more are to be skipped, and they are few.
    const keys = await this.#adminKeys(group.kinds)
    return { start, skip: rank - before + this.#countBefore(keys, start) }
  }

  #spans(): Promise<KnownSpans | undefined> | undefined {
    return this.#places?.spansOf(this.#db, this.#list, this.#population)
  }

  async #adminKeys(kinds: readonly number[]): Promise<Buffer[]> {
    const rows = await this.#db.all<ListedAccount>(
      `SELECT name, displayname, avatar_url, creation_ts, last_seen_ts FROM users WHERE admin = 1 AND kind = ANY(?)`,
      kinds,
    )
    return rows.map((row) => keyOf(this.#list, row))
  }

  #countBefore(keys: readonly Buffer[], { value, name }: Place): number {
    const place = { displayname: null, avatar_url: null, creation_ts: 0, last_seen_ts: null, name }
    const start = keyOf(this.#list, { ...place, [this.#list.column]: value })
    return keys.filter((key) => Buffer.compare(key, start) < 0).length
  }

  /** From a place on, piece after piece; those in which nobody was are left out. */
  async #range(group: AccountGroup, { start, skip, take }: Part): Promise<PieceOfIds[]> {
    const condition = kindCheck(this.#db.dialect, group)
    const pieces: PieceOfIds[] = []
    let left = skip
    let missing = take
    for (const range of rangesFrom(this.#list, start)) {
      const sql = `${range.sql} AND ${condition.sql}`
      const params = [...range.params, ...condition.params]
      const piece = await this.#page.read({ sql, params, skip: left, take: missing })
      const found = piece.ids.length
      missing -= found
      if (found > 0) pieces.push(piece)
      if (missing === 0) break
      if (found > 0) left = 0
      else if (left > 0) {
        // The range ended while skipping, so it is no longer than what was to be skipped.
        const count = `SELECT COUNT(*) AS n FROM users WHERE ${sql}`
        const counted = await this.#db.get<{ n: number }>(count, ...params)
        left = Math.max(0, left - counted!.n)
      }
    }
    return pieces
  }
}
