import { ACCOUNT_ORDERS } from '@ranvier/storage'
import type { PageGroup as ComparedGroup, Page as ComparedPage } from './compare.ts'
import { letter, part } from './words.ts'

type Page = ComparedPage<{ accounts: number }>
type PageGroup = ComparedGroup<{ accounts: number }>

const LIMIT = 100
const DIRS = ['f', 'b'] as const
/** Parts of the whole list; the last one is the end of it. */
const DEPTHS = [0, 0.5, 0.95]

function page(query: string, depth: number, share = 1): Page {
  return ({ accounts }) => {
    const from = Math.floor((accounts * share * depth) / LIMIT) * LIMIT
    return `v3/users?${query}&limit=${LIMIT}&from=${from}`
  }
}

const byOrder: PageGroup[] = ACCOUNT_ORDERS.map((order) => ({
  name: `order_by=${order}`,
  pages: DIRS.flatMap((dir) =>
    [...DEPTHS, 0.999_9].map((depth) => page(`locked=true&order_by=${order}&dir=${dir}`, depth)),
  ),
}))

/** Each time elsewhere: no server has the page from the time before. */
const GOLDEN = (Math.sqrt(5) - 1) / 2

const allOver: PageGroup[] = (['name', 'displayname'] as const).map((order) => ({
  name: `all over the list, order_by=${order}`,
  pages: [(side, round) => page(`locked=true&order_by=${order}`, (round * GOLDEN) % 1)(side, round)],
}))

/** With the share of the accounts that pass. */
const FILTERS: [string, number][] = [
  ['locked=false', 0.995],
  ['guests=false', 0.96],
  ['deactivated=false', 0.9],
  ['deactivated=true', 0.1],
  ['admins=true', 0],
  ['admins=false', 0.99],
  ['not_user_type=bot&not_user_type=support', 0.98],
  ['not_user_type=', 0.01],
  ['approved=false', 0.005],
  ['guests=false&deactivated=false&admins=false&not_user_type=bot', 0.86],
]

const byFilter: PageGroup[] = FILTERS.map(([filter, share]) => ({
  name: filter,
  pages: (['name', 'displayname', 'last_seen_ts', 'locked'] as const).flatMap((order) =>
    DIRS.flatMap((dir) =>
      DEPTHS.map((depth) => page(`${filter}&order_by=${order}&dir=${dir}`, depth, share)),
    ),
  ),
}))

const SEARCHES: [string, (n: number) => string][] = [
  ['nothing', (n) => `name=qzqz${part(n, 1)}`],
  ['one account', (n) => `name=first.of.kind.${n % 10}`],
  ['one user id', (n) => `user_id=%40first.of.kind.${n % 10}%3Aran`],
  ['3 syllables', (n) => `name=${part(n, 3)}`],
  ['3 syllables, in the user id', (n) => `user_id=${part(n, 3)}`],
  ['2 syllables', (n) => `name=${part(n, 2)}`],
  ['3 letters', (n) => `name=${part(n, 2).slice(0, 3)}`],
  ['3 syllables, deactivated ones left out', (n) => `name=${part(n, 3)}&deactivated=false`],
  ['2 syllables, deactivated ones left out', (n) => `name=${part(n, 2)}&deactivated=false`],
  ['1 letter', (n) => `name=${letter(n)}`],
]

const bySearch: PageGroup[] = SEARCHES.map(([what, query]) => ({
  name: `search: ${what}`,
  pages: (['name', 'displayname'] as const).map(
    (order, i): Page =>
      (_, round) =>
        `v3/users?${query(round + i * 13)}&order_by=${order}&limit=${LIMIT}`,
  ),
}))

/** What a search on the small server looks for to fill a page: more than a hundred of a thousand have each of these. */
const COMMON = ['an', 'or', 'el', 'in', 'ta']

/** The first page in the same order; of a search for something else, when it was one, and of all accounts otherwise. */
function asFull(path: string, entries: number, round: number): string {
  const query = new URLSearchParams(path.slice(path.indexOf('?')))
  const search = query.has('name') || query.has('user_id') ? `&name=${COMMON[round % COMMON.length]}` : ''
  const order = `order_by=${query.get('order_by')}&dir=${query.get('dir') ?? 'f'}`
  return `v3/users?locked=true&${order}${search}&limit=${Math.max(1, entries)}`
}

export const pageGroups: readonly PageGroup[] = [...byOrder, ...allOver, ...byFilter, ...bySearch].map(
  (group) => ({
    ...group,
    asFull,
  }),
)
