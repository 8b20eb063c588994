import type { ReadHandle } from '../../db/types.ts'
import type { SummaryText } from '../accounts/summary-text.ts'
import type { AccountFilter } from './filter.ts'
import type { AccountMemory } from './found-memo.ts'
import { allOf, type Population } from './groups.ts'
import { type AccountPage, findAccounts, findAmong, ofMoment, type Wanted, walkGroups } from './list.ts'
import { listOf } from './orders.ts'
import { readSummaries, readTexts } from './page.ts'
import { TextWalk } from './walk-texts.ts'

/** A page of accounts as texts. */
export interface TextsPage {
  /** In their order, each of some accounts with commas between them. */
  texts: readonly string[]
  /** How many accounts are on the page. */
  count: number
  /** How many pass the filter. */
  total: number
  /** How many accounts there are. */
  all: number
}

/** What is searched for in the accounts, and remembered of them. */
export interface TextsWanted {
  text: SummaryText
  memory?: AccountMemory | undefined
}

/** A page of the accounts that pass the filter, as texts. */
export async function listTexts(
  db: ReadHandle,
  filter: AccountFilter,
  page: AccountPage,
  { text, memory }: TextsWanted,
): Promise<TextsPage> {
  if (db.dialect === 'sqlite')
    return ofMoment(db, filter, { page, memory }, (population, wanted) =>
      textsAmong(db, population, { ...wanted, expression: text.sql }),
    )
  const { ids, total, all } = await findAccounts(db, filter, page, memory)
  await memory?.giveWay()
  const accounts = await readSummaries(db, ids)
  return { texts: accounts.map(text.write), count: accounts.length, total, all }
}

async function textsAmong(
  db: ReadHandle,
  population: Population,
  wanted: Wanted & { expression: string },
): Promise<TextsPage & { isOfMoment: boolean }> {
  const { page, memory, expression } = wanted
  if (wanted.text !== undefined) {
    const { ids, ...rest } = await findAmong(db, population, wanted)
    await memory?.giveWay() // to read rows is a piece of work, to find whose another
    const { text, found } = await readTexts(db, ids, expression)
    return { texts: text === null ? [] : [text], count: found, ...rest }
  }
  const list = listOf(page.orderBy, page.dir)
  const walk = new TextWalk(db, population, { list, places: memory?.places, text: expression })
  const pieces = await walkGroups(walk, population, page)
  return {
    texts: pieces.flatMap(({ text }) => text ?? []),
    count: pieces.reduce((sum, { found }) => sum + found, 0),
    total: allOf(population).accounts,
    all: population.total,
    isOfMoment: walk.isOfMoment,
  }
}
