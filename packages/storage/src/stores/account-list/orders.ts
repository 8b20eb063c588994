import type { SqlValue } from '../../db/types.ts'

export const ACCOUNT_ORDERS = [
  'name',
  'is_guest',
  'admin',
  'user_type',
  'deactivated',
  'shadow_banned',
  'displayname',
  'avatar_url',
  'creation_ts',
  'last_seen_ts',
  'locked',
] as const
export type AccountOrder = (typeof ACCOUNT_ORDERS)[number]

/** The columns whose order has an index of its own. All other orders are few groups, each in the order of the name. */
export const LISTED_COLUMNS = ['name', 'displayname', 'avatar_url', 'creation_ts', 'last_seen_ts'] as const
export type ListedColumn = (typeof LISTED_COLUMNS)[number]

export function isListed(order: AccountOrder): order is ListedColumn {
  return (LISTED_COLUMNS as readonly AccountOrder[]).includes(order)
}

/** All accounts in one order. Accounts equal in the column go by ascending name, in both directions. */
export interface AccountList {
  readonly column: ListedColumn
  readonly dir: 'f' | 'b'
  /** How `user_blocks` names it. */
  readonly id: string
}

export const ACCOUNT_LISTS: readonly AccountList[] = LISTED_COLUMNS.flatMap((column) =>
  (['f', 'b'] as const).map((dir) => ({ column, dir, id: `${column} ${dir}` })),
)

/** Where an account stands in every list. */
export interface ListedAccount {
  name: string
  displayname: string | null
  avatar_url: string | null
  creation_ts: number
  last_seen_ts: number | null
}

const NUMERIC: ReadonlySet<ListedColumn> = new Set(['creation_ts', 'last_seen_ts'])
const NULLABLE: ReadonlySet<ListedColumn> = new Set(['displayname', 'avatar_url', 'last_seen_ts'])

export function accountList(column: ListedColumn, dir: 'f' | 'b'): AccountList {
  return ACCOUNT_LISTS.find((list) => list.column === column && list.dir === dir)!
}

/** The list in whose order the accounts of each group go. */
export function listOf(orderBy: AccountOrder, dir: 'f' | 'b'): AccountList {
  return isListed(orderBy) ? accountList(orderBy, dir) : accountList('name', 'f')
}

/** The `ORDER BY` of a list, as the text of the index that has it. Nulls come before values when ascending. */
export function orderClause({ column, dir }: AccountList): string {
  if (column === 'name') return dir === 'f' ? 'name' : 'name DESC'
  // PostgreSQL looks for an index that places nulls as asked, even in a column that has none.
  if (!NULLABLE.has(column)) return dir === 'f' ? `${column}, name` : `${column} DESC, name`
  return dir === 'f' ? `${column} ASC NULLS FIRST, name` : `${column} DESC NULLS LAST, name`
}

const NULL_TAG = 0
const VALUE_TAG = 1
const END = Buffer.from([0]) // no text here holds U+0000
const SHIFT = 1n << 53n // makes every safe integer positive
const NUMBER_BYTES = 8

/**
 * The account's place in a list as bytes that compare as the list is ordered, so that the start of a block is one
 * value whatever the column: `tag | value | name`, in descending lists with the bits of all but the name flipped
 * (`name` itself, being the only part, is flipped there too).
 */
export function keyOf({ column, dir }: AccountList, account: ListedAccount): Buffer {
  const value = account[column]
  const ranked =
    value === null ? Buffer.from([NULL_TAG]) : Buffer.concat([Buffer.from([VALUE_TAG]), sortable(value)])
  if (dir === 'b') flip(ranked)
  return column === 'name' ? ranked : Buffer.concat([ranked, Buffer.from(account.name)])
}

/** A place in a list: the value of its column, and the name that breaks ties. */
export interface Place {
  value: string | number | null
  name: string
}

/** What {@link keyOf} was made from. */
export function placeOf({ column, dir }: AccountList, key: Uint8Array): Place {
  const bytes = Buffer.from(key) // a copy
  const valueEnd = endOfValue(bytes, column, dir === 'b' ? 0xff : 0)
  const ranked = bytes.subarray(0, valueEnd)
  const rest = bytes.subarray(valueEnd).toString()
  if (dir === 'b') flip(ranked)
  if (ranked[0] === NULL_TAG) return { value: null, name: rest }
  if (NUMERIC.has(column)) return { value: Number(ranked.readBigUInt64BE(1) - SHIFT), name: rest }
  const value = ranked.subarray(1, -1).toString()
  return { value, name: column === 'name' ? value : rest }
}

