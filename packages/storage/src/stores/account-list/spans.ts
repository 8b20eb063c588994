import { type BulkInsert, bulkInsert } from '../../db/bulk.ts'
import type { Dialect, ReadHandle, SqlValue, WriteHandle } from '../../db/types.ts'
import { kindCheck } from './filter.ts'
import { type AccountGroup, type Moment, momentColumns } from './groups.ts'
import type { AccountList } from './orders.ts'

/**
 * Blocks that follow one another in a list are counted together as a span, which begins where its first block does: to
 * find a rank some dozen spans are added up, then the blocks of one. `user_blocks` holds both, spans under a name of
 * their own.
 *
 *     span                                 span
 *     block          block         block   block        block
 *     | … accounts … | … accounts …| …     | … accounts …
 *
 * Large ones are cut in two, small ones join the one before them. They are looked at when one of their blocks is cut or
 * joined.
 */
export interface PieceSizes {
  /** A piece with more accounts is cut in two. */
  max: number
  /** One with fewer joins the one before it. */
  min: number
}

const SIZES: PieceSizes = { max: 65_536, min: 8_192 }

/** Before every key. Not empty: an empty blob is a null to some drivers. */
export const BEGINNING: Uint8Array = Buffer.from([0])
/** After every key: the second byte of those that begin so is a name's first. */
const END: Uint8Array = Buffer.from([0xff, 0xff])

export const isBeginning = (start: Uint8Array) => start.length === BEGINNING.length

/** How `user_blocks` names the spans of a list. */
export const spansOf = ({ id }: AccountList) => `spans of ${id}`

export const ADDED = `ON CONFLICT (list, start, kind) DO UPDATE SET accounts = user_blocks.accounts + excluded.accounts`
export const COUNTS: BulkInsert = {
  table: 'user_blocks',
  columns: { list: 'text', start: 'bytea', kind: 'bigint', accounts: 'bigint' },
  conflict: ADDED,
}

type Kinds = Pick<AccountGroup, 'kinds' | 'isEveryKind'>

/** A piece of a list that is counted. */
export interface Piece {
  start: Uint8Array
  /** How many accounts of the kinds come before it. */
  before: number
}

/** All spans of a list, ascending, and when they were so. */
export interface KnownSpans extends Moment {
  spans: { start: Uint8Array; accounts: { kind: number; n: number }[] }[]
}

export async function readSpans(db: ReadHandle, list: AccountList): Promise<KnownSpans | undefined> {
  type Row = Moment & { start: Uint8Array; kind: number; n: number }
  const moment = momentColumns(db.dialect)
  const sql = `SELECT start, kind, accounts AS n, ${moment} FROM user_blocks WHERE list = ? ORDER BY start`
  const rows = await db.all<Row>(sql, spansOf(list))
  const spans: KnownSpans['spans'] = []
  for (const { start, kind, n } of rows) {
    const last = spans.at(-1)
    if (last !== undefined && Buffer.compare(last.start, start) === 0) last.accounts.push({ kind, n })
    else spans.push({ start, accounts: [{ kind, n }] })
  }
  const [first] = rows
  return first && { spans, position: first.position, moved: first.moved }
}

export interface SpanOfRank extends Piece {
  /** Where the next one begins, `null` when it is the last. */
  next: Uint8Array | null
}

/** The last span before which there are at most `rank` accounts of these kinds. */
function spanOf({ spans }: KnownSpans, { kinds, isEveryKind }: Kinds, rank: number): SpanOfRank | undefined {
  const own = new Set(kinds)
  let found: SpanOfRank | undefined
  let before = 0
  for (const [i, { start, accounts }] of spans.entries()) {
    if (before > rank) break
    found = { start, before, next: spans[i + 1]?.start ?? null }
    for (const { kind, n } of accounts) if (isEveryKind || own.has(kind)) before += n
  }
  return found
}

/** What somebody has in memory of the pieces of a list. */
export interface KnownPieces {
  spans: KnownSpans
  /** Those of {@link readBlocks}; `undefined` where they are not of the moment of the spans. */
  blocksOf(span: SpanOfRank): Promise<readonly Piece[] | undefined>
}

/** The blocks of a span, ascending, and when they were so. */
export interface KnownBlocks extends Moment {
  blocks: readonly Piece[]
}

