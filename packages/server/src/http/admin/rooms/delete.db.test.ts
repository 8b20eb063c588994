import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wholeServer } from '../whole-server-fixture.ts'
import { busyRoom, rowsBeside, rowsOf, settled, start, ticking, V1, V2 } from './delete-fixture.ts'

databaseMatrix((open) => {
  test('a deleted room is left by all, gone from every table, and nowhere to be seen', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { admin, alice, bob, carol, room, other, said } = await busyRoom(server)
    const { token } = admin
    const before = await rowsBeside(storage, other)
    const leaves: string[] = []
    storage.subscribe((facts) => {
      for (const { detail } of facts) {
        const { member } = (detail ?? {}) as { member?: { userId: string; to: string } }
        if (member?.to === 'leave') leaves.push(member.userId)
      }
    })
    assert.ok(Object.keys(await rowsOf(storage, room)).length >= 10)

    const deleteId = await start(server, admin, room)
    await settled(server)

    assert.deepEqual(await rowsOf(storage, room), {})
    const unpruned = await storage.write((tx) =>
      tx.db.get('SELECT 1 AS x FROM unpruned_redactions WHERE event_id = ?', said),
    )
    assert.equal(unpruned, undefined)
    const status = await server.ok('GET', `${V2}/delete_status/${deleteId}`, { token })
    assert.deepEqual(status, {
      delete_id: deleteId,
      room_id: room,
      status: 'complete',
      shutdown_room: {
        kicked_users: [alice.userId, bob.userId, carol.userId],
        failed_to_kick_users: [],
        local_aliases: [],
        new_room_id: null,
      },
    })
    assert.deepEqual(
      (await server.ok('GET', `${V2}/${encodeURIComponent(room)}/delete_status`, { token })).results,
      [status],
    )
    assert.deepEqual(leaves.toSorted(), [alice.userId, bob.userId, carol.userId])
    const path = `${server.room(room)}/send/m.room.message/late`
    for (const [method, url, expected] of [
      ['PUT', path, 403],
      ['GET', `${server.room(room)}/messages?dir=b`, 403],
      ['GET', `${server.room(room)}/state`, 403],
      ['POST', `/join/${encodeURIComponent('#doomed:test')}`, 404],
    ] as const) {
      const { status: got } = await server.call(method, url, {
        token: bob.token,
        ...(method !== 'GET' && { body: {} }),
      })
      assert.equal(got, expected, url)
    }
    assert.equal((await server.call('GET', `${V1}/${room}`, { token })).status, 404)
    assert.deepEqual((await server.ok('GET', `${V1}/${room}/messages`, { token })).chunk, [])
    const { rooms } = await server.ok('GET', '/sync', { token: bob.token })
    assert.deepEqual([Object.keys(rooms.join ?? {}), Object.keys(rooms.leave ?? {})], [[other], []])
    const backup = await server.ok('GET', '/room_keys/version', { token: bob.token })
    assert.equal(backup.count, 1)
    assert.deepEqual(await rowsBeside(storage, other), before, 'the room beside it')
  })

  test('a client that waits is told that its user has left, and then of the room no more', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { admin, bob, room } = await busyRoom(server)
    const { token } = bob
    const { next_batch: since } = await server.ok('GET', '/sync', { token })

    const waiting = server.ok('GET', `/sync?timeout=30000&since=${since}`, { token })
    await start(server, admin, room)
    let told = await waiting
    // Other news, as that of the others' leaves, may come first.
    for (let i = 0; i < 5 && told.rooms?.leave?.[room] === undefined; i++)
      told = await server.ok('GET', `/sync?timeout=30000&since=${told.next_batch}`, { token })
    await settled(server)

    assert.ok(told.rooms?.leave?.[room], 'the leave')
    const after = await server.ok('GET', `/sync?since=${told.next_batch}`, { token })
    assert.equal(after.rooms?.join?.[room], undefined)
    const { rooms } = await server.ok('GET', '/sync?full_state=true', { token })
    assert.equal(rooms.join?.[room], undefined)
  })

  test('members are moved to a new room with a message, and the aliases with them', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { admin, alice, bob, carol, room } = await busyRoom(server)
    const { token } = admin
    const body = { new_room_user_id: '@nobody:test', room_name: 'Gone', message: 'Why', block: true }

    using _ = ticking(server)
    const answer = await server.ok('DELETE', `${V1}/${encodeURIComponent(room)}`, { token, body })

    const { new_room_id: newRoom, ...rest } = answer
    assert.deepEqual(rest, {
      kicked_users: [alice.userId, bob.userId, carol.userId],
      failed_to_kick_users: [],
      local_aliases: ['#doomed:test'],
    })
    const details = await server.ok('GET', `${V1}/${newRoom}`, { token })
    assert.deepEqual([details.name, details.creator, details.public], ['Gone', '@nobody:test', false])
    const { members } = await server.ok('GET', `${V1}/${newRoom}/members`, { token })
    assert.deepEqual(
      members.toSorted(),
      [alice.userId, bob.userId, '@nobody:test'],
      'the invited are not moved',
    )
    const { chunk } = await server.ok('GET', `${V1}/${newRoom}/messages`, { token })
    const messages = chunk.filter(({ type }: { type: string }) => type === 'm.room.message')
    assert.equal(chunk.at(-1).type, 'm.room.message', 'said when everybody is there, who are notified of it')
    assert.deepEqual(
      messages.map((event: { sender: string; content: object }) => [event.sender, event.content]),
      [['@nobody:test', { msgtype: 'm.text', body: 'Why' }]],
    )
    const levels = await server.ok('GET', `${V1}/${newRoom}/state?type=m.room.power_levels`, { token })
    assert.equal(levels.state[0].content.users_default, -10)
    const path = `${server.room(newRoom)}/send/m.room.message/x`
    const silent = await server.call('PUT', path, {
      token: bob.token,
      body: { msgtype: 'm.text', body: 'x' },
    })
    assert.equal(silent.status, 403)
    const alias = encodeURIComponent('#doomed:test')
    assert.equal((await server.ok('GET', `/directory/room/${alias}`)).room_id, newRoom)
    assert.equal((await server.ok('GET', `${V1}/${room}/block`, { token })).user_id, admin.userId)
  })

  test('without purge the room stays, empty; unknown rooms are deleted and blocked without more', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { admin, room } = await busyRoom(server)
    const { token } = admin

    const empty = { new_room_user_id: null, room_name: null, message: null }
    await start(server, admin, room, { purge: false, ...empty })
    await settled(server)
    const details = await server.ok('GET', `${V1}/${room}`, { token })
    assert.deepEqual([details.joined_members, details.forgotten], [0, true])

    const nothing = { kicked_users: [], failed_to_kick_users: [], local_aliases: [], new_room_id: null }
    const unknown = encodeURIComponent('!unknown:test')
    const body = { block: true, new_room_user_id: admin.userId }
    assert.deepEqual(await server.ok('DELETE', `${V1}/${unknown}`, { token, body }), nothing)
    assert.equal((await server.ok('GET', `${V1}/${unknown}/block`, { token })).block, true)
    const deleteId = await start(server, admin, '!unknown:test')
    await settled(server)
    assert.equal((await server.ok('GET', `${V2}/delete_status/${deleteId}`, { token })).status, 'complete')
    assert.equal((await server.ok('GET', `${V2}/${unknown}/delete_status`, { token })).results.length, 2)
  })

  test('who cannot be made to leave keeps the room from being purged, unless that is forced', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { admin, alice, bob, carol, room } = await busyRoom(server)
    const { token } = admin
    // A room whose state is broken lets nobody leave.
    await storage.write((tx) =>
      tx.db.run("DELETE FROM current_state WHERE room_id = ? AND type = 'm.room.create'", room),
    )
    await server[Symbol.asyncDispose]()
    await using again = await wholeServer(storage)

    const deleteId = await start(again, admin, room)
    await settled(again)
    const status = await again.ok('GET', `${V2}/delete_status/${deleteId}`, { token })
    assert.equal(status.status, 'failed')
    assert.match(status.error, /still joined/)
    const stuck = [alice.userId, bob.userId, carol.userId]
    assert.deepEqual(status.shutdown_room.failed_to_kick_users, stuck)
    const refused = await again.call('DELETE', `${V1}/${encodeURIComponent(room)}`, { token, body: {} })
    assert.deepEqual([refused.status, refused.body.errcode], [400, 'M_UNKNOWN'])

    await start(again, admin, room, { force_purge: true })
    await settled(again)
    assert.deepEqual(await rowsOf(storage, room), {})
    assert.deepEqual(
      Object.keys((await again.ok('GET', '/sync', { token: alice.token })).rooms?.join ?? {}),
      [],
    )
  })

  test('what cannot be is refused with the right code', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const user = await server.person('user')
    const { token } = admin
    const remote = { new_room_user_id: '@x:elsewhere' }
    for (const [method, path, body, status, errcode] of [
      ['DELETE', '/nonsense', {}, 400, 'M_UNKNOWN'],
      ['DELETE', '/!r:test', undefined, 400, 'M_NOT_JSON'],
      ['DELETE', '/!r:test', { block: 1 }, 400, 'M_BAD_JSON'],
      ['DELETE', '/!r:test', { purge: 'x' }, 400, 'M_BAD_JSON'],
      ['DELETE', '/!r:test', { force_purge: 1 }, 400, 'M_BAD_JSON'],
      ['DELETE', '/!r:test', remote, 400, 'M_UNKNOWN'],
      ['DELETE', '/!r:test', { new_room_user_id: 'x' }, 400, 'M_UNKNOWN'],
    ] as const)
      for (const version of [V1, V2]) {
        const answer = await server.call(method, version + path, { token, ...(body && { body }) })
        assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], JSON.stringify(body))
        const refused = await server.call(method, version + path, { token: user.token, body: {} })
        assert.deepEqual([refused.status, refused.body.errcode], [403, 'M_FORBIDDEN'])
      }
    for (const [path, status, errcode] of [
      ['/!r:test/delete_status', 404, 'M_NOT_FOUND'],
      ['/nonsense/delete_status', 400, 'M_UNKNOWN'],
      ['/delete_status/none', 404, 'M_NOT_FOUND'],
      ['/delete_status/forget-ended-jobs', 404, 'M_NOT_FOUND'],
    ] as const) {
      const answer = await server.call('GET', V2 + path, { token })
      assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], path)
    }
  })
})
