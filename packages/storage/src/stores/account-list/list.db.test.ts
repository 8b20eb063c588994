import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { bulkInsert } from '../../db/bulk.ts'
import type { ReadHandle, SqlValue, WriteHandle } from '../../db/types.ts'
import type { Storage } from '../../open.ts'
import { searchTextOf } from '../account-names/search.ts'
import { summaryText } from '../accounts/summary-text.ts'
import type { AccountSummary } from '../accounts/types.ts'
import { checkPlans } from '../lists/plan-fixture.ts'
import { AccountBlocks } from './blocks.ts'
import type { AccountFilter } from './filter.ts'
import { AccountMemory } from './found-memo.ts'
import { type AccountPage, countAccounts, findAccounts, listAccounts } from './list.ts'
import { listTexts } from './list-texts.ts'
import { ACCOUNT_ORDERS } from './orders.ts'

const ALL: AccountFilter = { guests: true, locked: true, notUserTypes: [] }
const FILTERS: Partial<AccountFilter>[] = [
  {},
  { locked: false },
  { guests: false, deactivated: false },
  { deactivated: true },
  { admins: false },
  { admins: true },
  { notUserTypes: ['', 'bot'] },
  { approved: false },
  { admins: false, locked: false, guests: false },
]
const DIRS = ['f', 'b'] as const
const TEXT = summaryText([
  { key: 'name', member: 'userId' },
  { key: 'admin', member: 'admin' },
  { key: 'kind', member: 'deactivated', isNumber: true },
  { key: 'created', member: 'createdTs' },
  { key: 'displayname', member: 'displayname' },
  { key: 'avatar', member: 'avatarUrl' },
  { key: 'seen', member: 'lastSeenTs' },
])
const idOf = (n: number) => `@u${String((n * 7919) % 100_003).padStart(6, '0')}:test` as UserId

const INSERT = {
  table: 'users',
  columns: {
    id: 'bigint',
    name: 'text',
    creation_ts: 'bigint',
    is_guest: 'bigint',
    deactivated: 'bigint',
    locked: 'bigint',
    approved: 'bigint',
    admin: 'bigint',
    user_type: 'text',
    displayname: 'text',
    avatar_url: 'text',
    last_seen_ts: 'bigint',
    kind: 'bigint',
    search_text: 'text',
  },
} as const

/** Accounts of many kinds, written as an importer would. */
async function fill(db: WriteHandle, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, n): SqlValue[] => {
    const displayname = n % 3 === 0 ? null : `Name ${(n * 31) % 500}`
    const flag = (every: number) => (n % every === 0 ? 1 : 0)
    const seen = n % 4 === 0 ? null : (n * 17) % 900
    const flags = [flag(11), flag(7), flag(13), 1 - flag(17), flag(401)]
    const type = n % 19 === 0 ? 'bot' : null
    const text = searchTextOf(idOf(n), displayname)
    const avatar = n % 2 === 0 ? null : `mxc://a/${n % 50}`
    return [n + 1, idOf(n), (n * 13) % 5_000, ...flags, type, displayname, avatar, seen, 0, text]
  })
  for (let i = 0; i < rows.length; i += 1_000) await bulkInsert(db, INSERT, rows.slice(i, i + 1_000))
}

async function filled(storage: Storage, count: number): Promise<void> {
  await storage.write(async (tx) => {
    await tx.takePosition('accounts', count)
    await fill(tx.db, count)
    await tx.accounts.rebuildLists()
  })
}

/** What the page must be, found in the slowest and plainest way. */
function expected(
  all: readonly AccountSummary[],
  filter: AccountFilter,
  { orderBy, dir }: AccountPage,
): string[] {
  const fields = {
    name: 'userId',
    is_guest: 'isGuest',
    admin: 'admin',
    user_type: 'userType',
    deactivated: 'deactivated',
    shadow_banned: 'shadowBanned',
    displayname: 'displayname',
    avatar_url: 'avatarUrl',
    creation_ts: 'createdTs',
    last_seen_ts: 'lastSeenTs',
    locked: 'locked',
  } as const
  const compare = (a: AccountSummary, b: AccountSummary) => {
    const [x, y] = [a[fields[orderBy]], b[fields[orderBy]]]
    const byValue = x === y ? 0 : x === null || (y !== null && x < y) ? -1 : 1
    if (byValue !== 0) return dir === 'f' ? byValue : -byValue
    return a.userId < b.userId ? -1 : 1
  }
  return all
    .filter(
      (account) =>
        (filter.guests || !account.isGuest) &&
        (filter.locked || !account.locked) &&
        (filter.deactivated === undefined || account.deactivated === filter.deactivated) &&
        (filter.approved === undefined || account.approved === filter.approved) &&
        (filter.admins === undefined || account.admin === filter.admins) &&
        !filter.notUserTypes.includes(account.userType ?? ''),
    )
    .sort(compare)
    .map((account) => account.userId)
}

