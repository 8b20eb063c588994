import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import type { Config, ServerNoticesConfig } from '../../../config/config.ts'
import { type Person, type WholeServer, wholeServer } from '../whole-server-fixture.ts'

const PATH = '/_synapse/admin/v1/send_server_notice'
const NOTICES: ServerNoticesConfig = {
  localpart: 'notices',
  displayName: 'The server',
  avatarUrl: null,
  roomName: 'Notices',
  roomAvatarUrl: null,
  roomTopic: 'What you should know',
  autoJoin: false,
}

const withNotices = (change: Partial<ServerNoticesConfig> = {}) => ({
  config: (config: Config): Config => ({ ...config, serverNotices: { ...NOTICES, ...change } }),
})

const notice = (user: { userId: string }, body = 'hello') => ({
  user_id: user.userId,
  content: { msgtype: 'm.text', body },
})

/** The one room the user is invited to or in. */
async function roomOf(
  server: WholeServer,
  { token }: Person,
  membership: 'invite' | 'join',
): Promise<string> {
  const { rooms } = await server.ok('GET', '/sync', { token })
  const ids = Object.keys(rooms?.[membership] ?? {})
  assert.equal(ids.length, 1, JSON.stringify(rooms))
  return ids[0]!
}

databaseMatrix((open) => {
  test('a notice comes in a room of its own, tagged, whose invite cannot be rejected', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage, withNotices())
    const { token } = await server.person('admin', { admin: true })
    const bob = await server.person('bob')

    const { event_id } = await server.ok('POST', PATH, { token, body: notice(bob) })
    const room = await roomOf(server, bob, 'invite')
    const rejected = await server.call('POST', `${server.room(room)}/leave`, { token: bob.token, body: {} })
    assert.deepEqual([rejected.status, rejected.body.errcode], [403, 'M_CANNOT_LEAVE_SERVER_NOTICE_ROOM'])
    await server.join(bob, room)

    const tags = await server.ok('GET', `/user/${bob.userId}${server.room(room)}/tags`, { token: bob.token })
    assert.deepEqual(tags, { tags: { 'm.server_notice': {} } })
    const state = (type: string, key = '') =>
      server.ok('GET', `${server.room(room)}/state/${type}/${key}`, { token: bob.token })
    assert.deepEqual(await state('m.room.name'), { name: 'Notices' })
    assert.deepEqual(await state('m.room.topic'), { topic: 'What you should know' })
    assert.equal((await state('m.room.member', '@notices:test')).displayname, 'The server')
    await server.ok('POST', PATH, { token, body: notice(bob, 'again') })
    const { chunk } = await server.ok('GET', `${server.room(room)}/messages?dir=b&limit=2`, {
      token: bob.token,
    })
    assert.equal(chunk[0].content.body, 'again', 'in the same room')
    assert.equal(chunk[0].sender, '@notices:test')
    const [first] = await storage.read.rooms.eventsById([event_id])
    assert.equal(first?.roomId, room)
    const answer = await server.call('PUT', `${server.room(room)}/send/m.room.message/1`, {
      token: bob.token,
      body: { msgtype: 'm.text', body: 'thanks' },
    })
    assert.equal(answer.status, 403, 'only the server speaks there')

    await server.ok('POST', `${server.room(room)}/leave`, { token: bob.token, body: {} })
    await server.ok('POST', PATH, { token, body: notice(bob, 'come back') })
    assert.equal(await roomOf(server, bob, 'invite'), room, 'who has left is invited again')
  })

  test('with a transaction id a notice is sent once; notices at once go to one room', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage, withNotices({ autoJoin: true }))
    const { token } = await server.person('admin', { admin: true })
    const bob = await server.person('bob')

    const answers = await Promise.all(
      ['a', 'a', 'b'].map((txn) => server.ok('PUT', `${PATH}/${txn}`, { token, body: notice(bob, txn) })),
    )
    const later = await server.ok('PUT', `${PATH}/a`, { token, body: notice(bob, 'other') })

    assert.equal(answers[0].event_id, answers[1].event_id)
    assert.equal(later.event_id, answers[0].event_id)
    assert.notEqual(answers[2].event_id, answers[0].event_id)
    const room = await roomOf(server, bob, 'join')
    const { chunk } = await server.ok('GET', `${server.room(room)}/messages?dir=b&limit=50`, {
      token: bob.token,
    })
    const texts = chunk.filter((event: { type: string }) => event.type === 'm.room.message')
    assert.deepEqual(texts.map((event: { content: { body: string } }) => event.content.body).sort(), [
      'a',
      'b',
    ])
  })

  test('what the configuration says anew is told in rooms that exist; state can be sent', async () => {
    await using storage = await open()
    let bob: Person
    let room: string
    {
      await using server = await wholeServer(storage, withNotices({ autoJoin: true }))
      const { token } = await server.person('admin', { admin: true })
      bob = await server.person('bob')
      await server.ok('POST', PATH, { token, body: notice(bob) })
      room = await roomOf(server, bob, 'join')
    }
    const change = { roomName: 'News', displayName: 'Us', roomAvatarUrl: 'mxc://test/abc', autoJoin: true }
    await using server = await wholeServer(storage, withNotices(change))
    const { token } = await server.person('second', { admin: true })
    const body = { user_id: bob.userId, type: 'org.test.state', state_key: 'k', content: { a: 1 } }
    await server.ok('POST', PATH, { token, body })

    const state = (type: string, key = '') =>
      server.ok('GET', `${server.room(room)}/state/${type}/${key}`, { token: bob.token })
    assert.deepEqual(await state('m.room.name'), { name: 'News' })
    assert.deepEqual(await state('m.room.avatar'), { url: 'mxc://test/abc' })
    assert.equal((await state('m.room.member', '@notices:test')).displayname, 'Us')
    assert.deepEqual(await state('org.test.state', 'k'), { a: 1 })
  })

  test('what cannot be sent has its errcode', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage, withNotices())
    const { token } = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const content = { msgtype: 'm.text', body: 'x' }
    for (const [body, status, errcode] of [
      [{ content }, 400, 'M_MISSING_PARAM'],
      [{ user_id: bob.userId }, 400, 'M_MISSING_PARAM'],
      [{ user_id: 'bob', content }, 400, 'M_INVALID_PARAM'],
      [{ user_id: '@bob:elsewhere', content }, 400, 'M_UNKNOWN'],
      [{ user_id: '@nobody:test', content }, 404, 'M_NOT_FOUND'],
      [{ user_id: bob.userId, content: {} }, 400, 'M_UNKNOWN'],
      [{ user_id: bob.userId, content: { body: 'x' } }, 400, 'M_UNKNOWN'],
      [{ user_id: bob.userId, content: 'x' }, 400, 'M_BAD_JSON'],
    ] as const) {
      for (const [method, path] of [
        ['POST', PATH],
        ['PUT', `${PATH}/t`],
      ] as const) {
        const answer = await server.call(method, path, { token, body })
        assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], JSON.stringify(body))
      }
    }
    const refused = await server.call('POST', PATH, { token: bob.token, body: notice(bob) })
    assert.deepEqual([refused.status, refused.body.errcode], [403, 'M_FORBIDDEN'])
  })

  test('without notices in the configuration, and with a bad picture there, none is sent', async () => {
    for (const [options, status] of [
      [{}, 400],
      [withNotices({ roomAvatarUrl: 'https://x' }), 500],
    ] as const) {
      await using storage = await open()
      await using server = await wholeServer(storage, options)
      const { token } = await server.person('admin', { admin: true })
      const bob = await server.person('bob')
      const answer = await server.call('POST', PATH, { token, body: notice(bob) })
      assert.deepEqual([answer.status, answer.body.errcode], [status, 'M_UNKNOWN'])
    }
  })
})
