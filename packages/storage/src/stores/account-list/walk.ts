import type { ReadHandle } from '../../db/types.ts'
import { type Begin, beginAt, countRange, isSparse } from './begin.ts'
import { kindCheck, kindCondition } from './filter.ts'
import { type AccountGroup, isSameMoment, type Population } from './groups.ts'
import type { ListedId, PageIds, PieceOfIds } from './ids.ts'
import { type AccountList, rangesFrom } from './orders.ts'
import type { AccountPlaces } from './places.ts'

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
    if (isSparse(this.#db, this.#population, group, { from, take }))
      return (await this.#page.readSorted('users WHERE', kindCondition(group), from, take)).ids
    // Who is an administrator may change by hand, and no moment tells of it.
    const places = group.admins === undefined ? this.#places : undefined
    const known = places?.startOf(this.#list, group, from, this.#population)
    const atMoment = { list: this.#list, population: this.#population, places: this.#places }
    const begin = known ?? (await beginAt(this.#db, atMoment, group, from))
    const pieces = await this.#range(group, begin, take)
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

  /** From a place on, piece after piece; those in which nobody was are left out. */
  async #range(group: AccountGroup, { place, skip }: Begin, take: number): Promise<PieceOfIds[]> {
    const condition = kindCheck(this.#db.dialect, group)
    const pieces: PieceOfIds[] = []
    let left = skip
    let missing = take
    for (const range of rangesFrom(this.#list, place)) {
      const sql = `${range.sql} AND ${condition.sql}`
      const params = [...range.params, ...condition.params]
      const piece = await this.#page.read({ sql, params, skip: left, take: missing })
      const found = piece.ids.length
      missing -= found
      if (found > 0) pieces.push(piece)
      if (missing === 0) break
      if (found > 0) left = 0
      else if (left > 0) left = Math.max(0, left - (await countRange(this.#db, sql, params)))
    }
    return pieces
  }
}