/** The blocks of a span, with how many accounts of the kinds in it come before each; `undefined` when it has none any more. */
export async function readBlocks(
  db: ReadHandle,
  list: AccountList,
  group: Kinds,
  { start, next }: SpanOfRank,
): Promise<KnownBlocks | undefined> {
  const { sql, params } = kindCheck(db.dialect, { ...group, admins: undefined })
  const rows = await db.all<Moment & Block>(
    `SELECT start, CAST(SUM(CASE WHEN ${sql} THEN accounts ELSE 0 END) AS BIGINT) AS own, ${momentColumns(db.dialect)}
     FROM user_blocks WHERE list = ? AND start >= ? AND start < ? GROUP BY start ORDER BY start`,
    ...params,
    list.id,
    start,
    next ?? END,
  )
  let before = 0
  const blocks: Piece[] = []
  for (const { start, own } of rows) {
    blocks.push({ start, before })
    before += own
  }
  const [first] = rows
  return first && { blocks, position: first.position, moved: first.moved }
}

/**
 * The last block before which there are at most `rank` accounts of these kinds; `undefined` when nobody is counted. `known`
 * are the pieces, if somebody has them in memory.
 */
export async function findPiece(
  db: ReadHandle,
  list: AccountList,
  group: Kinds,
  rank: number,
  known?: KnownPieces,
): Promise<Piece | undefined> {
  const { sql, params } = findSql(db.dialect, group)
  const span =
    known === undefined
      ? await db.get<SpanOfRank>(sql, ...params, spansOf(list), BEGINNING, END, rank)
      : spanOf(known.spans, group, rank)
  if (span === undefined) return undefined
  const left = rank - span.before
  const blocks = await known?.blocksOf(span)
  const block =
    blocks === undefined
      ? await db.get<SpanOfRank>(sql, ...params, list.id, span.start, span.next ?? END, left)
      : blocks.findLast(({ before }) => before <= left)
  return block && { start: block.start, before: span.before + block.before }
}

/** Rows come in the order of the primary key: no sorting. */
function findSql(dialect: Dialect, { kinds, isEveryKind }: Kinds): { sql: string; params: SqlValue[] } {
  const { sql: isOfKinds, params } = kindCheck(dialect, { kinds, isEveryKind, admins: undefined })
  const sql = `
SELECT start, before, next FROM (
  SELECT start, SUM(own) OVER (ORDER BY start ROWS UNBOUNDED PRECEDING) - own AS before,
    LEAD(start) OVER (ORDER BY start) AS next FROM (
    SELECT start, SUM(CASE WHEN ${isOfKinds} THEN accounts ELSE 0 END) AS own
    FROM user_blocks WHERE list = ? AND start >= ? AND start < ? GROUP BY start) AS pieces) AS ranked
WHERE before <= ? ORDER BY start DESC LIMIT 1`
  return { sql, params }
}

/** Keeps the spans of blocks true. */
export class AccountSpans {
  readonly #db: WriteHandle
  readonly #sizes: PieceSizes
  constructor(db: WriteHandle, sizes: PieceSizes = SIZES) {
    this.#db = db
    this.#sizes = sizes
  }

