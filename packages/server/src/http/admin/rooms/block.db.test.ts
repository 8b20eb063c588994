import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wholeServer } from '../whole-server-fixture.ts'

const blockOf = (room: string) => `/_synapse/admin/v1/rooms/${encodeURIComponent(room)}/block`

databaseMatrix((open) => {
  test('nobody comes into a blocked room until it is blocked no longer', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token, userId } = await server.person('admin', { admin: true })
    const second = await server.person('second', { admin: true })
    const [alice, bob] = [await server.person('alice'), await server.person('bob')]
    const room = await server.createRoom(alice)
    const open_ = await server.createRoom(alice)
    assert.deepEqual(await server.ok('GET', blockOf(room), { token }), { block: false })

    for (const by of [token, second.token, token])
      assert.deepEqual(await server.ok('PUT', blockOf(room), { token: by, body: { block: true } }), {
        block: true,
      })

    assert.deepEqual(await server.ok('GET', blockOf(room), { token }), { block: true, user_id: userId })
    for (const [path, by, body] of [
      [`/join/${encodeURIComponent(room)}`, bob, {}],
      [`${server.room(room)}/join`, bob, {}],
      [`/knock/${encodeURIComponent(room)}`, bob, {}],
      [`${server.room(room)}/invite`, alice, { user_id: bob.userId }],
    ] as const) {
      const answer = await server.call('POST', path, { token: by.token, body })
      assert.deepEqual([answer.status, answer.body.errcode], [403, 'M_FORBIDDEN'], path)
    }
    await server.say(alice, room, 'those inside go on')
    await server.join(bob, open_)
    for (let i = 0; i < 2; i++) await server.ok('PUT', blockOf(room), { token, body: { block: false } })
    assert.deepEqual(await server.ok('GET', blockOf(room), { token }), { block: false })
    await server.join(bob, room)
  })

  test('a room can be blocked before it is known; what is no room or no block is refused', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token, userId } = await server.person('admin', { admin: true })
    await server.ok('PUT', blockOf('!unknown:elsewhere'), { token, body: { block: true } })
    assert.deepEqual(await server.ok('GET', blockOf('!unknown:elsewhere'), { token }), {
      block: true,
      user_id: userId,
    })
    for (const [method, room, body, errcode] of [
      ['GET', 'nonsense', undefined, 'M_UNKNOWN'],
      ['PUT', 'nonsense', { block: true }, 'M_UNKNOWN'],
      ['PUT', '!r:test', {}, 'M_MISSING_PARAM'],
      ['PUT', '!r:test', { block: 'true' }, 'M_BAD_JSON'],
      ['PUT', '!r:test', undefined, 'M_NOT_JSON'],
    ] as const) {
      const answer = await server.call(method, blockOf(room), { token, ...(body && { body }) })
      assert.deepEqual([answer.status, answer.body.errcode], [400, errcode])
    }
    const outsider = await server.person('outsider')
    const refused = await server.call('PUT', blockOf('!r:test'), { token: outsider.token, body: {} })
    assert.equal(refused.status, 403)
  })
})
