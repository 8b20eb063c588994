import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type TestServer, testServer } from './test-server.ts'

/** A room in which something is said before, while and after bob is invited, joined and gone. */
async function roomWithHistory(server: TestServer, history_visibility: string): Promise<string> {
  const roomId = await server.create('alice', {
    initial_state: [{ type: 'm.room.history_visibility', content: { history_visibility } }],
  })
  await server.say('alice', roomId, 'before')
  await server.invite('alice', roomId, 'bob')
  await server.say('alice', roomId, 'invited')
  await server.join('bob', roomId)
  await server.say('alice', roomId, 'joined')
  return roomId
}

databaseMatrix((open) => {
  test('what a member sees of the time before depends on the history visibility then', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const seen = async (name: string, roomId: string) =>
      server.texts((await server.ok(name, 'GET', `${server.room(roomId)}/messages?dir=f&limit=100`)).chunk)
    const rows: [string, string[]][] = [
      ['world_readable', ['before', 'invited', 'joined']],
      ['shared', ['before', 'invited', 'joined']],
      ['invited', ['invited', 'joined']],
      ['joined', ['joined']],
      ['nonsense', ['before', 'invited', 'joined']],
    ]

    for (const [visibility, expected] of rows) {
      const roomId = await roomWithHistory(server, visibility)
      assert.deepEqual(await seen('bob', roomId), expected, visibility)
      assert.deepEqual(await seen('alice', roomId), ['before', 'invited', 'joined'], visibility)
    }
  })

  test('who has left sees what they saw, and the room as it was, and nothing later', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    for (const visibility of ['shared', 'invited', 'joined']) {
      const roomId = await roomWithHistory(server, visibility)
      await server.set('alice', roomId, 'm.room.name', { name: 'then' })
      await server.leave('bob', roomId)
      const secret = await server.say('alice', roomId, 'after')
      await server.set('alice', roomId, 'm.room.name', { name: 'now' })
      await server.join('carol', roomId)
      const get = (path: string) => server.ok('bob', 'GET', `${server.room(roomId)}${path}`)

      const { chunk } = await get('/messages?dir=b&limit=100')
      assert.equal(chunk[0].type, 'm.room.member')
      assert.equal(chunk[0].content.membership, 'leave')
      assert.equal(server.texts(chunk)[0], 'joined')
      const forwards = await get('/messages?dir=f&limit=100')
      assert.equal(forwards.chunk.at(-1).content.membership, 'leave')
      const beyond = await get(`/messages?dir=f&limit=100&from=${forwards.end}`)
      assert.deepEqual([beyond.chunk, beyond.end], [[], undefined])
      assert.deepEqual(await get('/state/m.room.name'), { name: 'then' })
      const name = (await get('/state')).find((e: { type: string }) => e.type === 'm.room.name')
      assert.equal(name.content.name, 'then')
      const members = (await get('/members')).chunk.map((e: { state_key: string }) => e.state_key).sort()
      assert.deepEqual(members, ['@alice:test', '@bob:test'])
      const hidden = await server.call(
        'bob',
        'GET',
        `${server.room(roomId)}/event/${encodeURIComponent(secret)}`,
      )
      assert.deepEqual([hidden.status, hidden.body.errcode], [404, 'M_NOT_FOUND'])
    }
  })

  test('who is gone and comes again sees under shared what was said meanwhile, under joined not', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const rows: [string, string[]][] = [
      ['shared', ['before', 'invited', 'joined', 'away', 'again']],
      ['joined', ['joined', 'again']],
    ]
    for (const [visibility, expected] of rows) {
      const roomId = await roomWithHistory(server, visibility)
      await server.leave('bob', roomId)
      await server.say('alice', roomId, 'away')
      await server.join('bob', roomId)
      await server.say('alice', roomId, 'again')

      const { chunk } = await server.ok('bob', 'GET', `${server.room(roomId)}/messages?dir=f&limit=100`)
      assert.deepEqual(server.texts(chunk), expected, visibility)
      const own = chunk.filter(
        (e: { type: string; state_key?: string }) =>
          e.type === 'm.room.member' && e.state_key === '@bob:test',
      )
      assert.deepEqual(
        own.map((e: { content: { membership: string } }) => e.content.membership).slice(-3),
        ['join', 'leave', 'join'],
        'everybody sees their own comings and goings',
      )
    }
  })

  test('a change of visibility counts from where it was made', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    const set = (history_visibility: string) =>
      server.set('alice', roomId, 'm.room.history_visibility', { history_visibility })
    await server.say('alice', roomId, 'shared')
    await set('joined')
    await server.say('alice', roomId, 'hidden')
    await set('world_readable')
    await server.say('alice', roomId, 'open')
    const seen = async (name: string) =>
      server.texts((await server.ok(name, 'GET', `${server.room(roomId)}/messages?dir=f&limit=100`)).chunk)

    assert.deepEqual(await seen('stranger'), ['open'])
    await server.join('bob', roomId)
    assert.deepEqual(await seen('bob'), ['shared', 'open'])
    await set('joined')
    await server.say('alice', roomId, 'members only')
    assert.deepEqual(await seen('bob'), ['shared', 'open', 'members only'])
    assert.equal((await server.call('stranger', 'GET', `${server.room(roomId)}/messages?dir=b`)).status, 403)
  })

  test('strangers, invited and banned users read a room only as far as they may', async () => {
    await using storage = await open()
    await using server = await testServer(storage, { requesters: { guest: { isGuest: true } } })
    const roomId = await server.create('alice')
    await server.invite('alice', roomId, 'invited')
    await server.join('banned', roomId)
    await server.say('alice', roomId, 'for all')
    await server.ok('alice', 'POST', `${server.room(roomId)}/ban`, { user_id: '@banned:test' })
    await server.say('alice', roomId, 'secret')
    const status = async (name: string, path: string) =>
      (await server.call(name, 'GET', `${server.room(roomId)}${path}`)).status

    for (const path of ['/messages?dir=b', '/state', '/state/m.room.create/', '/members']) {
      assert.equal(await status('stranger', path), 403, path)
      assert.equal(await status('invited', path), 403, path)
      assert.equal(await status('guest', path), 403, path)
      assert.equal(await status('banned', path), 200, path)
    }
    const { chunk } = await server.ok('banned', 'GET', `${server.room(roomId)}/messages?dir=b&limit=100`)
    assert.deepEqual(server.texts(chunk), ['for all'])
    await server.set('alice', roomId, 'm.room.history_visibility', { history_visibility: 'world_readable' })
    assert.equal(await status('guest', '/messages?dir=b'), 200)
    assert.equal(await status('stranger', '/state'), 200)
  })

  test('a forgotten room is closed until one is invited again', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    await server.join('bob', roomId)
    const said = await server.say('alice', roomId, 'hello')
    const forget = () => server.call('bob', 'POST', `${server.room(roomId)}/forget`)
    const messages = () => server.call('bob', 'GET', `${server.room(roomId)}/messages?dir=b`)

    assert.deepEqual((await forget()).body.errcode, 'M_UNKNOWN')
    await server.leave('bob', roomId)
    assert.equal((await messages()).status, 200)
    assert.equal((await forget()).status, 200)
    assert.equal((await messages()).status, 403)
    const event = await server.call('bob', 'GET', `${server.room(roomId)}/event/${encodeURIComponent(said)}`)
    assert.equal(event.status, 404)
    await server.join('bob', roomId)
    assert.ok(server.texts((await messages()).body.chunk).includes('hello'))
  })

  test('what ignored users say is left out, what they change of the room is not', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    await server.join('bob', roomId)
    await server.join('carol', roomId)
    await server.say('bob', roomId, 'noise')
    await server.say('alice', roomId, 'word')
    const seen = async () => {
      const { chunk } = await server.ok('carol', 'GET', `${server.room(roomId)}/messages?dir=f&limit=100`)
      return {
        texts: server.texts(chunk),
        bobs: chunk.filter((e: { sender: string }) => e.sender === '@bob:test').length,
      }
    }
    const ignore = (users: object) =>
      storage.write((tx) =>
        tx.accountData.set(
          '@carol:test' as never,
          null,
          'm.ignored_user_list',
          JSON.stringify({ ignored_users: users }),
        ),
      )

    assert.deepEqual(await seen(), { texts: ['noise', 'word'], bobs: 2 })
    await ignore({ '@bob:test': {} })
    assert.deepEqual(await seen(), { texts: ['word'], bobs: 1 })
    await ignore({})
    assert.deepEqual(await seen(), { texts: ['noise', 'word'], bobs: 2 })
  })

  test('what an erased user said is pruned for who came later, and whole for who was there', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    await storage.write((tx) => tx.accounts.create({ userId: '@alice:test' as never, createdTs: 1 }))
    const roomId = await server.create('alice')
    await server.join('there', roomId)
    const said = await server.say('alice', roomId, 'private')
    await server.join('later', roomId)
    const body = async (name: string) =>
      (await server.ok(name, 'GET', `${server.room(roomId)}/event/${encodeURIComponent(said)}`)).content

    assert.equal((await body('later')).body, 'private')
    await storage.write((tx) => tx.accounts.update('@alice:test' as never, { erased: true }))
    assert.deepEqual(await body('later'), {})
    assert.equal((await body('there')).body, 'private')
    await storage.write((tx) => tx.accounts.update('@alice:test' as never, { erased: false }))
    assert.equal((await body('later')).body, 'private')
  })
})
