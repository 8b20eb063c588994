import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type BulkInsert, bulkInsert } from '../../db/bulk.ts'
import type { Storage } from '../../open.ts'
import { findByPart } from '../account-names/part-search.ts'
import { moveParts, rebuildParts } from '../account-names/parts.ts'
import { searchTextOf } from '../account-names/search.ts'
import type { AccountSummary } from '../accounts/types.ts'
import { randomNumbers } from '../lists/random-fixture.ts'
import { AccountBlocks } from './blocks.ts'
import { AccountColumns } from './columns.ts'
import type { AccountFilter } from './filter.ts'
import { AccountMemory } from './found-memo.ts'
import { type AccountPage, countAccounts, listAccounts } from './list.ts'

const ALL: AccountFilter = { guests: true, locked: true, notUserTypes: [] }
const ORDERS = ['name', 'displayname', 'last_seen_ts', 'locked', 'admin'] as const
const USERS: BulkInsert = {
  table: 'users',
  columns: { id: 'bigint', name: 'text', creation_ts: 'bigint', kind: 'bigint', search_text: 'text' },
}
/** So few that parts are in many names, and at many places of one. */
const LETTERS = ['a', 'b', 'é', ' ', '\u{1f9a6}']

/** Accounts that come and change at random, and how they are now. */
class Town {
  readonly #storage: Storage
  readonly random = randomNumbers(11)
  readonly names = new Map<UserId, string | null>()
  constructor(storage: Storage) {
    this.#storage = storage
  }

  word(most: number): string {
    return Array.from({ length: 1 + this.random(most) }, () => LETTERS[this.random(LETTERS.length)]).join('')
  }

  async live(steps: number): Promise<void> {
    await this.#storage.write(async (tx) => {
      for (let n = 0; n < steps; n++) {
        const known = [...this.names.keys()]
        const userId = known[this.random(Math.max(1, known.length))]
        const displayname = this.random(4) === 0 ? null : this.word(12)
        if (userId === undefined || this.random(3) === 0) {
          const localpart = Array.from({ length: 3 + this.random(6) }, () => 'abc'[this.random(3)]).join('')
          const added = `@${localpart}${known.length}:srv.test` as UserId
          await tx.accounts.create({ userId: added, createdTs: n, displayname })
          this.names.set(added, displayname)
        } else if (this.random(2) === 0) {
          const change = [{ locked: true }, { locked: false }, { admin: true }, { deactivated: true }]
          await tx.accounts.update(userId, change[this.random(4)]!)
        } else {
          await tx.accounts.update(userId, { displayname })
          this.names.set(userId, displayname)
        }
      }
    })
  }

  /** Those whose names have the part, by looking at every one of them. */
  withPart(part: string): UserId[] {
    return [...this.names].filter(([id, name]) => searchTextOf(id, name).includes(part)).map(([id]) => id)
  }
}

/** Pages and totals as they are on a server with many accounts, of which something is known. */
class KnowingReader {
  readonly #storage: Storage
  readonly #memory = new AccountMemory(new AccountColumns({ minAccounts: 0, minFound: 0 }))
  constructor(storage: Storage) {
    this.#storage = storage
  }

  /** So small that there are several. */
  cutBlocks(): Promise<void> {
    return this.#storage.write((tx) => new AccountBlocks(tx.db, { max: 8, min: 3, lookEvery: 1 }).rebuild())
  }

