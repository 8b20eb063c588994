import type { ReadHandle } from '../../db/types.ts'
import { type Begin, beginAt, countRange, isSparse } from './begin.ts'
import { kindCheck, kindCondition } from './filter.ts'
import { type AccountGroup, isSameMoment, type Moment, momentColumns, type Population } from './groups.ts'
import { PageIds } from './ids.ts'
import { type AccountList, orderClause, type Place, type Range, rangesFrom } from './orders.ts'
import { LISTED_BY_NAME, readTexts, type TextsOf, textsColumns } from './page.ts'
import type { AccountPlaces } from './places.ts'

/** Of a group with at least one in so many accounts, the others are passed sooner than its own are looked for one by one. */
const SOON_MET = 4

/**
 * Reads a page's accounts as texts, on SQLite, in the groups it touches. Where it begins is found in the index of the order,
 * which is narrow, and from there on each account is read as it is met: nobody is looked for twice.
 */
export class TextWalk {
  readonly #db: ReadHandle
  readonly #population: Population
  readonly #list: AccountList
  readonly #places: AccountPlaces | undefined
  readonly #text: string
  #statements = 0
  #isOfMoment = true

  /** `text` is an expression that makes a text of a row. */
  constructor(
    db: ReadHandle,
    population: Population,
    { list, places, text }: { list: AccountList; places: AccountPlaces | undefined; text: string },
  ) {
    this.#db = db
    this.#population = population
    this.#list = list
    this.#places = places
    this.#text = text
  }

  /** Whether all was read at the moment of the population; false also when nothing was read that tells. */
  get isOfMoment(): boolean {
    return this.#isOfMoment && this.#statements > 0
  }

  /** `take` accounts of a group, which has them, from the one of rank `from` on. */
  async group(group: AccountGroup, from: number, take: number): Promise<readonly TextsOf[]> {
    if (isSparse(this.#db, this.#population, group, { from, take })) return this.#few(group, from, take)
    const places = group.admins === undefined ? this.#places : undefined
    const known = places?.startOf(this.#list, group, from, this.#population)
    const start = await this.#placeOf(group, known ?? (await this.#beginAt(group, from)))
    if (start === undefined) return []
    const end = from + take
    const next =
      places === undefined || end >= group.accounts
        ? undefined
        : await this.#placeOf(group, { place: start, skip: take })
    const pieces = await this.#read(group, start, take)
    // Both places were found before the texts, whose moment is that of the population: nothing has changed between.
    if (places !== undefined && this.isOfMoment) {
      const { position, moved } = this.#population
      const keep = (rank: number, place: Place) =>
        places.startsAt(this.#list, group, rank, { place, skip: 0, moment: { position, moved } })
      if (known === undefined && from > 0) keep(from, start)
      if (next !== undefined) keep(end, next)
    }
    return pieces
  }

  async #few(group: AccountGroup, from: number, take: number): Promise<TextsOf[]> {
    const page = new PageIds(this.#db, this.#population, this.#list)
    const few = await page.readSorted('users WHERE', kindCondition(group), from, take)
    this.#noteMoment(few)
    return few.ids.length === 0 ? [] : [await readTexts(this.#db, few.ids, this.#text)]
  }

  #beginAt(group: AccountGroup, rank: number): Promise<Begin> {
    const atMoment = { list: this.#list, population: this.#population, places: this.#places }
    return beginAt(this.#db, atMoment, group, rank)
  }

  #noteMoment(moment: Moment): void {
    this.#statements++
    if (!isSameMoment(moment, this.#population)) this.#isOfMoment = false
  }

  /** The account on which one comes; `undefined` where there are fewer. */
  async #placeOf(group: AccountGroup, { place, skip }: Begin): Promise<Place | undefined> {
    if (place !== undefined && skip === 0) return place
    const { column } = this.#list
    let left = skip
    for (const { sql, params } of this.#ranges(group, place)) {
      const found = await this.#db.get<{ value: Place['value']; name: string }>(
        `SELECT ${column} AS value, name FROM users WHERE ${sql} ORDER BY ${orderClause(this.#list)} LIMIT 1 OFFSET ?`,
        ...params,
        left,
      )
      if (found !== undefined) return found
      if (left > 0) left = Math.max(0, left - (await countRange(this.#db, sql, params)))
    }
    return undefined
  }

  async #read(group: AccountGroup, start: Place, take: number): Promise<TextsOf[]> {
    const pieces: TextsOf[] = []
    let missing = take
    for (const range of this.#ranges(group, start)) {
      const piece = await this.#readRange(group, range, missing)
      if (piece.found > 0) pieces.push(piece)
      missing -= piece.found
      if (missing <= 0) break
    }
    return pieces
  }

  async #readRange(
    { accounts }: AccountGroup,
    { sql, params, isByName }: Range,
    take: number,
  ): Promise<TextsOf> {
    const isDense = accounts * SOON_MET >= this.#population.total
    const where = `WHERE ${sql} ORDER BY ${orderClause(this.#list)} LIMIT ?`
    // The text is made where the entry is met: to hand its columns on takes a fifth more.
    const rows =
      this.#list.column === 'name' && isDense
        ? `${textsColumns('entry')} FROM (SELECT ${this.#text} AS entry FROM users INDEXED BY users_listed ${where})`
        : isByName
          ? `${textsColumns(this.#text)} FROM (SELECT name AS place FROM users ${where}) CROSS JOIN ${LISTED_BY_NAME} = place`
          : `${textsColumns(this.#text)} FROM (SELECT id AS place FROM users ${where}) CROSS JOIN users ON users.id = place`
    const piece = (await this.#db.get<TextsOf & Moment>(
      `SELECT ${momentColumns('sqlite', this.#population)}, page.* FROM (SELECT ${rows}) AS page`,
      ...params,
      take,
    ))!
    this.#noteMoment(piece)
    return piece
  }

  #ranges(group: AccountGroup, from: Place | undefined): Range[] {
    const condition = kindCheck('sqlite', group)
    return rangesFrom(this.#list, from).map(({ sql, params, ...rest }) => ({
      ...rest,
      sql: `${sql} AND ${condition.sql}`,
      params: [...params, ...condition.params],
    }))
  }
}