async function everyone(storage: Storage): Promise<AccountSummary[]> {
  return storage.read.accounts.list(ALL, { orderBy: 'name', dir: 'f', from: 0, limit: 1_000_000 })
}

async function checkPages(storage: Storage, filters: readonly Partial<AccountFilter>[]): Promise<void> {
  const all = await everyone(storage)
  for (const partial of filters)
    for (const orderBy of ACCOUNT_ORDERS)
      for (const dir of DIRS) {
        const filter = { ...ALL, ...partial }
        const want = expected(all, filter, { orderBy, dir, from: 0, limit: 0 })
        assert.equal(await storage.read.accounts.count(filter), want.length)
        const half = want.length >> 1
        // Pages that follow another one begin where that has ended.
        for (const from of [0, 50, 1_000, half, half + 50, want.length - 30, want.length]) {
          if (from < 0) continue
          const page = { orderBy, dir, from, limit: 50 }
          const what = `${JSON.stringify(partial)} ${JSON.stringify(page)}`
          const got = await storage.read.accounts.list(filter, page)
          assert.deepEqual(
            got.map((account) => account.userId),
            want.slice(from, from + 50),
            what,
          )
          const {
            texts,
            count,
            total,
            all: everybody,
          } = await storage.read.accounts.listTexts(filter, page, TEXT)
          assert.equal(texts.join(), got.map(TEXT.write).join(), what)
          assert.deepEqual([count, total, everybody], [got.length, want.length, all.length], what)
        }
      }
}