function sortable(value: string | number): Buffer {
  if (typeof value === 'string') return Buffer.concat([Buffer.from(value), END])
  const bytes = Buffer.alloc(NUMBER_BYTES)
  bytes.writeBigUInt64BE(BigInt(value) + SHIFT)
  return bytes
}

function endOfValue(bytes: Buffer, column: ListedColumn, flipped: number): number {
  if ((bytes[0]! ^ flipped) === NULL_TAG) return 1
  if (NUMERIC.has(column)) return 1 + NUMBER_BYTES
  return bytes.indexOf(END[0]! ^ flipped, 1) + 1
}

function flip(bytes: Buffer): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = bytes[i]! ^ 0xff
}

/** A piece of a list that one range of its index holds. */
export interface Range {
  /** A condition of a `WHERE`. */
  sql: string
  params: SqlValue[]
  /** All that it holds are equal but for their names. */
  isByName?: boolean
}

/** The ranges which hold, one after another, the accounts of a list from a place on. */
export function rangesFrom(list: AccountList, from: Place | undefined): Range[] {
  const { column, dir } = list
  if (column === 'name') {
    if (from === undefined) return [{ sql: 'name IS NOT NULL', params: [] }]
    return [{ sql: dir === 'f' ? 'name >= ?' : 'name <= ?', params: [from.name] }]
  }
  // An index of its order holds the whole list, nulls as well.
  if (from === undefined && NULLABLE.has(column)) return [{ sql: 'name IS NOT NULL', params: [] }]
  const values: Range = {
    sql: `${column} >= ?`,
    params: [NUMERIC.has(column) ? Number.MIN_SAFE_INTEGER : ''],
  }
  const nulls: Range[] = NULLABLE.has(column)
    ? [
        {
          sql: `${column} IS NULL AND name >= ?`,
          params: [from?.value === null ? from.name : ''],
          isByName: true,
        },
      ]
    : []
  if (from === undefined) return [values]
  if (from.value === null) return dir === 'f' ? [...nulls, values] : nulls
  if (dir === 'f') return [{ sql: `(${column}, name) >= (?, ?)`, params: [from.value, from.name] }]
  return [
    { sql: `${column} = ? AND name >= ?`, params: [from.value, from.name] },
    { sql: `${column} < ?`, params: [from.value] },
    ...nulls,
  ]
}

/** Ranges of the index that hold, in no order, the accounts from one place to another; `undefined` is an end of the list. */
export function rangesBetween(list: AccountList, from: Place | undefined, to: Place | undefined): Range[] {
  const { column, dir } = list
  if (column === 'name') {
    const [start] = rangesFrom(list, from)
    if (to === undefined) return [start!]
    return [
      { sql: `${start!.sql} AND name ${dir === 'f' ? '<' : '>'} ?`, params: [...start!.params, to.name] },
    ]
  }
  if (from !== undefined && from.value === to?.value)
    return [withValue(column, to.value, 'name >= ? AND name < ?', from.name, to.name)]
  const [low, high] = dir === 'f' ? [from, to] : [to, from]
  return [
    ...(from === undefined ? [] : [withValue(column, from.value, 'name >= ?', from.name)]),
    ...inside(column, low?.value, high?.value),
    ...(to === undefined ? [] : [withValue(column, to.value, 'name < ?', to.name)]),
  ]
}

function withValue(column: string, value: Place['value'], names: string, ...bound: string[]): Range {
  if (value === null) return { sql: `${column} IS NULL AND ${names}`, params: bound }
  return { sql: `${column} = ? AND ${names}`, params: [value, ...bound] }
}

/** Those with a value beyond `low` and before `high`, where null is the least; `undefined` bounds nothing. */
function inside(
  column: ListedColumn,
  low: Place['value'] | undefined,
  high: Place['value'] | undefined,
): Range[] {
  if (high === null) return []
  const least = NUMERIC.has(column) ? Number.MIN_SAFE_INTEGER : ''
  const values: Range = {
    sql: `${column} ${low == null ? '>=' : '>'} ?${high === undefined ? '' : ` AND ${column} < ?`}`,
    params: high === undefined ? [low ?? least] : [low ?? least, high],
  }
  if (low !== undefined || !NULLABLE.has(column)) return [values]
  return [{ sql: `${column} IS NULL AND name >= ?`, params: [''] }, values]
}
