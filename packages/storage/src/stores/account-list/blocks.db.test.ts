import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import type { ReadHandle, SqlValue, WriteHandle } from '../../db/types.ts'
import type { Storage } from '../../open.ts'
import { randomNumbers } from '../lists/random-fixture.ts'
import { AccountBlocks, type BlockSizes, findBlock, type ListEntry } from './blocks.ts'
import { ACCOUNT_LISTS, type AccountList, keyOf } from './orders.ts'
import { touchAccounts } from './seen.ts'
import { AccountSpans, findPiece, type KnownPieces, readBlocks, readSpans, spansOf } from './spans.ts'

/** So small that some hundred accounts make what a million makes otherwise. */
const SMALL: BlockSizes = { max: 8, min: 3, lookEvery: 1, spans: { max: 40, min: 12 } }
const KINDS = [1, 2, 70] // 70 is beyond the bits of a number

async function write(db: WriteHandle, entry: ListEntry): Promise<void> {
  const { id, kind, name, displayname, avatar_url, creation_ts, last_seen_ts } = entry
  await db.run('DELETE FROM users WHERE id = ?', id)
  await db.run(
    `INSERT INTO users (id, kind, name, displayname, avatar_url, creation_ts, last_seen_ts, search_text)
     VALUES (?, ?, ?, ?, ?, ?, ?, '')`,
    ...[id, kind, name, displayname, avatar_url, creation_ts, last_seen_ts],
  )
}

/** The accounts of a list in its order, as their keys say. */
function inOrder(entries: Iterable<ListEntry>, list: AccountList): ListEntry[] {
  const keyed = [...entries].map((entry) => ({ entry, key: keyOf(list, entry) }))
  return keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ entry }) => entry)
}

/** Every rank is found in its place, whichever kinds are counted. */
async function checkRanks(db: ReadHandle, entries: Map<number, ListEntry>, ranks: number): Promise<void> {
  for (const list of ACCOUNT_LISTS) {
    const all = inOrder(entries.values(), list)
    const spans = (await readSpans(db, list))!
    for (const kinds of [[1], [1, 2], [2, 70], KINDS]) {
      const group = { kinds, isEveryKind: kinds === KINDS, admins: undefined, accounts: 0 }
      const own = all.filter((entry) => kinds.includes(entry.kind))
      const known: KnownPieces = {
        spans,
        blocksOf: async (span) => (await readBlocks(db, list, group, span))!.blocks,
      }
      for (let rank = 0; rank < own.length; rank += Math.ceil(own.length / ranks)) {
        const piece = await findPiece(db, list, group, rank)
        const { start, before } = await findBlock(db, list, group, rank)
        const what = `${list.id} ${kinds} ${rank}`
        assert.deepEqual(await findPiece(db, list, group, rank, known), piece, what)
        const isBefore = (entry: ListEntry) => Buffer.compare(keyOf(list, entry), piece!.start) < 0
        assert.equal(before, own.filter(isBefore).length, what)
        assert.ok(before <= rank, what)
        assert.ok(start === undefined || all.some((entry) => entry.name === start.name), what)
      }
    }
  }
}

async function sizes(db: ReadHandle, list: string): Promise<number[]> {
  const rows = await db.all<{ n: number }>(
    'SELECT CAST(SUM(accounts) AS BIGINT) AS n FROM user_blocks WHERE list = ? GROUP BY start ORDER BY start',
    list,
  )
  return rows.map(({ n }) => n)
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0)

async function changed(
  storage: Storage,
  entries: Map<number, ListEntry>,
  changes: readonly ListEntry[],
): Promise<void> {
  await storage.write(async (tx) => {
    const blocks = new AccountBlocks(tx.db, SMALL)
    for (const after of changes) {
      await write(tx.db, after)
      await blocks.move(entries.get(after.id), after)
      entries.set(after.id, after)
    }
  })
}