  /** Whether a block begins a span: then it must not join the block before it. */
  async isStart(list: AccountList, start: Uint8Array): Promise<boolean> {
    const sql = 'SELECT start FROM user_blocks WHERE list = ? AND start = ? LIMIT 1'
    return (await this.#db.get(sql, spansOf(list), start)) !== undefined
  }

  /** Cuts the span that the block is in, if it is large. */
  async splitIfLarge(list: AccountList, block: Uint8Array): Promise<void> {
    const spans = spansOf(list)
    const start = (await this.#neighbour(spans, '<=', block)) ?? BEGINNING
    if ((await sizeOf(this.#db, spans, start)) <= this.#sizes.max) return
    const end = (await this.#neighbour(spans, '>', start)) ?? END
    const middle = middleOf(await this.#blocksOf(list, start, end))
    if (middle === undefined) return
    await this.#db.send('DELETE FROM user_blocks WHERE list = ? AND start = ?', spans, start)
    await this.#writeCounts(list, start, middle)
    await this.#writeCounts(list, middle, end)
  }

  /** Lets the span that begins here join the one before it, if it is small. */
  async joinIfSmall(list: AccountList, start: Uint8Array): Promise<void> {
    const spans = spansOf(list)
    const size = await sizeOf(this.#db, spans, start)
    if (size >= this.#sizes.min || isBeginning(start)) return
    const previous = await this.#neighbour(spans, '<', start)
    if (previous === undefined) return
    // A span that is nearly full would be cut again at once.
    const together = (await sizeOf(this.#db, spans, previous)) + size
    if (size > 0 && together > (this.#sizes.max * 3) / 4) return
    await moveCounts(this.#db, spans, start, previous)
  }

  /** Makes them anew from the blocks of the list, whatever they are now. */
  async rebuild(list: AccountList): Promise<void> {
    await this.#db.send('DELETE FROM user_blocks WHERE list = ?', spansOf(list))
    let begin: Uint8Array = BEGINNING
    let size = 0
    for (const { start, own } of await this.#blocksOf(list, BEGINNING, END)) {
      if (size > 0 && size + own > this.#sizes.max / 2) {
        await this.#writeCounts(list, begin, start)
        begin = start
        size = 0
      }
      size += own
    }
    await this.#writeCounts(list, begin, END)
  }

  async #neighbour(list: string, side: '<' | '<=' | '>', start: Uint8Array): Promise<Uint8Array | undefined> {
    const order = side === '>' ? 'start' : 'start DESC'
    const row = await this.#db.get<{ start: Uint8Array }>(
      `SELECT start FROM user_blocks WHERE list = ? AND start ${side} ? ORDER BY ${order} LIMIT 1`,
      list,
      start,
    )
    return row?.start
  }

  #blocksOf(list: AccountList, start: Uint8Array, end: Uint8Array): Promise<Block[]> {
    return this.#db.all<Block>(
      `SELECT start, CAST(SUM(accounts) AS BIGINT) AS own FROM user_blocks
       WHERE list = ? AND start >= ? AND start < ? GROUP BY start ORDER BY start`,
      list.id,
      start,
      end,
    )
  }

  /** Writes the counts of a new span: those of its blocks. */
  async #writeCounts(list: AccountList, start: Uint8Array, end: Uint8Array): Promise<void> {
    const counts = await this.#db.all<{ kind: number; accounts: number }>(
      `SELECT kind, CAST(SUM(accounts) AS BIGINT) AS accounts FROM user_blocks
       WHERE list = ? AND start >= ? AND start < ? GROUP BY kind`,
      list.id,
      start,
      end,
    )
    const rows = counts.map(({ kind, accounts }): SqlValue[] => [spansOf(list), start, kind, accounts])
    await bulkInsert(this.#db, COUNTS, rows)
  }
}

interface Block {
  start: Uint8Array
  own: number
}

/** Where the second half begins; `undefined` when there are not two blocks. */
function middleOf(blocks: readonly Block[]): Uint8Array | undefined {
  const half = blocks.reduce((sum, { own }) => sum + own, 0) / 2
  let before = 0
  for (const [i, { start, own }] of blocks.entries()) {
    if (i > 0 && (before + own > half || i === blocks.length - 1)) return start
    before += own
  }
  return undefined
}

/** Adds the counts of a piece to those of another one of the list. */
export async function moveCounts(
  db: WriteHandle,
  list: string,
  from: Uint8Array,
  to: Uint8Array,
): Promise<void> {
  const counts = await db.all<{ kind: number; accounts: number }>(
    'DELETE FROM user_blocks WHERE list = ? AND start = ? RETURNING kind, accounts',
    list,
    from,
  )
  const rows = counts.map(({ kind, accounts }): SqlValue[] => [list, to, kind, accounts])
  await bulkInsert(db, COUNTS, rows)
}

/** How many accounts the piece has. */
export async function sizeOf(db: ReadHandle, list: string, start: Uint8Array): Promise<number> {
  const row = await db.get<{ n: number }>(
    'SELECT CAST(COALESCE(SUM(accounts), 0) AS BIGINT) AS n FROM user_blocks WHERE list = ? AND start = ?',
    list,
    start,
  )
  return row!.n
}
