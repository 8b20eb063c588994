import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { ConflictError, NotFoundError, UnstorableTextError } from '../../errors.ts'
import type { Storage } from '../../open.ts'
import type { AccountFilter } from '../account-list/filter.ts'
import type { AccountPage } from '../account-list/list.ts'
import type { NewAccount } from './types.ts'

const ALICE = '@alice:test' as UserId
const ALL: AccountFilter = { guests: true, locked: true, notUserTypes: [] }
const FIRST: AccountPage = { orderBy: 'name', dir: 'f', from: 0, limit: 100 }

const add = (storage: Storage, name: string, more: Partial<NewAccount> = {}) =>
  storage.write((tx) => tx.accounts.create({ userId: `@${name}:test` as UserId, createdTs: 1, ...more }))

databaseMatrix((open) => {
  test('an account is kept as it was given', async () => {
    await using storage = await open()
    const given = {
      userId: ALICE,
      createdTs: 5,
      admin: true,
      passwordHash: '$2b$04$x',
      isGuest: false,
      deactivated: false,
      erased: false,
      shadowBanned: true,
      locked: false,
      suspended: true,
      approved: true,
      userType: 'bot',
      appserviceId: 'irc',
      consentVersion: '1',
      consentServerNoticeSent: '2',
      consentTs: 7,
      displayname: 'Älice',
      avatarUrl: 'mxc://a/b',
      hasProfile: true,
    }

    const created = await storage.write((tx) => tx.accounts.create(given))

    assert.deepEqual(created, { ...given, lastSeenTs: null })
    assert.deepEqual(await storage.read.accounts.find(ALICE), created)
    assert.equal(await storage.read.accounts.find('@nobody:test'), undefined)
    await assert.rejects(storage.read.accounts.get('@nobody:test'), NotFoundError)
  })

  test('a name is taken once, and names differing in case are found', async () => {
    await using storage = await open()
    await add(storage, 'alice')

    await assert.rejects(add(storage, 'alice'), ConflictError)
    await assert.rejects(add(storage, 'a\0'), UnstorableTextError)

    const found = await storage.read.accounts.listFolded('@ALICE:TEST')
    assert.deepEqual(
      found.map((account) => account.userId),
      [ALICE],
    )
    assert.deepEqual(await storage.read.accounts.existing([ALICE, '@nobody:test']), new Set([ALICE]))
  })

  test('changes are announced, and only when there are any', async () => {
    await using storage = await open()
    const heard: unknown[] = []
    storage.subscribe((facts) => {
      for (const { stream, key, change } of facts) heard.push([stream, key, change])
    })
    await add(storage, 'alice')

    await storage.write((tx) => tx.accounts.update(ALICE, { locked: true }))
    await storage.write((tx) => tx.accounts.update(ALICE, { locked: true, displayname: undefined }))
    await storage.write((tx) => tx.accounts.update(ALICE, { displayname: 'A', admin: true }))
    await storage.write((tx) => tx.accounts.touch(new Map([[ALICE, 9]])))

    assert.deepEqual(heard, [
      ['accounts', ALICE, 'created'],
      ['accounts', ALICE, 'updated'],
      ['accounts', ALICE, 'profile'],
    ])
    const account = await storage.read.accounts.get(ALICE)
    assert.deepEqual(
      [account.locked, account.displayname, account.admin, account.lastSeenTs],
      [true, 'A', true, 9],
    )
    await storage.write((tx) =>
      tx.accounts.touch(
        new Map([
          [ALICE, 8],
          ['@nobody:test', 9],
        ]),
      ),
    )
    assert.equal((await storage.read.accounts.get(ALICE)).lastSeenTs, 9, 'never backwards')
  })

  test('the kept counts are what counting gives, whatever is filtered', async () => {
    await using storage = await open()
    await add(storage, 'a')
    await add(storage, 'b', { isGuest: true })
    await add(storage, 'c', { userType: 'bot', admin: true })
    await add(storage, 'd')
    await add(storage, 'e')
    await storage.write(async (tx) => {
      await tx.accounts.update('@d:test' as UserId, { deactivated: true })
      await tx.accounts.update('@e:test' as UserId, { locked: true, userType: 'support' })
      await tx.accounts.update('@b:test' as UserId, { isGuest: false, approved: false })
    })

    for (const guests of [true, false])
      for (const deactivated of [true, false, undefined])
        for (const locked of [true, false])
          for (const admins of [true, false, undefined])
            for (const notUserTypes of [[], ['bot'], ['', 'bot']])
              for (const approved of [undefined, false]) {
                const filter = { guests, deactivated, locked, admins, notUserTypes, approved }
                const listed = await storage.read.accounts.list(filter, FIRST)
                assert.equal(await storage.read.accounts.count(filter), listed.length, JSON.stringify(filter))
              }
    assert.equal(await storage.read.accounts.count(ALL), 5)
    assert.equal(await storage.read.accounts.count({ ...ALL, name: 'A' }), 1)
  })

  test('nulls come first when ascending, and equal accounts by ascending name', async () => {
    await using storage = await open()
    await add(storage, 'c', { displayname: 'Z', avatarUrl: 'x' })
    await add(storage, 'a', { displayname: null, avatarUrl: 'x' })
    await add(storage, 'b', { displayname: 'y', avatarUrl: null })
    await add(storage, 'd', { displayname: null, avatarUrl: null })
    const order = async (orderBy: AccountPage['orderBy'], dir: AccountPage['dir']) =>
      (await storage.read.accounts.list(ALL, { ...FIRST, orderBy, dir }))
        .map((account) => account.userId[1])
        .join('')

    assert.equal(await order('displayname', 'f'), 'adcb')
    assert.equal(await order('displayname', 'b'), 'bcad')
    assert.equal(await order('avatar_url', 'f'), 'bdac')
    assert.equal(await order('avatar_url', 'b'), 'acbd')
    assert.equal(await order('name', 'b'), 'dcba')
  })

  test('a search looks into localpart and display name in any letter case', async () => {
    await using storage = await open()
    await add(storage, 'alice', { displayname: 'Ünïcode 50%_\\' })
    const found = (filter: Partial<AccountFilter>) => storage.read.accounts.count({ ...ALL, ...filter })

    for (const name of ['ALI', 'ünÏ', '0%_', '\\']) assert.equal(await found({ name }), 1, name)
    for (const name of ['test', '%x', 'a_ice', '@']) assert.equal(await found({ name }), 0, name)
    assert.equal(await found({ userId: 'CE:TE' }), 1)
    await storage.write((tx) => tx.accounts.update(ALICE, { displayname: 'New' }))
    assert.equal(await found({ name: 'ünÏ' }), 0)
  })

  test('the documented UPDATE makes an administrator', async () => {
    await using storage = await open()
    await add(storage, 'alice')

    await storage.write((tx) => tx.db.run(`UPDATE users SET admin = 1 WHERE name = '@alice:test';`))

    assert.equal(await storage.read.accounts.isAdmin(ALICE), true)
    assert.equal(await storage.read.accounts.count({ ...ALL, admins: true }), 1)
    assert.equal(await storage.read.accounts.count({ ...ALL, admins: false }), 0)
  })
})
