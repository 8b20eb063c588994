import type { Dialect, ReadHandle } from '../../db/types.ts'
import { type AccountFilter, passes } from './filter.ts'
import { type AccountKind, KIND_COLUMNS, type KindValues, toKind } from './kinds.ts'
import { type AccountOrder, isListed } from './orders.ts'

/** What is kept of accounts is the same as long as all of it is. */
export interface Moment {
  /** Of the stream `accounts` when this was read: what is found later is not older. */
  position: number
  /** Where the log of `moves.ts` ended. */
  moved: number
  /** How many administrators each kind has, as text, where that matters: the flag may be changed by hand, and nobody hears of it. */
  administrators?: string | undefined
}

export const isSameMoment = (a: Moment, b: Moment) =>
  a.position === b.position && a.moved === b.moved && a.administrators === b.administrators

const MOMENT = `COALESCE((SELECT position FROM streams WHERE name = 'accounts'), 0) AS position,
  (SELECT COALESCE(MAX(position), 0) FROM user_moves) AS moved`
/** An index holds administrators alone, and they are few. */
const selectAdministrators = (kinds: string) =>
  `(SELECT COALESCE(CAST(${kinds} AS TEXT), '[]') FROM (SELECT kind, COUNT(*) AS n FROM users WHERE admin = 1 GROUP BY kind ORDER BY kind) AS counted)`
const ADMINISTRATORS = {
  sqlite: selectAdministrators('json_group_array(json_array(kind, n))'),
  postgres: selectAdministrators('json_agg(json_build_array(kind, n))'),
} as const

/** The columns of a {@link Moment}. */
export function momentColumns(dialect: Dialect, { administrators }: Partial<Moment> = {}): string {
  return administrators === undefined ? MOMENT : `${MOMENT}, ${ADMINISTRATORS[dialect]} AS administrators`
}

/** All kinds of accounts, at a moment. */
export interface Kinds extends Moment {
  all: readonly AccountKind[]
  /** The largest id, 0 when there is nobody. */
  lastId: number
}

/** The kinds that pass a filter, and what is known about how many accounts they have. */
export interface Population extends Moment {
  kinds: readonly AccountKind[]
  /** Those that do not pass included. */
  allKinds: readonly AccountKind[]
  /** As the filter has it. */
  admins: boolean | undefined
  /** Administrators of each kind; empty when nobody needs to know. */
  adminsOfKind: ReadonlyMap<number, number>
  /** All accounts, whether they pass or not. */
  total: number
  /** The largest id, 0 when there is nobody. */
  lastId: number
}

/** Accounts that follow one another in a page's order; within a group the order is that of a list. */
export interface AccountGroup {
  kinds: number[]
  /** Whether there are no other kinds. */
  isEveryKind: boolean
  /** true: only administrators, false: none of them. */
  admins: boolean | undefined
  /** How many there are. */
  accounts: number
}

export async function loadPopulation(
  db: ReadHandle,
  filter: AccountFilter,
  orderBy: AccountOrder,
): Promise<Population> {
  return populationOf(db, await loadKinds(db), filter, orderBy)
}

/** The same of kinds that are known; `administrators` is what was last read of them. */
export async function populationOf(
  db: ReadHandle,
  { all, ...rest }: Kinds,
  filter: AccountFilter,
  orderBy: AccountOrder,
  administrators?: string,
): Promise<Population> {
  const wantsAdmins = filter.admins !== undefined || orderBy === 'admin'
  const counted = wantsAdmins ? (administrators ?? (await countAdmins(db))) : undefined
  return {
    kinds: all.filter((kind) => passes(kind, filter)),
    allKinds: all,
    admins: filter.admins,
    adminsOfKind: new Map(counted === undefined ? [] : (JSON.parse(counted) as [number, number][])),
    total: all.reduce((sum, kind) => sum + kind.accounts, 0),
    ...rest,
    administrators: counted,
  }
}

export async function loadKinds(db: ReadHandle): Promise<Kinds> {
  const { kinds, ...rest } = (await db.get<KindsRow>(KINDS[db.dialect]))!
  return { all: (JSON.parse(kinds) as KindValues[]).map(toKind), ...rest }
}

type KindsRow = Omit<Kinds, 'all'> & { kinds: string }
/** All kinds as one text, which takes half of what some dozen rows do, and the ends of three indexes, each looked at once. */
const selectKinds = (kinds: string) => `
SELECT (SELECT COALESCE(CAST(${kinds} AS TEXT), '[]') FROM user_kinds) AS kinds,
  (SELECT COALESCE(MAX(id), 0) FROM users) AS "lastId", ${MOMENT}`
const KINDS = {
  sqlite: selectKinds(`json_group_array(json_array(${KIND_COLUMNS}))`),
  postgres: selectKinds(`json_agg(json_build_array(${KIND_COLUMNS}))`),
} as const

async function countAdmins(db: ReadHandle): Promise<string> {
  const row = await db.get<{ counted: string }>(`SELECT ${ADMINISTRATORS[db.dialect]} AS counted`)
  return row!.counted
}

/** An order by a flag or a type is that of few groups, each in the order of the name. */
export function groupsOf(population: Population, orderBy: AccountOrder, dir: 'f' | 'b'): AccountGroup[] {
  const { kinds, admins } = population
  const group = (of: readonly AccountKind[], only: boolean | undefined) => groupOf(population, of, only)
  if (isListed(orderBy)) return [allOf(population)]
  if (orderBy === 'admin') {
    const values = (dir === 'f' ? [false, true] : [true, false]).filter(
      (value) => value === (admins ?? value),
    )
    return values.map((value) => group(kinds, value))
  }
  const byValue = Map.groupBy(kinds, TRAITS[orderBy])
  const values = [...byValue.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  if (dir === 'b') values.reverse()
  return values.map((value) => group(byValue.get(value)!, admins))
}

/** All that pass, as one group. */
export function allOf(population: Population): AccountGroup {
  return groupOf(population, population.kinds, population.admins)
}

function groupOf(
  population: Population,
  kinds: readonly AccountKind[],
  admins: boolean | undefined,
): AccountGroup {
  return {
    kinds: kinds.map((kind) => kind.id),
    isEveryKind: kinds.length === population.allKinds.length,
    admins,
    accounts: sizeOf(population, kinds, admins),
  }
}

const flag = (value: boolean) => (value ? '1' : '0')
const TRAITS = {
  is_guest: (kind: AccountKind) => flag(kind.isGuest),
  deactivated: (kind: AccountKind) => flag(kind.deactivated),
  locked: (kind: AccountKind) => flag(kind.locked),
  shadow_banned: (kind: AccountKind) => flag(kind.shadowBanned),
  user_type: (kind: AccountKind) => kind.userType,
} as const

function sizeOf(population: Population, kinds: readonly AccountKind[], admins: boolean | undefined): number {
  let accounts = 0
  for (const kind of kinds) {
    const administrators = population.adminsOfKind.get(kind.id) ?? 0
    if (admins !== true) accounts += kind.accounts
    if (admins !== undefined) accounts += admins ? administrators : -administrators
  }
  return accounts
}
