import type { ReadHandle } from '../../db/types.ts'
import { findBlock } from './blocks.ts'
import { kindCheck, kindCondition } from './filter.ts'
import { type AccountGroup, isSameMoment, type Moment, type Population } from './groups.ts'
import { INDEXED, type ListedId, readIds, type WantedIds } from './ids.ts'
import { type AccountList, keyOf, type ListedAccount, type Place, rangesFrom } from './orders.ts'
import type { AccountPlaces } from './places.ts'

/** So many entries of an index are skipped faster than the blocks are added up. */
const SHORT_SKIP = 2_048
/** To find an account by its kind and sort it costs so many times what passing it in the index of the order does. */
const SORT_COST = { sqlite: 20, postgres: 5 }

/** Collects the ids of a page from the groups it touches, each in the order of one list. */
export class Walk {
  readonly ids: ListedId[] = []
  readonly #db: ReadHandle
  readonly #list: AccountList
  readonly #population: Population
  readonly #places: AccountPlaces | undefined
  #statements = 0
  #isOfMoment = true

  constructor(
    db: ReadHandle,
    population: Population,
    { list, places }: { list: AccountList; places: AccountPlaces | undefined },
  ) {
    this.#db = db
    this.#population = population
    this.#list = list
    this.#places = places
  }

  /** Whether all ids are of the moment of the population; false also when nothing tells. */
  get isOfMoment(): boolean {
    return this.#isOfMoment && this.#statements > 0
  }

  /** Adds `take` accounts of a group, which has them, from the one of rank `from` on. */
  async group(group: AccountGroup, from: number, take: number): Promise<void> {
    const accountsPerHit = this.#population.total / group.accounts
    const skipped = from * accountsPerHit
    // Few among many: walking the list would mostly pass others.
    const walked = take * accountsPerHit + Math.min(skipped, SHORT_SKIP)
    if (group.admins === true || group.accounts * SORT_COST[this.#db.dialect] < walked)
      return this.#sort(group, from, take)
    // Who is an administrator may change by hand, and no moment tells of it.
    const places = group.admins === undefined ? this.#places : undefined
    const before = places?.before(this.#list, group, from, this.#population)
    const { start, skip } =
      before !== undefined
        ? { start: before, skip: 1 }
        : skipped <= SHORT_SKIP
          ? { start: undefined, skip: from }
          : await this.#placeOfRank(group, from)
    const end = await this.#range(group, start, { skip, take })
    if (end === undefined || from + take >= group.accounts) return
    const { place, ...moment } = end
    if (isSameMoment(moment, this.#population))
      places?.endedBefore(this.#list, group, from + take, { place, moment })
  }

  /** Where to begin, and how many accounts of the group to skip there. */
  async #placeOfRank(group: AccountGroup, rank: number): Promise<{ start: Place | undefined; skip: number }> {
    const { start, before } = await findBlock(this.#db, this.#list, group, rank)
    if (group.admins === undefined || start === undefined) return { start, skip: rank - before }
    // Blocks count administrators too; as many more are to be skipped, and they are few.
    const keys = await this.#adminKeys(group.kinds)
    return { start, skip: rank - before + this.#countBefore(keys, start) }
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

  /** From a place on. Where the last account stands, and when that was; `undefined` when there was none. */
  async #range(
    group: AccountGroup,
    start: Place | undefined,
    { skip, take }: { skip: number; take: number },
  ): Promise<(Moment & { place: Place }) | undefined> {
    const condition = kindCheck(this.#db.dialect, group)
    let end: (Moment & { place: Place }) | undefined
    let left = skip
    let missing = take
    for (const range of rangesFrom(this.#list, start)) {
      const sql = `${range.sql} AND ${condition.sql}`
      const params = [...range.params, ...condition.params]
      const { ids, last, position, moved } = await this.#add({ sql, params, skip: left, take: missing })
      missing -= ids.length
      if (last !== undefined) end = { place: last, position, moved }
      if (missing === 0) break
      if (ids.length > 0) left = 0
      else if (left > 0) {
        // The range ended while skipping, so it is no longer than what was to be skipped.
        const count = `SELECT COUNT(*) AS n FROM users WHERE ${sql}`
        const counted = await this.#db.get<{ n: number }>(count, ...params)
        left = Math.max(0, left - counted!.n)
      }
    }
    return end
  }

  async #sort(group: AccountGroup, skip: number, take: number): Promise<void> {
    const { sql, params } = kindCondition(group)
    const column = this.#list.column === 'name' ? '' : `, ${this.#list.column}`
    // Materialized, so that no planner walks the index of the order after all.
    const among = `(WITH found AS MATERIALIZED (SELECT ${INDEXED[this.#db.dialect]}${column} FROM users WHERE ${sql}) SELECT * FROM found) AS few`
    await this.#add({ sql: '1 = 1', params, among, skip, take })
  }

  async #add(wanted: WantedIds) {
    const piece = await readIds(this.#db, this.#list, wanted)
    this.#statements++
    if (!isSameMoment(piece, this.#population)) this.#isOfMoment = false
    for (const id of piece.ids) this.ids.push(id)
    return piece
  }
}
