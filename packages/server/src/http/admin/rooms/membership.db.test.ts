import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wholeServer } from '../whole-server-fixture.ts'

const V1 = '/_synapse/admin/v1'
const PRIVATE = { preset: 'private_chat' }

databaseMatrix((open) => {
  test('an administrator lets users join rooms', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const [alice, bob] = [await server.person('alice'), await server.person('bob')]
    const { token } = admin
    const open_ = await server.createRoom(alice, { room_alias_name: 'open' })
    const own = await server.createRoom(admin, PRIVATE)
    const closed = await server.createRoom(alice, PRIVATE)
    const join = (room: string, body?: object) =>
      server.call('POST', `${V1}/join/${encodeURIComponent(room)}`, { token, ...(body && { body }) })
    const membership = async (room: string) => (await storage.read.members.find(room, bob.userId))?.membership

    for (const room of ['#open:test', open_, `${own}`]) {
      const { status, body } = await join(room, { user_id: bob.userId })
      assert.deepEqual([status, body], [200, { room_id: room === own ? own : open_ }])
    }
    assert.deepEqual([await membership(open_), await membership(own)], ['join', 'join'])
    const user = { user_id: bob.userId }
    for (const [room, body, status, errcode] of [
      [closed, user, 403, 'M_FORBIDDEN'],
      [open_, {}, 400, 'M_MISSING_PARAM'],
      [open_, { user_id: 'bob' }, 400, 'M_INVALID_PARAM'],
      [open_, { user_id: '@x:elsewhere' }, 400, 'M_UNKNOWN'],
      [open_, { user_id: '@nobody:test' }, 404, 'M_NOT_FOUND'],
      ['nonsense', user, 400, 'M_UNKNOWN'],
      ['!none:test', user, 404, 'M_UNKNOWN'],
      ['#none:test', user, 404, 'M_NOT_FOUND'],
    ] as const) {
      const answer = await join(room, body)
      assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], room)
    }
    assert.equal(await membership(closed), undefined, 'a refusal leaves no invite behind')
    await server.ok('PUT', `${V1}/rooms/${own}/block`, { token, body: { block: true } })
    assert.equal((await join(own, { user_id: alice.userId })).status, 403)
    const refused = await server.call('POST', `${V1}/join/${open_}`, { token: alice.token, body: user })
    assert.equal(refused.status, 403)
  })

  test('an administrator becomes as powerful as the most powerful local user, and is invited', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const [alice, bob] = [await server.person('alice'), await server.person('bob')]
    const { token, userId } = admin
    for (const version of ['9', '11', '12']) {
      const room = await server.createRoom(alice, { ...PRIVATE, room_version: version })
      const path = `${V1}/rooms/${encodeURIComponent(room)}/make_room_admin`

      assert.deepEqual(await server.ok('POST', path, { token }), {})

      assert.equal((await storage.read.members.find(room, userId))?.membership, 'invite', version)
      await server.join(admin, room)
      await server.ok('POST', path, { token, body: { user_id: bob.userId } })
      const levels = await server.ok('GET', `${server.room(room)}/state/m.room.power_levels`, { token })
      assert.deepEqual([levels.users[userId], levels.users[bob.userId]], [100, 100], version)
      await server.ok('PUT', `${server.room(room)}/state/m.room.name`, { token, body: { name: 'Mine' } })
      // Again: nothing changes.
      await server.ok('POST', path, { token })
    }
    const open_ = await server.createRoom(alice, { room_alias_name: 'open' })
    await server.ok('POST', `${V1}/rooms/${encodeURIComponent('#open:test')}/make_room_admin`, { token })
    assert.equal(await storage.read.members.find(open_, userId), undefined, 'anybody can come in')
  })

  test('power cannot be given where nobody of this server has it', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token } = await server.person('admin', { admin: true })
    const [alice, bob] = [await server.person('alice'), await server.person('bob')]
    const left = await server.createRoom(alice, { room_version: '11' })
    await server.join(bob, left)
    await server.ok('POST', `${server.room(left)}/leave`, { token: alice.token, body: {} })
    const weak = await server.createRoom(alice, {
      room_version: '11',
      power_level_content_override: {
        users: { [alice.userId]: 50 },
        events: { 'm.room.power_levels': 60 },
      },
    })

    for (const [room, status, errcode] of [
      [left, 400, 'M_UNKNOWN'],
      ['!none:test', 400, 'M_UNKNOWN'],
      ['nonsense', 400, 'M_UNKNOWN'],
      ['#none:test', 404, 'M_NOT_FOUND'],
      [weak, 400, 'M_UNKNOWN'],
    ] as const) {
      const path = `${V1}/rooms/${encodeURIComponent(room)}/make_room_admin`
      const answer = await server.call('POST', path, { token })
      assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], room)
    }
    const path = `${V1}/rooms/${encodeURIComponent(left)}/make_room_admin`
    const bad = await server.call('POST', path, { token, body: { user_id: 'x' } })
    assert.deepEqual([bad.status, bad.body.errcode], [400, 'M_INVALID_PARAM'])
    assert.equal((await server.call('POST', path, { token: bob.token })).status, 403)
  })

  test('of several ends of a history the newest is kept, and the room goes on from there', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token, ...admin } = await server.person('admin', { admin: true })
    const room = await server.createRoom({ token, ...admin }, { room_alias_name: 'ends' })
    const first = await server.say({ token }, room, 'first')
    const last = await server.say({ token }, room, 'last')
    await storage.write((tx) =>
      tx.db.run('UPDATE rooms SET extremities = ? WHERE room_id = ?', JSON.stringify([first, last]), room),
    )
    const path = (id: string) => `${V1}/rooms/${encodeURIComponent(id)}/forward_extremities`

    const { count, results } = await server.ok('GET', path('#ends:test'), { token })
    assert.equal(count, 2)
    assert.deepEqual(Object.keys(results[0]).toSorted(), ['depth', 'event_id', 'received_ts', 'state_group'])
    assert.deepEqual(await server.ok('DELETE', path(room), { token }), { deleted: 1 })

    const after = await server.ok('GET', path(room), { token })
    assert.deepEqual([after.count, after.results[0].event_id], [1, last])
    assert.deepEqual(await server.ok('DELETE', path(room), { token }), { deleted: 0 })
    await server.say({ token }, room, 'on')
    for (const method of ['GET', 'DELETE'])
      for (const [id, status, errcode] of [
        ['nonsense', 400, 'M_UNKNOWN'],
        ['#none:test', 404, 'M_NOT_FOUND'],
        ['!none:test', 404, 'M_NOT_FOUND'],
      ] as const) {
        const answer = await server.call(method, path(id), { token })
        assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], id)
      }
  })
})
