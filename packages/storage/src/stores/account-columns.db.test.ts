import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import type { ReadHandle } from '../db/types.ts'
import type { Storage } from '../open.ts'
import { AccountBlocks, type ListEntry } from './account-blocks.ts'
import { AccountColumns, type KnownAccounts } from './account-columns.ts'
import { loadPopulation } from './account-groups.ts'
import { lastMove, movedSince, noteMove } from './account-moves.ts'
import { ACCOUNT_LISTS, type AccountList, keyOf } from './account-orders.ts'

const SMALL = { max: 8, min: 3, lookEvery: 1 }
const idOf = (n: number) => `@u${(n * 37) % 101}:test` as UserId

/** Many share a name, a picture or a time, and many have none. */
async function fill(storage: Storage): Promise<void> {
  await storage.write(async (tx) => {
    for (let n = 0; n < 90; n++) {
      await tx.accounts.create({
        userId: idOf(n),
        createdTs: n >> 4,
        displayname: n % 3 === 0 ? null : `D ${n % 2}`,
        avatarUrl: n % 5 === 0 ? `mxc://a/${n}` : null,
        locked: n % 7 === 0,
      })
      if (n % 2 === 0) await tx.accounts.touch(idOf(n), 1_000 + (n >> 3))
    }
    await new AccountBlocks(tx.db, SMALL).rebuild()
  })
}

const ask = async (columns: AccountColumns, db: ReadHandle, list: AccountList) =>
  columns.of(
    db,
    list,
    await loadPopulation(db, { guests: true, locked: true, notUserTypes: [] }, 'name'),
    1_000,
  )

/** Pieces follow one another as the accounts of the list do, and kinds are those of the rows. */
async function check(known: KnownAccounts, db: ReadHandle, list: AccountList): Promise<void> {
  const rows = await db.all<ListEntry>(
    'SELECT id, name, kind, displayname, avatar_url, creation_ts, last_seen_ts FROM users',
  )
  const inOrder = rows
    .map((row) => ({ row, key: keyOf(list, row) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
  const pieces = inOrder.map(({ row }) => known.pieceOf(row.id))
  assert.deepEqual(
    pieces,
    pieces.toSorted((a, b) => a - b),
    list.id,
  )
  assert.ok(new Set(pieces).size > 10 && new Set(pieces).size <= known.pieces, list.id)
  for (const row of rows) assert.equal(known.kindOf(row.id), row.kind, list.id)
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
        if (n % 4 === 0) await tx.accounts.touch(idOf(n), 2_000 - n)
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