  async ask(filter: AccountFilter, page: AccountPage): Promise<{ total: number; page: UserId[] }> {
    const { columns } = this.#memory
    return this.#storage.write(async ({ db }) => {
      await listAccounts(db, filter, page, this.#memory)
      await countAccounts(db, filter, this.#memory)
      await columns.settled()
      const accounts = await listAccounts(db, filter, page, this.#memory)
      // What is remembered of a search is left out: it is what is known of accounts that counts.
      const total = await countAccounts(db, filter, new AccountMemory(columns))
      return { total, page: accounts.map((account) => account.userId) }
    })
  }
}

databaseMatrix((open) => {
  test('pages and totals of any search are what looking at every account gives, while accounts come and change', async () => {
    await using storage = await open()
    const town = new Town(storage)
    const { read } = storage
    const knowing = new KnowingReader(storage)
    for (let round = 0; round < 12; round++) {
      await town.live(60)
      if (round === 1) await knowing.cutBlocks()
      const everyone = await read.accounts.list(ALL, { orderBy: 'name', dir: 'f', from: 0, limit: 10_000 })
      assert.equal(everyone.length, town.names.size)
      for (let n = 0; n < 20; n++) {
        const name = n % 3 === 0 ? 'abc'[town.random(3)]! + 'abc'[town.random(3)]! : town.word(9)
        const found = new Set(town.withPart(name))
        const filter = [{}, { locked: false }, { admins: false }, { deactivated: false }][town.random(4)]!
        const passes = (account: AccountSummary) =>
          found.has(account.userId) &&
          (!('locked' in filter) || !account.locked) &&
          (!('admins' in filter) || !account.admin) &&
          (!('deactivated' in filter) || !account.deactivated)
        const want = new Set(everyone.filter(passes).map((account) => account.userId))
        const what = JSON.stringify({ name, filter, round })
        assert.equal(await read.accounts.count({ ...ALL, ...filter, name }), want.size, what)
        const orderBy = ORDERS[town.random(ORDERS.length)]!
        const whole = await read.accounts.list(
          { ...ALL, ...filter },
          { orderBy, dir: 'b', from: 0, limit: 10_000 },
        )
        const inOrder = whole.map((account) => account.userId).filter((id) => want.has(id))
        const from = town.random(want.size + 1)
        const place = { orderBy, dir: 'b', from, limit: 7 } as const
        const page = await read.accounts.list({ ...ALL, ...filter, name }, place)
        assert.deepEqual(
          page.map((account) => account.userId),
          inOrder.slice(from, from + 7),
          what,
        )
        if (round === 0 || n % 4 !== 0) continue
        const known = await knowing.ask({ ...ALL, ...filter, name }, place)
        assert.deepEqual(known, { total: want.size, page: inOrder.slice(from, from + 7) }, what)
      }
    }
    assert.ok(town.names.size > 150)
  })

  test('pages and totals asked for while others write are of some moment, never torn', async () => {
    await using storage = await open()
    const town = new Town(storage)
    await town.live(150)
    const name = 'ab'
    const states = new Set<number>([town.withPart(name).length])
    let isOver = false
    const writing = (async () => {
      for (let n = 0; n < 30; n++) {
        await town.live(5)
        states.add(town.withPart(name).length)
      }
      isOver = true
    })()
    const totals: number[] = []
    while (!isOver) {
      totals.push(await storage.read.accounts.count({ ...ALL, name }))
      const page = await storage.read.accounts.list(
        { ...ALL, name },
        { orderBy: 'name', dir: 'f', from: 0, limit: 50 },
      )
      assert.ok(new Set(page.map((account) => account.userId)).size === page.length, 'nobody twice')
      await setImmediate()
    }
    await writing
    assert.ok(totals.length > 0)
    assert.deepEqual(
      totals.filter((total) => !states.has(total)),
      [],
      `not one of ${[...states]}`,
    )
    assert.equal(await storage.read.accounts.count({ ...ALL, name }), town.withPart(name).length)
  })

  test('rows of the index are cut when many take a name, and made anew they are the same', async () => {
    await using storage = await open()
    const text = (n: number, displayname: string | null) =>
      searchTextOf(`@u${n}:srv.test` as UserId, displayname)
    const isOther = (n: number) => n <= 30
    const ids = Array.from({ length: 330 }, (_, n) => n + 1)
    // Each stands at four places of the row.
    const named = `${'Bridged '.repeat(4)}person`
    await storage.write(async ({ db }) => {
      for (const n of ids) await moveParts(db, n, undefined, text(n, n % 2 === 0 ? named : null))
      for (const n of ids) if (n % 2 === 1) await moveParts(db, n, text(n, null), text(n, named))
      for (const n of ids) if (isOther(n)) await moveParts(db, n, text(n, named), text(n, 'Other'))
      const rows = ids.map((n) => [n, `@u${n}:srv.test`, 1, 0, text(n, isOther(n) ? 'Other' : named)])
      await bulkInsert(db, USERS, rows)
    })
    const find = () =>
      storage.write(async (tx) => [
        await findByPart(tx.db, 'idged per', 'both'),
        await findByPart(tx.db, 'ged', 'both'),
        await findByPart(tx.db, 'zz', 'both'),
      ])
    const kept = await find()
    const { rows, longest } = await storage.write(
      async (tx) =>
        (await tx.db.get<{ rows: number; longest: number }>(
          `SELECT COUNT(*) AS rows, MAX(length(entries)) AS longest FROM user_parts WHERE gram = 'dged'`,
        ))!,
    )
    await storage.write((tx) => rebuildParts(tx.db))

    assert.deepEqual([kept[0]!.length, kept[1]!.length, kept[2]!.length], [300, 300, 0])
    assert.ok(rows >= 2 && longest <= 3_000, `${rows} rows, the longest has ${longest} bytes`)
    assert.deepEqual(await find(), kept)
  })
})
