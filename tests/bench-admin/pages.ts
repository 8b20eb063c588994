import { ACCOUNT_ORDERS } from '@ranvier/storage'

/** Pages that are reported as one line. */
export interface PageGroup {
  name: string
  /** The query of each page; `accounts` are how many there are. */
  pages: ((accounts: number) => string)[]
}

const LIMIT = 100
const DIRS = ['f', 'b'] as const
/** Parts of the whole list; the last one is the end of it. */
const DEPTHS = [0, 0.5, 0.95]

function page(query: string, depth: number, share = 1): (accounts: number) => string {
  return (accounts) => {
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

const SEARCHES: [string, string][] = [
  ['nothing', 'name=qzqzqz'],
  ['one account', 'name=first.of.kind.3'],
  ['part of a user id', 'user_id=%40first.of.kind.3%3Aran'],
  ['some', 'name=xaxaxa'],
  ['many (4 letters)', 'name=zenx'],
  ['very many (3 letters)', 'name=zen'],
  ['nearly all (1 letter)', 'name=a'],
]

const bySearch: PageGroup[] = SEARCHES.map(([what, query]) => ({
  name: `search: ${what}`,
  pages: (['name', 'displayname'] as const).map((order) => page(`${query}&order_by=${order}`, 0)),
}))

export const pageGroups: readonly PageGroup[] = [...byOrder, ...byFilter, ...bySearch]
