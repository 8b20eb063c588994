import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type BulkInsert, bulkInsert } from '../../db/bulk.ts'
import type { ReadHandle, SqlValue } from '../../db/types.ts'
import type { Storage } from '../../open.ts'
import { AccountColumns } from '../account-list/columns.ts'
import type { AccountFilter } from '../account-list/filter.ts'
import { AccountMemory } from '../account-list/found-memo.ts'
import { countAccounts, listAccounts } from '../account-list/list.ts'
import { checkPlans } from '../lists/plan-fixture.ts'
import { searchTextOf } from './search.ts'

const ALL: AccountFilter = { guests: true, locked: true, notUserTypes: [] }
/** Kinds, and on PostgreSQL what the index of trigrams gives: it is no index to be walked in an order. */
const FEW = /FROM user_kinds|MATERIALIZED|COUNT\(\*\) AS n FROM users WHERE/
const SERVER = 'srv.example:8448'
const idOf = (name: string) => `@${name}:${SERVER}` as UserId

const USERS: BulkInsert = {
  table: 'users',
  columns: {
    id: 'bigint',
    name: 'text',
    creation_ts: 'bigint',
    displayname: 'text',
    locked: 'bigint',
    kind: 'bigint',
    search_text: 'text',
  },
}

function userRow(n: number, count: number): SqlValue[] {
  const id = idOf(`user${String((n * 7) % count).padStart(5, '0')}`)
  return [n + 1, id, n, `D ${n % 7}`, n % 1_000 === 0 ? 1 : 0, 0, searchTextOf(id, `D ${n % 7}`)]
}

async function add(storage: Storage, names: Record<string, string | null>): Promise<void> {
  await storage.write(async (tx) => {
    for (const [name, displayname] of Object.entries(names))
      await tx.accounts.create({ userId: idOf(name), createdTs: 1, displayname })
  })
}

/** The localparts of those found, which are also as many as are counted. */
async function find(storage: Storage, search: Partial<AccountFilter>): Promise<string> {
  const filter = { ...ALL, ...search }
  const page = { orderBy: 'name', dir: 'f', from: 0, limit: 100 } as const
  const found = await storage.read.accounts.list(filter, page)
  assert.equal(await storage.read.accounts.count(filter), found.length)
  return found.map((account) => account.userId.slice(1, account.userId.indexOf(':'))).join(' ')
}

