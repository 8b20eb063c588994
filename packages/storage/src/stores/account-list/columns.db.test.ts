import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import type { ReadHandle } from '../../db/types.ts'
import { openStorage, type Storage } from '../../open.ts'
import { AccountBlocks, type ListEntry } from './blocks.ts'
import { AccountColumns, type KnownAccounts } from './columns.ts'
import { AccountMemory } from './found-memo.ts'
import { loadPopulation } from './groups.ts'
import { searchAccounts } from './list.ts'
import { lastMove, movedSince, noteMove } from './moves.ts'
import { ACCOUNT_LISTS, type AccountList, keyOf } from './orders.ts'

const SMALL = { max: 8, min: 3, lookEvery: 1 }
const ALL = { guests: true, locked: true, notUserTypes: [] }
const idOf = (n: number) => `@u${(n * 37) % 101}:test` as UserId

/** Many share a name, a picture or a time, and many have none. */
async function fill(storage: Storage, count = 90): Promise<void> {
  await storage.write(async (tx) => {
    for (let n = 0; n < count; n++) {
      await tx.accounts.create({
        userId: idOf(n),
        createdTs: n >> 4,
        displayname: n % 3 === 0 ? null : `Dora ${n % 2}`,
        avatarUrl: n % 5 === 0 ? `mxc://a/${n}` : null,
        locked: n % 7 === 0,
      })
      if (n % 2 === 0) await tx.accounts.touch(new Map([[idOf(n), 1_000 + (n >> 3)]]))
    }
    await new AccountBlocks(tx.db, SMALL).rebuild()
  })
}

const ask = async (columns: AccountColumns, db: ReadHandle, list: AccountList) =>
  columns.of(db, list, await loadPopulation(db, ALL, 'name'), 1_000)

