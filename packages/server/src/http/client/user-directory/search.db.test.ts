import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import type { NewAccount, Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type TestServer, type TestServerOptions, testServer } from '../rooms/test-server.ts'

/** Makes accounts: name → what is special about it. */
async function people(storage: Storage, accounts: Record<string, Partial<NewAccount>>): Promise<void> {
  for (const [name, more] of Object.entries(accounts))
    await storage.write((tx) =>
      tx.accounts.create({
        userId: `@${name}:test` as UserId,
        createdTs: 0,
        passwordHash: null,
        displayname: null,
        ...more,
      }),
    )
}

async function search(server: TestServer, by: string, term: string, limit?: number) {
  await server.directoryQueue.settled()
  const body = { search_term: term, ...(limit !== undefined && { limit }) }
  return server.ok(by, 'POST', '/user_directory/search', body)
}

/** The localparts found, in order. */
async function found(server: TestServer, by: string, term: string, limit?: number): Promise<string[]> {
  const { results } = await search(server, by, term, limit)
  return results.map(({ user_id }: { user_id: string }) => user_id.slice(1, user_id.indexOf(':')))
}

databaseMatrix((open) => {
  async function start(
    accounts: Record<string, Partial<NewAccount>>,
    options: TestServerOptions = {},
  ): Promise<{ storage: Storage; server: TestServer } & AsyncDisposable> {
    const storage = await open()
    const server = await testServer(storage, options)
    await people(storage, accounts)
    return {
      storage,
      server,
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]()
        await storage[Symbol.asyncDispose]()
      },
    }
  }

  test('people are found who are in public rooms or share a room, and nobody else', async () => {
    await using t = await start({ alice: {}, anna: {}, anton: {}, amelie: {}, bob: {} })
    const { server } = t
    assert.deepEqual(await found(server, 'bob', 'a'), [])

    const hidden = await server.create('alice', {
      preset: 'private_chat',
      invite: ['@bob:test', '@anton:test'],
    })
    await server.join('bob', hidden)
    assert.deepEqual(await found(server, 'bob', 'a'), ['alice'])
    assert.deepEqual(await found(server, 'amelie', 'a'), [])
    const open_ = await server.create('anna')
    assert.deepEqual(await found(server, 'bob', 'a'), ['alice', 'anna'])
    assert.deepEqual(await found(server, 'amelie', 'a'), ['anna'])

    await server.leave('bob', hidden)
    assert.deepEqual(await found(server, 'bob', 'a'), ['anna'])
    await server.set('anna', open_, 'm.room.join_rules', { join_rule: 'invite' })
    assert.deepEqual(await found(server, 'bob', 'a'), [])
    await server.set('anna', open_, 'm.room.history_visibility', { history_visibility: 'world_readable' })
    assert.deepEqual(await found(server, 'bob', 'a'), ['anna'])
    await server.leave('anna', open_)
    assert.deepEqual(await found(server, 'bob', 'a'), [])
  })

  test('a room of many members becomes private, and its members are found by each other only', async () => {
    const names = Array.from({ length: 230 }, (_, i) => `u${String(i).padStart(3, '0')}`)
    await using t = await start(Object.fromEntries(names.map((name) => [name, {}])))
    const { server, storage } = t
    const roomId = await server.create(names[0]!)
    for (const name of names.slice(1)) await server.join(name, roomId)
    assert.equal((await found(server, 'stranger', 'u', 50)).length, 50)

    await server.set(names[0]!, roomId, 'm.room.join_rules', { join_rule: 'invite' })

    assert.deepEqual(await found(server, 'stranger', 'u', 50), [])
    assert.deepEqual(await found(server, 'u000', 'u229'), ['u229'])
    assert.deepEqual(await found(server, 'u229', 'u000'), ['u000'])
    assert.deepEqual(await storage.read.userDirectory.listQueued(1), [])
  })

  test('the whole name comes before its beginning, that before words in it; ties by name', async () => {
    await using t = await start({
      ann: { displayname: 'Zoe' },
      annabel: { displayname: null },
      x1: { displayname: 'Ann' },
      x2: { displayname: 'Anna Bell' },
      x3: { displayname: 'Mary Ann' },
      x4: { displayname: 'Joanna' },
      'mary.annette': {},
    })
    const { server } = t
    const roomId = await server.create('ann')
    for (const name of ['annabel', 'x1', 'x2', 'x3', 'x4', 'mary.annette']) await server.join(name, roomId)

    assert.deepEqual(await found(server, 'bob', 'ann'), ['x1', 'ann', 'x2', 'annabel', 'x3', 'mary.annette'])
    const { results } = await search(server, 'bob', 'mary ann')
    assert.deepEqual(results, [
      { user_id: '@x3:test', display_name: 'Mary Ann' },
      { user_id: '@mary.annette:test' },
    ])
    assert.deepEqual(await found(server, 'bob', 'bell anna'), ['x2'])
    assert.deepEqual(await found(server, 'bob', '@annabel:test'), ['annabel'])
    assert.deepEqual(await found(server, 'bob', '@ANNABEL'), ['annabel'])
    for (const nothing of ['', '@', ' ', 'test', 'oanna', '%', '_nn', 'q\u0000z'])
      assert.deepEqual(await found(server, 'bob', nothing), [], JSON.stringify(nothing))
  })

  test('case, accents and blanks make no difference, nor does a script without blanks', async () => {
    await using t = await start({
      x1: { displayname: 'José  Ángel ÑÚÑEZ' },
      x2: { displayname: '山田太郎' },
      x3: { displayname: 'Ｆｕｌｌwidth' },
      x4: { displayname: '😀 Smile' },
    })
    const { server } = t
    const roomId = await server.create('x1')
    for (const name of ['x2', 'x3', 'x4']) await server.join(name, roomId)
    const each = async (terms: string[]) => {
      const lists = await Promise.all(terms.map((term) => found(server, 'bob', term)))
      return lists.flat()
    }
    assert.deepEqual(await each(['jose angel', 'JOSÉ', 'nunez', 'ángel Núñ']), ['x1', 'x1', 'x1', 'x1'])
    assert.deepEqual(await each(['山田', '太郎', '山田太郎']), ['x2', 'x2', 'x2'])
    assert.deepEqual(await each(['fullwidth', 'smile', '😀']), ['x3', 'x4', 'x4'])
  })

  test('who is renamed, deactivated, of support or opened again is listed accordingly', async () => {
    await using t = await start({
      alice: { displayname: 'Alice' },
      helper: { userType: 'support' },
      guest: { isGuest: true },
    })
    const { server, storage } = t
    const hidden = await server.create('alice', { preset: 'private_chat', invite: ['@bob:test'] })
    await server.join('bob', hidden)
    const shown = await server.create('alice')
    for (const name of ['helper', 'guest']) await server.join(name, shown)
    const update = (name: string, patch: object) =>
      storage.write((tx) => tx.accounts.update(`@${name}:test` as UserId, patch))

    assert.deepEqual(await found(server, 'carol', 'guest'), ['guest'])
    assert.deepEqual(await found(server, 'carol', 'helper'), [])
    await update('helper', { userType: null })
    assert.deepEqual(await found(server, 'carol', 'helper'), ['helper'])
    await update('alice', { displayname: 'Wonderland', avatarUrl: 'mxc://test/a' })
    assert.deepEqual((await search(server, 'carol', 'wonder')).results, [
      { user_id: '@alice:test', display_name: 'Wonderland', avatar_url: 'mxc://test/a' },
    ])
    assert.deepEqual((await search(server, 'carol', 'alice')).results.length, 1)
    await server.leave('alice', shown)
    assert.deepEqual(await found(server, 'bob', 'wonder'), ['alice'])
    await update('alice', { deactivated: true })
    assert.deepEqual(await found(server, 'bob', 'wonder'), [])
    assert.deepEqual(await storage.read.userDirectory.namesOf('@alice:test', '*'), [])
    await update('alice', { deactivated: false, displayname: null })
    assert.deepEqual(await found(server, 'bob', 'alice'), ['alice'])
    assert.deepEqual(await found(server, 'bob', 'wonder'), [])
  })

  test('locked accounts are hidden or shown, shadow-banned and suspended ones found as ever', async () => {
    await using t = await start({
      alice: {},
      adam: { locked: true },
      abel: { shadowBanned: true },
      ada: { suspended: true },
    })
    const { server, storage } = t
    const roomId = await server.create('alice')
    for (const name of ['adam', 'abel', 'ada']) await server.join(name, roomId)
    const hidden = await server.create('adam', { preset: 'private_chat', invite: ['@bob:test'] })
    await server.join('bob', hidden)

    assert.deepEqual(await found(server, 'bob', 'a'), ['abel', 'ada', 'alice'])
    await using showing = await testServer(storage, { userDirectory: { showLockedUsers: true } })
    assert.deepEqual(await found(showing, 'bob', 'a'), ['abel', 'ada', 'adam', 'alice'])
    await storage.write((tx) => tx.accounts.update('@adam:test' as UserId, { locked: false }))
    assert.deepEqual(await found(server, 'bob', 'adam'), ['adam'])
  })

  test('with search_all_users everybody with an account is found, and off is off', async () => {
    await using t = await start({ alice: {}, anna: {} }, { userDirectory: { searchAllUsers: true } })
    assert.deepEqual(await found(t.server, 'bob', 'a'), ['alice', 'anna'])
    await using off = await testServer(t.storage, { userDirectory: { searchAllUsers: true, enabled: false } })
    assert.deepEqual(await search(off, 'bob', 'a'), { results: [], limited: false })
  })

  test('users of other servers are found by what they are called in rooms here', async () => {
    const requesters = { far: { userId: '@alan:away' as UserId }, afar: { userId: '@abe:away' as UserId } }
    await using t = await start({ alex: {}, alice: {} }, { requesters })
    const { server, storage } = t
    const hidden = await server.create('alice', { preset: 'private_chat' })
    const shown = await server.create('alice')
    await server.join('alex', shown)
    const asFar = (roomId: string, displayname: string, token = 'far', userId = '@alan:away') =>
      server.set(token, roomId, 'm.room.member', { membership: 'join', displayname }, userId)
    await asFar(shown, 'Al Capone')
    await asFar(shown, 'Abe', 'afar', '@abe:away')

    assert.deepEqual(await found(server, 'bob', 'a'), ['abe', 'alan', 'alex', 'alice'])
    assert.deepEqual(await found(server, 'bob', 'capone'), ['alan'])
    await asFar(shown, 'Al Bundy')
    assert.deepEqual(await found(server, 'bob', 'capone'), [])
    assert.deepEqual((await search(server, 'bob', 'bundy')).results, [
      { user_id: '@alan:away', display_name: 'Al Bundy' },
    ])
    await using local = await testServer(storage, { userDirectory: { preferLocalUsers: true } })
    assert.deepEqual(await found(local, 'bob', 'a'), ['alex', 'alice', 'abe', 'alan'])
    assert.deepEqual(await found(local, 'bob', 'a', 3), ['alex', 'alice', 'abe'])

    await server.set('alice', hidden, 'm.room.join_rules', { join_rule: 'public' })
    await asFar(hidden, 'Al Bundy')
    await server.set('alice', hidden, 'm.room.join_rules', { join_rule: 'invite' })
    await server.leave('far', shown)
    assert.deepEqual(await found(server, 'bob', 'bundy'), [])
    assert.deepEqual(await found(server, 'alice', 'bundy'), ['alan'])
    await server.leave('far', hidden)
    assert.deepEqual(await found(server, 'alice', 'bundy'), [])
    assert.equal((await storage.read.userDirectory.entries(['@alan:away'])).size, 0)
  })

  test('limits are obeyed, and bodies that are none refused', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `person${String(i).padStart(2, '0')}`)
    await using t = await start(Object.fromEntries(names.map((name) => [name, {}])), {
      userDirectory: { searchAllUsers: true },
      requesters: { guest: { isGuest: true } },
    })
    const { server, storage } = t
    const page = async (limit?: number) => {
      const { results, limited } = await search(server, 'bob', 'person', limit)
      return [results.length, limited]
    }
    assert.deepEqual(await page(), [10, true])
    assert.deepEqual(await page(50), [50, true])
    assert.deepEqual(await page(1_000), [50, true])
    assert.deepEqual(await page(0), [0, true])
    assert.deepEqual(await page(-1), [0, true])
    const one = await search(server, 'bob', 'person07', 1)
    assert.deepEqual([one.results.length, one.limited], [1, false])
    const refused = async (by: string | null, body: unknown) =>
      (await server.call(by, 'POST', '/user_directory/search', body)).body.errcode
    assert.equal(await refused('bob', {}), 'M_MISSING_PARAM')
    assert.equal(await refused('bob', { search_term: 1 }), 'M_BAD_JSON')
    assert.equal(await refused('bob', { search_term: 'a', limit: 'b' }), 'M_BAD_JSON')
    assert.equal(await refused(null, { search_term: 'a' }), 'M_MISSING_TOKEN')
    assert.equal(await refused('guest', { search_term: 'a' }), 'M_GUEST_ACCESS_FORBIDDEN')

    await using strict = await testServer(storage, {
      rateLimits: { rc_user_directory: { perSecond: 0.001, burst: 1 } },
    })
    await search(strict, 'bob', 'x')
    const again = await strict.call('bob', 'POST', '/user_directory/search', { search_term: 'x' })
    assert.equal(again.body.errcode, 'M_LIMIT_EXCEEDED')
  })

  test('what a crash left to do is done at the next start', async () => {
    await using storage = await open()
    let roomId = ''
    {
      const server = await testServer(storage)
      await server.directoryQueue[Symbol.asyncDispose]()
      await people(storage, { alice: {} })
      roomId = await server.create('alice')
      assert.deepEqual(await found(server, 'bob', 'alice'), [])
      await server[Symbol.asyncDispose]()
    }
    await using server = await testServer(storage)
    server.directoryQueue.start()
    assert.deepEqual(await found(server, 'bob', 'alice'), ['alice'])
    await server.leave('alice', roomId)
    assert.deepEqual(await found(server, 'bob', 'alice'), [])
  })
})