databaseMatrix((open, dialect) => {
  test('a name is found by any part of localpart or display name, whatever the case', async () => {
    await using storage = await open()
    await add(storage, {
      alice: 'Ünïcode ΟΔΥΣΣΕΥΣ',
      bob: 'The "quick" fox',
      carol: null,
      dälice: '\u{1f9a6} otter',
    })

    for (const [name, want] of Object.entries({
      ALI: 'alice',
      lic: 'alice dälice',
      ÜNÏ: 'alice',
      οδυσσευς: 'alice',
      ΟΔΥΣ: 'alice',
      '"quick"': 'bob',
      'quick" fox': 'bob',
      'quick fox': '',
      '\u{1f9a6} o': 'dälice',
      Äl: 'dälice',
      ali: 'alice',
      alicee: '',
      'srv.example': '',
      '\u0001': 'alice bob dälice', // counts as a space, and is not met at the ends of localparts
      ecar: '',
      o: 'alice bob carol dälice',
      zz: '',
    }))
      assert.equal(await find(storage, { name }), want, name)
  })

  test('signs with a meaning elsewhere mean themselves', async () => {
    await using storage = await open()
    await add(storage, { a: '100% sure_thing \\o/ *', b: '100 surexthing', c: 'x AND y', d: 'x^y' })

    for (const [name, want] of Object.entries({
      '100%': 'a',
      sure_: 'a',
      '\\o/': 'a',
      '%%%': '',
      ___: '',
      ' AND ': 'c',
      '^y': 'd',
      'o/ *': 'a',
      '100': 'a b',
    }))
      assert.equal(await find(storage, { name }), want, name)
  })

  test('a user id is found by any part of it, also where localpart and server name meet', async () => {
    await using storage = await open()
    await add(storage, { alice: 'Bob', bob: 'Alice', 'srv-admin': null })

    for (const [userId, want] of Object.entries({
      ALICE: 'alice',
      '@ali': 'alice',
      'ce:srv': 'alice',
      'bob:srv.EX': 'bob',
      '@bob:srv.example:8448': 'bob',
      'e:s': 'alice',
      ':srv': 'alice bob srv-admin',
      srv: 'alice bob srv-admin',
      'srv-': 'srv-admin',
      '8448': 'alice bob srv-admin',
      ':8448': 'alice bob srv-admin',
      'bob:other': '',
      b: 'bob',
      '@': 'alice bob srv-admin',
      'lice:': 'alice',
      'alice:example': '',
      '\u0001ali': '',
      '\u0001': '',
    }))
      assert.equal(await find(storage, { userId }), want, userId)
  })

  test('a new display name is found and the old one is not; a failed change leaves both as they were', async () => {
    await using storage = await open()
    await add(storage, { alice: 'Before' })

    await assert.rejects(
      storage.write(async (tx) => {
        await tx.accounts.update(idOf('alice'), { displayname: 'Undone' })
        throw new Error('on purpose')
      }),
    )
    assert.deepEqual(
      [await find(storage, { name: 'before' }), await find(storage, { name: 'undo' })],
      ['alice', ''],
    )
    await storage.write((tx) => tx.accounts.update(idOf('alice'), { displayname: 'After' }))
    assert.deepEqual(
      [await find(storage, { name: 'before' }), await find(storage, { name: 'after' })],
      ['', 'alice'],
    )
    await storage.write((tx) => tx.accounts.update(idOf('alice'), { displayname: null }))
    assert.deepEqual(
      [await find(storage, { name: 'after' }), await find(storage, { name: 'alice' })],
      ['', 'alice'],
    )
  })

  test('a search that finds very many pages through them in every order', async () => {
    await using storage = await open()
    const count = 12_000
    await storage.write(async (tx) => {
      await tx.takePosition('accounts', count)
      for (let n = 0; n < count; n += 1_000)
        await bulkInsert(
          tx.db,
          USERS,
          Array.from({ length: 1_000 }, (_, i) => userRow(n + i, count)),
        )
      await tx.accounts.rebuildLists()
    })
    const columns = new AccountColumns({ minAccounts: 0, minFound: 0 })
    await storage.write(async ({ db }) => {
      for (const orderBy of ['name', 'locked', 'displayname', 'last_seen_ts', 'admin'] as const)
        for (const dir of ['f', 'b'] as const)
          for (const from of [0, 5_000, count - 5]) {
            const page = { orderBy, dir, from, limit: 10 }
            const want = await listAccounts(db, ALL, page)
            for (const name of ['user', 'us']) {
              const filter = { ...ALL, name }
              const list = (of: AccountColumns) => listAccounts(db, filter, page, new AccountMemory(of))
              assert.deepEqual(await list(new AccountColumns()), want, `${name} ${JSON.stringify(page)}`)
              await list(columns)
              await columns.settled()
              assert.deepEqual(await list(columns), want, `known: ${name} ${JSON.stringify(page)}`)
            }
          }
    })
    assert.equal(await storage.read.accounts.count({ ...ALL, name: 'user' }), count)
    assert.equal(await storage.read.accounts.count({ ...ALL, name: 'us', locked: false }), count - 12)
  })

  test('no search of a name reads all accounts, or sorts more than are found', async () => {
    await using storage = await open()
    await storage.write(async (tx) => {
      await tx.takePosition('accounts', 3_000)
      for (let n = 0; n < 3_000; n += 1_000)
        await bulkInsert(
          tx.db,
          USERS,
          Array.from({ length: 1_000 }, (_, i) => userRow(n + i, 3_000)),
        )
      await tx.accounts.rebuildLists()
      if (dialect === 'postgres') await tx.db.run('ANALYZE')
    })

    const looksAtNone = (of: ReadHandle): ReadHandle => {
      const checked = (sql: string) => {
        assert.doesNotMatch(sql, /LIKE/)
        return of
      }
      return {
        dialect,
        all: (sql, ...params) => checked(sql).all(sql, ...params),
        get: (sql, ...params) => checked(sql).get(sql, ...params),
      }
    }
    const byUserId = { ...ALL, userId: 'ser00' }
    const total = await storage.write(({ db }) => countAccounts(looksAtNone(db), byUserId))
    assert.equal(total, 1_000)

    for (const name of ['u', 'us', 'use', 'user0', '0012', 'user00123', 'qqqq', 'q', 'qz', '3', '41'])
      for (const orderBy of ['name', 'displayname', 'locked'] as const)
        for (const filter of [
          { ...ALL, name },
          { ...ALL, name, locked: false },
        ]) {
          const page = { orderBy, dir: 'b', from: 0, limit: 10 } as const
          const what = `${JSON.stringify(filter)} ${orderBy}`
          await checkPlans(storage, 'users', (db) => listAccounts(db, filter, page), what, FEW)
          await checkPlans(storage, 'users', (db) => countAccounts(db, filter), what, FEW)
        }
  })
})
