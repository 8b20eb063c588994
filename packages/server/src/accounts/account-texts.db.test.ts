import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { UserId } from '@ranvier/protocol/ids/brands'
import {
  ACCOUNT_ORDERS,
  type AccountFilter,
  type AccountPage,
  type AccountPatch,
  type Storage,
  summaryText,
} from '@ranvier/storage'
import { randomNumbers } from '@ranvier/storage/stores/lists/random-fixture'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { AccountTexts } from './account-texts.ts'

const ALL: AccountFilter = { guests: true, locked: true, notUserTypes: [] }
const FILTERS: readonly Partial<AccountFilter>[] = [
  {},
  {},
  { locked: false },
  { admins: false },
  { admins: true },
  { deactivated: true },
  { guests: false, notUserTypes: ['bot'] },
  { name: 'a' },
  { name: 'b', admins: true },
  { userId: '1' },
]
const FIRST: AccountPage = { orderBy: 'name', dir: 'f', from: 0, limit: 10 }
const MUCH = 1_000_000
/** Of some accounts, while memory is meant for all of them. */
const LITTLE = 16_100
const ACCOUNTS = 40

const TEXT = summaryText([
  { key: 'name', member: 'userId' },
  { key: 'admin', member: 'admin', isNumber: true },
  { key: 'created', member: 'createdTs' },
  { key: 'guest', member: 'isGuest' },
  { key: 'deactivated', member: 'deactivated', isNumber: true },
  { key: "erased'", member: 'erased' },
  { key: 'shadow_banned', member: 'shadowBanned' },
  { key: 'locked', member: 'locked' },
  { key: 'approved', member: 'approved' },
  { key: 'type', member: 'userType' },
  { key: 'displayname', member: 'displayname' },
  { key: 'avatar', member: 'avatarUrl' },
  { key: 'seen', member: 'lastSeenTs' },
])
const idOf = (n: number) => `@${'abc'[n % 3]}${n}:t` as UserId

/** Texts, and whose rows were read for them. */
function counted(storage: Storage, bytes = MUCH) {
  const read: UserId[] = []
  const held: Promise<void>[] = []
  const { accounts } = storage.read
  let texts = 0
  const list = new AccountTexts(
    {
      findPage: (filter, page) => accounts.findPage(filter, page),
      async listTexts(...wanted) {
        const page = await accounts.listTexts(...wanted)
        texts += page.count
        return page
      },
      movedSince: (moved) => accounts.movedSince(moved),
      async listThese(ids) {
        const until = held.pop()
        const rows = await accounts.listThese(ids)
        read.push(...ids.map(({ userId }) => userId))
        await until
        return rows
      },
    },
    { bytes, text: TEXT },
  )
  return {
    list: list.list.bind(list),
    /** How many texts came as such. */
    texts: () => texts,
    reads: () => read.splice(0).sort(),
    /** Lets the rows that are read next arrive late. */
    hold: (until: Promise<void>) => void held.push(until),
  }
}

async function withAccounts(storage: Storage, count: number): Promise<void> {
  await storage.write(async (tx) => {
    for (let n = 0; n < count; n++) await tx.accounts.create({ userId: idOf(n), createdTs: n })
  })
}

