import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import type { Storage } from '../../open.ts'
import type { AccountFilter } from '../account-list/filter.ts'
import { EDGE, gramsOf } from '../lists/search-text.ts'
import { searchTextOf } from './search.ts'

const ALL: AccountFilter = { guests: true, locked: true, notUserTypes: [] }
const idOf = (name: string) => `@${name}:test` as UserId

/** Every count that is not 0. */
async function counts(storage: Storage): Promise<Record<string, number>> {
  const rows = await storage.write((tx) =>
    tx.db.all<{ gram: string; kind: number; accounts: number }>(
      'SELECT gram, kind, accounts FROM user_grams WHERE accounts != 0 ORDER BY gram, kind',
    ),
  )
  return Object.fromEntries(rows.map(({ gram, kind, accounts }) => [`${gram} ${kind}`, accounts]))
}

test('each part of up to three characters counts once, and none reaches from one name into the other', () => {
  assert.deepEqual([...gramsOf(`${EDGE}ab${EDGE}ba`)].sort(), ['a', 'ab', 'b', 'ba'])
  assert.deepEqual([...gramsOf(searchTextOf(idOf('aaaa'), null))], ['a', 'aa', 'aaa'])
  assert.deepEqual([...gramsOf(`${EDGE}\u{1f9a6}é${EDGE}`)], ['\u{1f9a6}', '\u{1f9a6}é', 'é'])
})

databaseMatrix((open) => {
  test('the counts follow accounts that come, are renamed and change their kind, as counting anew gives them', async () => {
    await using storage = await open()

    await storage.write(async (tx) => {
      for (const [name, displayname] of [
        ['anna', 'Anna Ada'],
        ['ann', null],
        ['bob', 'Ann'],
        ['eve', '\u{1f9a6}\u{1f9a6}'],
      ] as const)
        await tx.accounts.create({ userId: idOf(name), createdTs: 1, displayname })
      await tx.accounts.update(idOf('anna'), { displayname: 'Adam' })
      await tx.accounts.update(idOf('ann'), { locked: true })
      await tx.accounts.update(idOf('bob'), { displayname: null, deactivated: true })
      await tx.accounts.update(idOf('bob'), { deactivated: false })
    })
    const kept = await counts(storage)
    await storage.write((tx) => tx.accounts.rebuildLists())

    assert.deepEqual(await counts(storage), kept)
    assert.equal(kept['ann 1'], 1)
    assert.equal(kept['adm 1'], undefined)
    const count = (filter: Partial<AccountFilter>) => storage.read.accounts.count({ ...ALL, ...filter })
    assert.deepEqual(
      [
        await count({ name: 'ANN' }),
        await count({ name: 'ann', locked: false }),
        await count({ name: 'bo' }),
        await count({ name: '\u{1f9a6}' }),
        await count({ name: 'xy' }),
      ],
      [2, 1, 1, 1, 0],
    )
  })

  test('administrators made by hand are counted and left out as they are', async () => {
    await using storage = await open()
    await storage.write(async (tx) => {
      for (const name of ['ann', 'hanna', 'bob'])
        await tx.accounts.create({ userId: idOf(name), createdTs: 1 })
      await tx.db.run('UPDATE users SET admin = 1 WHERE name = ?', idOf('ann'))
    })

    for (const name of ['a', 'an', 'ann', 'nna'])
      for (const admins of [undefined, true, false]) {
        const filter = { ...ALL, name, admins }
        const page = { orderBy: 'name', dir: 'f', from: 0, limit: 9 } as const
        const found = (await storage.read.accounts.list(filter, page)).map((account) => account.userId)
        const all = name === 'nna' ? [idOf('hanna')] : [idOf('ann'), idOf('hanna')]
        const want = all.filter((id) => admins === undefined || (id === idOf('ann')) === admins)
        assert.deepEqual(found, want, JSON.stringify(filter))
        assert.equal(await storage.read.accounts.count(filter), want.length)
      }
  })
})