databaseMatrix((open) => {
  test('spans and blocks count what is before every rank, while accounts come, change and move', async () => {
    await using storage = await open()
    const random = randomNumbers(5)
    const entries = new Map<number, ListEntry>()
    const entry = (id: number): ListEntry => ({
      id,
      kind: KINDS[random(3)]!,
      name: `@${(id * 7_919) % 1_009}:test`,
      displayname: random(3) === 0 ? null : `D ${random(40)}`,
      avatar_url: random(2) === 0 ? null : `mxc://a/${random(9)}`,
      creation_ts: random(500),
      last_seen_ts: random(4) === 0 ? null : random(900),
    })

    for (let begin = 0; begin < 400; begin += 50)
      await changed(
        storage,
        entries,
        Array.from({ length: 50 }, (_, i) => entry(begin + i + 1)),
      )
    await storage.write((tx) => checkRanks(tx.db, entries, 60))
    // Everybody is seen again, later and later: the blocks of those who were seen before run empty.
    for (let round = 0; round < 2; round++)
      for (let begin = 0; begin < 400; begin += 50) {
        const seen = Array.from({ length: 50 }, (_, i) => {
          const before = entries.get(((begin + i) * 37) % 400 || 400)!
          return { ...before, last_seen_ts: 1_000 + round * 400 + begin + i, kind: KINDS[random(3)]! }
        })
        await changed(storage, entries, seen)
      }

    await storage.write(async (tx) => {
      await checkRanks(tx.db, entries, 60)
      for (const list of ACCOUNT_LISTS) {
        const [blocks, spans] = [await sizes(tx.db, list.id), await sizes(tx.db, spansOf(list))]
        assert.deepEqual([sum(blocks), sum(spans)], [entries.size, entries.size], list.id)
        assert.ok(blocks.length > 40 && blocks.length < 200, `${list.id}: ${blocks.length} blocks`)
        assert.ok(spans.length > 8 && spans.length < 60, `${list.id}: ${spans.length} spans`)
        assert.ok(Math.max(...spans) <= SMALL.spans!.max + SMALL.max, `${list.id}: ${Math.max(...spans)}`)
      }
      const kept = await tx.db.all(
        'SELECT list, kind, SUM(accounts) AS n FROM user_blocks GROUP BY list, kind ORDER BY 1, 2',
      )
      await new AccountBlocks(tx.db, SMALL).rebuild()
      assert.deepEqual(
        await tx.db.all(
          'SELECT list, kind, SUM(accounts) AS n FROM user_blocks GROUP BY list, kind ORDER BY 1, 2',
        ),
        kept,
      )
      await checkRanks(tx.db, entries, 30)
    })

    // And once more many at once, some of whom stay where they are.
    for (let begin = 0; begin < 400; begin += 100)
      await storage.write(async (tx) => {
        const some = Array.from({ length: 100 }, (_, i) => entries.get(((begin + i) * 37) % 400 || 400)!)
        const seen = some.map((before) => ({
          ...before,
          last_seen_ts: before.last_seen_ts! + 1 + random(3) * 300,
        }))
        await touchAccounts(
          tx.db,
          new AccountBlocks(tx.db, SMALL),
          new Map(seen.map((after) => [after.name, after.last_seen_ts])),
        )
        for (const after of seen) entries.set(after.id, after)
      })
    await storage.write(async (tx) => {
      await checkRanks(tx.db, entries, 60)
      for (const list of ACCOUNT_LISTS)
        for (const id of [list.id, spansOf(list)]) assert.equal(sum(await sizes(tx.db, id)), entries.size, id)
    })
  })

  test('a rank is found by what spans and one of them hold: never by all blocks', async () => {
    await using storage = await open()
    const count = 3_000
    await storage.write(async (tx) => {
      const rows: SqlValue[][] = []
      for (let block = 0; block < count; block++)
        rows.push([Buffer.from(`\u0001@${String(block).padStart(6, '0')}`), 1, 2_000])
      for (const [start, kind, accounts] of rows)
        await tx.db.run(
          `INSERT INTO user_blocks (list, start, kind, accounts) VALUES ('name f', ?, ?, ?)`,
          start!,
          kind!,
          accounts!,
        )
      await new AccountSpans(tx.db).rebuild(ACCOUNT_LISTS[0]!)
      const spans = await sizes(tx.db, spansOf(ACCOUNT_LISTS[0]!))
      assert.ok(spans.length < 250, `${spans.length} spans of six million accounts`)
      assert.ok(Math.max(...spans) <= 65_536)
      const group = { kinds: [1], isEveryKind: false }
      for (const rank of [0, 1_999, 2_000, 3_333_333, 5_999_999]) {
        const piece = await findPiece(tx.db, ACCOUNT_LISTS[0]!, group, rank)
        assert.equal(piece?.before, Math.floor(rank / 2_000) * 2_000)
      }
    })
  })
})