/** Pieces follow one another as the accounts of the list do, and kinds are those of the rows. */
async function check(known: KnownAccounts, db: ReadHandle, list: AccountList): Promise<void> {
  const rows = await db.all<ListEntry>(
    'SELECT id, name, kind, displayname, avatar_url, creation_ts, last_seen_ts FROM users',
  )
  const inOrder = rows
    .map((row) => ({ row, key: keyOf(list, row) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
  const pieces = inOrder.map(({ row }) => known.codes[row.id]!)
  assert.deepEqual(
    pieces,
    pieces.toSorted((a, b) => a - b),
    list.id,
  )
  assert.ok(new Set(pieces).size > 10 && new Set(pieces).size <= known.pieces, list.id)
  for (const row of rows) assert.equal(known.kinds[row.id], row.kind + 1, list.id)
}

databaseMatrix((open) => {
  test('what is known of every list follows what is written, by this process or another one', async () => {
    await using storage = await open()
    await fill(storage)
    const columns = new AccountColumns({ minAccounts: 0, minFound: 0 })
    await storage.write(async ({ db }) => {
      for (const list of ACCOUNT_LISTS) assert.equal(await ask(columns, db, list), undefined)
      await columns.settled()
      for (const list of ACCOUNT_LISTS) await check((await ask(columns, db, list))!, db, list)
    })

    await storage.write(async (tx) => {
      for (let n = 90; n < 101; n++) await tx.accounts.create({ userId: idOf(n), createdTs: n % 3 })
      for (let n = 0; n < 40; n++) {
        if (n % 4 === 0) await tx.accounts.touch(new Map([[idOf(n), 2_000 - n]]))
        if (n % 4 === 1) await tx.accounts.update(idOf(n), { displayname: n % 3 === 0 ? 'A' : 'Z' })
        if (n % 4 === 2) await tx.accounts.update(idOf(n), { deactivated: true, avatarUrl: null })
        if (n % 4 === 3) await tx.accounts.update(idOf(n), { avatarUrl: `mxc://b/${n}` })
      }
    })
    await storage.write(async ({ db }) => {
      for (const list of ACCOUNT_LISTS) await check((await ask(columns, db, list))!, db, list)
    })
  })

  test('what nobody logged is read anew', async () => {
    await using storage = await open()
    await fill(storage)
    const columns = new AccountColumns({ minAccounts: 0, minFound: 0 })
    const list = ACCOUNT_LISTS.find(({ id }) => id === 'displayname b')!
    await storage.write(async (tx) => {
      await ask(columns, tx.db, list)
      await columns.settled()
      const before = await ask(columns, tx.db, list)
      await tx.db.run(`UPDATE users SET displayname = 'By hand', locked = 1 WHERE id < 40`)
      await tx.accounts.rebuildLists()
      await new AccountBlocks(tx.db, SMALL).rebuild()

      assert.notEqual(before, undefined)
      assert.equal(await ask(columns, tx.db, list), undefined)
      assert.equal(await ask(columns, tx.db, list), undefined)
      await columns.settled()
      await check((await ask(columns, tx.db, list))!, tx.db, list)
    })
  })

  test('what another process changes shows on the next page of a search', async () => {
    const options = await open.options()
    await using here = await openStorage(options)
    await using there = await openStorage(options)
    await fill(here, 50)
    const columns = new AccountColumns({ minAccounts: 0, minFound: 0 })
    const memory = new AccountMemory(columns)
    const filter = { ...ALL, name: 'dora', locked: false }
    const page = (from: number, known?: AccountMemory) =>
      here.write(async ({ db }) => {
        const how = { orderBy: 'displayname', dir: 'b', from, limit: 10 } as const
        const found = await searchAccounts(db, filter, how, known)
        await columns.settled() // reads by this transaction
        return found
      })
    await page(0, memory)
    const before = await page(10, memory)

    await there.write(async (tx) => {
      await tx.accounts.update(before.accounts[0]!.userId, { displayname: 'Somebody else' })
      await tx.accounts.update(before.accounts[1]!.userId, { locked: true })
      await tx.accounts.update(before.accounts[2]!.userId, { displayname: 'Adora' })
      await tx.accounts.create({ userId: idOf(95), createdTs: 1, displayname: 'Pandora' })
    })

    const list = ACCOUNT_LISTS.find(({ id }) => id === 'displayname b')!
    assert.notEqual(await here.write(({ db }) => ask(columns, db, list)), undefined)
    for (const from of [10, 0, 20]) assert.deepEqual(await page(from, memory), await page(from))
    assert.equal((await page(0, memory)).total, before.total - 1)
  })

  test('all lists are read beforehand; what cannot be read is told, and read when it is asked for again', async () => {
    await using storage = await open()
    await fill(storage, 20)
    const errors: Error[] = []
    await using columns = new AccountColumns({ minAccounts: 0, minFound: 0 }, (error) => errors.push(error))
    const isKnown = () =>
      storage.write(async ({ db }) => {
        for (const list of ACCOUNT_LISTS) if ((await ask(columns, db, list)) === undefined) return false
        return true
      })
    await storage.write(({ db }) => db.run('ALTER TABLE user_blocks RENAME TO hidden'))
    const list = ACCOUNT_LISTS[0]!
    // PostgreSQL undoes the transaction that an error came up in.
    await storage
      .write(async ({ db }) => {
        await ask(columns, db, list)
        await columns.settled()
      })
      .catch(() => {})
    await storage.write(({ db }) => db.run('ALTER TABLE hidden RENAME TO user_blocks'))
    assert.match(String(errors[0]?.cause), /user_blocks/)

    await storage.write(async ({ db }) => {
      await columns.prepare(db)
      await columns.settled()
    })
    assert.equal(await isKnown(), true)
    assert.equal(errors.length, 1)
  })

  test('ids that are few and far between are not held; when there are more of them they are', async () => {
    await using storage = await open()
    await fill(storage, 20)
    const columns = new AccountColumns({ minAccounts: 0, minFound: 0 })
    const list = ACCOUNT_LISTS[0]!
    await storage.write(async ({ db }) => {
      await db.run('UPDATE users SET id = 1000000 WHERE name = ?', idOf(3))
      await ask(columns, db, list)
      await columns.settled()
      assert.equal(await ask(columns, db, list), undefined)

      await db.run('UPDATE users SET id = 100 WHERE name = ?', idOf(3))
      await ask(columns, db, list)
      await columns.settled()
      assert.notEqual(await ask(columns, db, list), undefined)
    })
  })

  test('the log is kept short, and who has not looked for long is told so', async () => {
    await using storage = await open()
    await storage.write(async ({ db }) => {
      for (const account of [5, 6, 5]) await noteMove(db, account)
      assert.deepEqual(await movedSince(db, 1), { accounts: [6, 5], last: 3 })
      assert.deepEqual(await movedSince(db, 3), { accounts: [], last: 3 })
      await db.run('INSERT INTO user_moves (position, account) VALUES (50_001, 7), (50_999, 8)')
      await noteMove(db, 9)

      assert.equal(await lastMove(db), 51_000)
      assert.equal(await movedSince(db, 2), undefined)
      const rows = await db.all<{ position: number }>('SELECT position FROM user_moves ORDER BY position')
      assert.deepEqual(
        rows.map(({ position }) => position),
        [50_001, 50_999, 51_000],
      )
    })
  })
})
