import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wiredServer } from '../../wired-server.ts'

// What the server keeps for clients and does not look into: they agree on it among themselves.

const enc = encodeURIComponent
const SLIDING = '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync'

databaseMatrix((open) => {
  test('a room marked as unread is so for all clients of the user, and for nobody else', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage)
    const alice = await server.register('alice')
    const login = { type: 'm.login.password', user: 'alice', password: 'password' }
    const other = (await server.ok(null, 'POST', '/login', login)).access_token
    const bob = await server.register('bob')
    const { room_id: roomId } = await server.ok(alice, 'POST', '/createRoom', { preset: 'public_chat' })
    await server.ok(bob, 'POST', `/rooms/${enc(roomId)}/join`, {})
    const marks = (answer: { rooms?: { join?: Record<string, { account_data: { events: object[] } }> } }) =>
      answer.rooms?.join?.[roomId]?.account_data.events ?? []
    const [first, bobs] = [await server.ok(other, 'GET', '/sync'), await server.ok(bob, 'GET', '/sync')]
    const path = `/user/@alice:test/rooms/${enc(roomId)}/account_data/m.marked_unread`

    await server.ok(alice, 'PUT', path, { unread: true })

    const mark = { type: 'm.marked_unread', content: { unread: true } }
    const second = await server.ok(other, 'GET', `/sync?since=${first.next_batch}`)
    assert.deepEqual(marks(second), [mark])
    assert.deepEqual(marks(await server.ok(bob, 'GET', `/sync?since=${bobs.next_batch}`)), [])
    assert.deepEqual(await server.ok(other, 'GET', path), { unread: true })
    const sliding = await server.ok(other, 'POST', SLIDING, {
      lists: { all: { ranges: [[0, 9]], timeline_limit: 0 } },
      extensions: { account_data: { enabled: true } },
    })
    assert.deepEqual(sliding.extensions.account_data.rooms[roomId], [mark])

    // Reading goes on beside it: who reads takes the mark away.
    await server.ok(other, 'PUT', path, { unread: false })
    const third = await server.ok(alice, 'GET', `/sync?since=${second.next_batch}`)
    assert.deepEqual(marks(third), [{ type: 'm.marked_unread', content: { unread: false } }])
  })

  test('a list of who is to be banned is a room: read by its members, and by its alias', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage)
    const alice = await server.register('alice')
    const bob = await server.register('bob')
    const eve = await server.register('eve')
    const { room_id: roomId } = await server.ok(alice, 'POST', '/createRoom', {
      preset: 'public_chat',
      room_alias_name: 'bans',
      creation_content: { type: 'support.feline.policy.lists.msc.v1' },
    })
    const room = `/rooms/${enc(roomId)}`
    const rule = { entity: '@spam*:*', recommendation: 'm.ban', reason: 'spam' }
    const set = (token: string, key: string, content: object) =>
      server.call(token, 'PUT', `${room}/state/m.policy.rule.user/${enc(key)}`, content)
    assert.equal((await set(alice, 'rule:@spam*:*', rule)).status, 200)
    assert.equal((await set(alice, 'rule:two', { ...rule, entity: '@two:*' })).status, 200)

    await server.ok(bob, 'POST', `/join/${enc('#bans:test')}`, {})

    const state: { type: string; content: { entity?: string } }[] = await server.ok(
      bob,
      'GET',
      `${room}/state`,
    )
    const rules = state.filter(({ type }) => type === 'm.policy.rule.user')
    assert.deepEqual(rules.map(({ content }) => content.entity).toSorted(), ['@spam*:*', '@two:*'])
    const own = `${room}/state/m.policy.rule.user/${enc('rule:@spam*:*')}`
    assert.deepEqual(await server.ok(bob, 'GET', own), rule)
    assert.equal((await set(bob, 'rule:mine', rule)).body.errcode, 'M_FORBIDDEN')
    assert.equal((await server.call(eve, 'GET', `${room}/state`)).body.errcode, 'M_FORBIDDEN')

    const { next_batch: since } = await server.ok(bob, 'GET', '/sync')
    await set(alice, 'rule:two', {}) // taken back
    const { rooms } = await server.ok(bob, 'GET', `/sync?since=${since}`)
    const [event] = rooms.join[roomId].timeline.events
    assert.deepEqual([event.type, event.state_key, event.content], ['m.policy.rule.user', 'rule:two', {}])
  })
})