databaseMatrix((open) => {
  test('a page is the same piece of the whole list at any offset, in every order, whatever is filtered', async () => {
    await using storage = await open()
    await filled(storage, 7_000)

    await checkPages(storage, FILTERS)
  })

  test('pages stay right while accounts come and change, also where blocks are joined', async () => {
    await using storage = await open()
    await filled(storage, 4_000)

    await storage.write(async (tx) => {
      await new AccountBlocks(tx.db, { max: 128, min: 32, lookEvery: 1 }).rebuild()
      for (let n = 4_000; n < 4_100; n++)
        await tx.accounts.create({
          userId: idOf(n),
          createdTs: n,
          displayname: `M ${n}`,
          locked: n % 5 === 0,
        })
    })
    for (let begin = 0; begin < 600; begin += 200)
      await storage.write(async (tx) => {
        const some = Array.from({ length: 200 }, (_, i) => begin + i)
        await tx.accounts.touch(new Map(some.map((n) => [idOf(n), 10_000 + n])))
        for (const n of some) {
          if (n % 3 === 0) await tx.accounts.update(idOf(n), { deactivated: true, displayname: null })
          if (n % 5 === 0) await tx.accounts.update(idOf(n), { avatarUrl: `mxc://b/${n % 9}`, userType: 'x' })
        }
      })

    await checkPages(storage, FILTERS.slice(0, 3))
  })

  test('administrators made by hand are in their place at once, at every offset', async () => {
    await using storage = await open()
    await filled(storage, 5_000)
    await storage.read.accounts.count(ALL)

    await storage.write((tx) => tx.db.run(`UPDATE users SET admin = 1 WHERE name LIKE '@u00_12%'`))
    await storage.write((tx) => tx.db.run(`UPDATE users SET admin = 0 WHERE name LIKE '@u0__4%'`))

    const all = await everyone(storage)
    assert.ok(all.filter((account) => account.admin).length > 10)
    await checkPages(storage, [{}, { admins: false }, { admins: true }])
  })

  test('neighbours by name are shown as their rows are, and SQLite reads the index alone', async () => {
    await using storage = await open()
    await filled(storage, 300)
    const { accounts } = storage.read
    const page = (dir: 'f' | 'b') => ({ orderBy: 'name', dir, from: 0, limit: 300 }) as const
    const { ids } = await accounts.findPage(ALL, page('f'))
    const [first, second, gone] = ids.map(({ userId }) => userId)
    await storage.write(async (tx) => {
      await tx.accounts.update(first!, { erased: true, suspended: true, shadowBanned: true, admin: true })
      await tx.accounts.update(second!, { displayname: 'New', avatarUrl: 'mxc://a/new', userType: 'new' })
      await tx.db.run('DELETE FROM users WHERE name = ?', gone!)
    })

    const rows = await Promise.all(ids.map((id) => accounts.listThese([id])))

    assert.equal(rows.flat().length, 299)
    assert.deepEqual(await accounts.listThese(ids), rows.flat())
    assert.deepEqual(await accounts.listThese(ids.toReversed()), rows.flat().toReversed())
    if (storage.dialect !== 'sqlite') return
    for (const dir of DIRS)
      await storage.write(async ({ db }) => {
        const plans: string[] = []
        const all: ReadHandle['all'] = async (sql, ...params) => {
          const steps = await db.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...params)
          plans.push(steps.map(({ detail }) => detail).join())
          return db.all(sql, ...params)
        }
        const read = await listAccounts({ dialect: db.dialect, all, get: db.get.bind(db) }, ALL, page(dir))
        assert.equal(read.length, 299)
        assert.match(plans.at(-1)!, /SEARCH users USING COVERING INDEX users_listed \(name=\?\)/)
      })
  })

  test('where memory knows the rest, a page is one statement', async () => {
    await using storage = await open()
    await filled(storage, 1_400)
    const memory = new AccountMemory()
    let statements = 0
    const counting = (of: ReadHandle): ReadHandle => {
      const counted = () => {
        statements++
        return of
      }
      return {
        dialect: of.dialect,
        all: (sql, ...params) => counted().all(sql, ...params),
        get: (sql, ...params) => counted().get(sql, ...params),
      }
    }
    const pages: [Partial<AccountPage>, Partial<AccountFilter>, number][] = [
      [{}, {}, 1],
      [{ orderBy: 'displayname' }, { locked: false }, 1],
      [{ orderBy: 'avatar_url', dir: 'b' }, {}, 1],
      [{ orderBy: 'displayname', from: 1_200 }, {}, 1],
      [{ orderBy: 'creation_ts', dir: 'b', from: 1_200 }, {}, 2], // of one moment, and before it
      [{ orderBy: 'admin', dir: 'b' }, {}, 2], // administrators, and others
      [{}, { admins: false }, 1],
      [{}, { userId: '@u' }, 1],
      [{ orderBy: 'creation_ts' }, { name: idOf(7).slice(1, 5) }, 1],
    ]
    for (const [wanted, filter, count] of pages) {
      const page: AccountPage = { orderBy: 'name', dir: 'f', from: 0, limit: 100, ...wanted }
      const find = () =>
        storage.write(({ db }) => findAccounts(counting(db), { ...ALL, ...filter }, page, memory))
      await find()
      statements = 0
      const { ids } = await find()
      assert.equal(statements, count, JSON.stringify([wanted, filter]))
      assert.ok(ids.length > 0)
    }
  })

  test('texts of many accounts in memory of nobody take three statements: where they begin, where they end, and themselves', async (t) => {
    await using storage = await open()
    if (storage.dialect !== 'sqlite') return t.skip('PostgreSQL gives rows')
    await filled(storage, 5_000)
    const memory = new AccountMemory()
    const asked: string[] = []
    const read = (from: number) =>
      storage.write(({ db }) => {
        const get: ReadHandle['get'] = (sql, ...params) => {
          asked.push(sql)
          return db.get(sql, ...params)
        }
        const page = { orderBy: 'displayname', dir: 'f', from, limit: 50 } as const
        return listTexts({ dialect: db.dialect, all: db.all.bind(db), get }, ALL, page, {
          text: TEXT,
          memory,
        })
      })
    await read(3_000)
    asked.length = 0

    await read(4_000)
    assert.equal(asked.length, 3, asked.join('\n'))
    await read(4_050)
    assert.equal(asked.length, 5) // it began where the other one ended
  })

  test('no page or count reads all accounts or sorts them', async () => {
    await using storage = await open()
    await filled(storage, 6_000)
    const isSqlite = storage.dialect === 'sqlite'
    if (!isSqlite) await storage.write((tx) => tx.db.run('ANALYZE'))

    for (const filter of FILTERS)
      for (const orderBy of ACCOUNT_ORDERS)
        for (const dir of DIRS)
          for (const from of [0, 4_000]) {
            const run = (db: ReadHandle) =>
              listAccounts(db, { ...ALL, ...filter }, { orderBy, dir, from, limit: 20 })
            const what = `${JSON.stringify(filter)} ${orderBy} ${dir} ${from}`
            await checkPlans(storage, 'users', run, what)
            const runTexts = (db: ReadHandle) =>
              listTexts(db, { ...ALL, ...filter }, { orderBy, dir, from, limit: 20 }, { text: TEXT })
            await checkPlans(storage, 'users', runTexts, what)
          }
    for (const filter of FILTERS)
      await checkPlans(
        storage,
        'users',
        (db) => countAccounts(db, { ...ALL, ...filter }),
        JSON.stringify(filter),
      )
  })
})