databaseMatrix((open) => {
  test('a page is what its accounts are, whatever has changed, whoever changed it, and while it is read', async () => {
    await using storage = await open()
    await withAccounts(storage, ACCOUNTS - 15)
    const random = randomNumbers(5)
    const memories = [counted(storage), counted(storage, LITTLE), counted(storage, 1)]
    let created = ACCOUNTS - 15
    const patches: (() => AccountPatch)[] = [
      () => ({ displayname: random(3) === 0 ? null : `Zoë "${random(9)}"` }),
      () => ({ avatarUrl: `mxc://t/${random(9)}` }),
      () => ({ erased: random(2) === 0 }),
      () => ({ admin: random(2) === 0 }),
      () => ({ locked: random(2) === 0, shadowBanned: random(2) === 0 }),
      () => ({ deactivated: random(2) === 0 }),
      () => ({ userType: ['bot', 'support', null][random(3)]!, approved: random(2) === 0 }),
      () => ({ isGuest: random(2) === 0, suspended: random(2) === 0 }),
    ]
    const change = () => {
      const userId = idOf(random(created))
      const kind = random(13)
      const isUndone = random(5) === 0
      return storage
        .write(async (tx) => {
          if (kind < patches.length) await tx.accounts.update(userId, patches[kind]!())
          else if (kind < 10) await tx.accounts.touch(new Map([[userId, random(1_000)]]))
          else if (kind === 10)
            await tx.db.run(`UPDATE users SET admin = 1 - admin WHERE name = ?`, userId) // as recipes do
          else if (kind === 11 && !isUndone && created < ACCOUNTS)
            await tx.accounts.create({ userId: idOf(created++), createdTs: random(50) })
          else if (random(8) === 0) await tx.accounts.rebuildLists()
          if (isUndone) throw new Error('undone')
        })
        .catch((error: Error) => assert.equal(error.message, 'undone'))
    }
    for (let round = 0; round < 100; round++) {
      const filter = { ...ALL, ...FILTERS[random(FILTERS.length)] }
      const orderBy = ACCOUNT_ORDERS[random(ACCOUNT_ORDERS.length)]!
      const dir = random(2) === 0 ? 'f' : 'b'
      const page: AccountPage = { orderBy, dir, from: random(30), limit: 1 + random(25) }
      // Pages that are read while something changes must leave nothing behind.
      const busy = memories.map(({ list }) => list({ ...ALL }, { ...page, from: 0, limit: 40 }))
      await Promise.all([change(), ...busy, random(2) === 0 ? change() : undefined])

      const want = await storage.write((tx) => tx.accounts.search(filter, page))
      for (const { list } of memories) {
        const got = await list(filter, page)
        assert.equal(got.texts.join(), want.accounts.map(TEXT.write).join(), JSON.stringify(page))
        assert.equal(got.count, want.accounts.length)
        assert.equal(got.total, want.total)
      }
    }
    assert.ok(created > ACCOUNTS - 15)
  })

  test('rows are read of accounts that are new or have changed, and of no others', async () => {
    await using storage = await open()
    await withAccounts(storage, 9)
    const { list, reads } = counted(storage)
    await list(ALL, FIRST)
    assert.equal(reads().length, 9)

    await list(ALL, { ...FIRST, orderBy: 'creation_ts', dir: 'b' })
    assert.deepEqual(reads(), [])

    await storage.write(async (tx) => {
      await tx.accounts.update(idOf(3), { erased: true })
      await tx.accounts.touch(new Map([[idOf(4), 77]]))
      await tx.accounts.create({ userId: idOf(9), createdTs: 1 })
      await tx.db.run('UPDATE users SET admin = 1 WHERE name = ?', idOf(5))
    })
    await list(ALL, FIRST)
    assert.deepEqual(reads(), [idOf(3), idOf(4), idOf(5), idOf(9)].sort())

    await storage.write((tx) => tx.accounts.rebuildLists())
    await list(ALL, FIRST)
    assert.equal(reads().length, 10)
  })

  test('rows that arrive after a change which others have seen are not kept', async () => {
    await using storage = await open()
    await withAccounts(storage, 2)
    const { list, reads, hold } = counted(storage)
    const rename = (displayname: string) =>
      storage.write((tx) => tx.accounts.update(idOf(1), { displayname }))
    await list(ALL, FIRST)
    await rename('before')
    const late = Promise.withResolvers<void>()
    hold(late.promise)
    reads()
    const first = list(ALL, FIRST)
    while (reads().length === 0) await setImmediate()

    await rename('after')
    await list(ALL, FIRST)
    late.resolve()
    await first

    assert.match((await list(ALL, FIRST)).texts[1]!, /"after"/)
  })

  test('where memory is not meant for all accounts, none are kept', async () => {
    await using storage = await open()
    await withAccounts(storage, 9)
    const { list, reads, texts } = counted(storage, 3_500)

    await list(ALL, FIRST) // tells how many there are
    assert.equal(reads().length, 9)

    await list(ALL, FIRST)
    await list(ALL, FIRST)

    assert.equal(reads().length, 0)
    assert.equal(texts(), 18)
  })
})
