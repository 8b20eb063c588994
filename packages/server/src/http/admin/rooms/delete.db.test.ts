import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ROOM_PURGED, type Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type Person, type WholeServer, wholeServer } from '../whole-server-fixture.ts'

const V1 = '/_synapse/admin/v1/rooms'
const V2 = '/_synapse/admin/v2/rooms'

/** How many rows of each table are about the room, where there are any. */
async function rowsOf(storage: Storage, roomId: string): Promise<Record<string, number>> {
  const tables = await storage.write(({ db }) =>
    db.all<{ name: string }>(
      db.dialect === 'sqlite'
        ? `SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
           WHERE m.type = 'table' AND c.name = 'room_id'`
        : `SELECT table_name AS name FROM information_schema.columns
           WHERE column_name = 'room_id' AND table_schema = current_schema()`,
    ),
  )
  assert.ok(tables.length >= 12)
  const found: Record<string, number> = {}
  const count = async (table: string, column: string) => {
    const sql = `SELECT COUNT(*) AS n FROM ${table} WHERE ${column} = ?`
    const row = await storage.write((tx) => tx.db.get<{ n: number }>(sql, roomId))
    if (row!.n > 0) found[table] = row!.n
  }
  for (const { name } of tables) await count(name, 'room_id')
  await count('user_directory_names', 'scope')
  return found
}

/** As {@link rowsOf}, but for when the room was measured: that goes on beside. */
async function rowsBeside(storage: Storage, roomId: string): Promise<Record<string, number>> {
  const { room_storage: _, ...rows } = await rowsOf(storage, roomId)
  return rows
}

/** A room with something in every table, and one beside it. */
async function busyRoom(server: WholeServer) {
  const admin = await server.person('admin', { admin: true })
  const [alice, bob, carol] = [
    await server.person('alice'),
    await server.person('bob'),
    await server.person('carol'),
  ]
  const room = await server.createRoom(alice, {
    preset: 'private_chat',
    room_alias_name: 'doomed',
    invite: [bob.userId, carol.userId],
  })
  await server.join(bob, room)
  const other = await server.createRoom(bob)
  const said = await server.say(alice, room, 'hello')
  const { token, userId } = bob
  await server.ok('POST', `${server.room(room)}/receipt/m.read/${encodeURIComponent(said)}`, {
    token,
    body: {},
  })
  const data = `/user/${userId}/rooms/${encodeURIComponent(room)}/account_data/x`
  await server.ok('PUT', data, { token, body: { a: 1 } })
  await server.ok('PUT', `${server.room(room)}/redact/${encodeURIComponent(said)}/t`, {
    token: alice.token,
    body: {},
  })
  const { version } = await server.ok('POST', '/room_keys/version', {
    token,
    body: { algorithm: 'm.megolm_backup.v1.curve25519-aes-sha2', auth_data: { public_key: 'x' } },
  })
  for (const each of [room, other])
    await server.ok('PUT', `/room_keys/keys/${encodeURIComponent(each)}/s?version=${version}`, {
      token,
      body: { first_message_index: 0, forwarded_count: 0, is_verified: false, session_data: {} },
    })
  const checkpoint = { roomId: room, upTo: 1, items: '[]' }
  await server.storage.write((tx) => tx.unread.keep(userId, [checkpoint]))
  return { admin, alice, bob, carol, room, other, said }
}

const isLive = async (server: WholeServer) =>
  (await server.storage.read.jobs.list({ name: 'delete-room', statuses: ['scheduled', 'active'] }, 1))
    .length > 0

const settled = async (server: WholeServer, room: string) => {
  using _ = ticking(server)
  while (await isLive(server)) await new Promise(setImmediate)
  for (let i = 0; i < 1_000 && (await rowsOf(server.storage, room))['user_directory_queue']; i++)
    await new Promise(setImmediate)
}

/** Lets time go by: leaves are seen for a while before a room is purged, and a second server's clock begins anew. */
function ticking(server: WholeServer): Disposable {
  let goesOn = true
  const tick = () => {
    if (!goesOn) return
    server.clock.advance(500)
    setImmediate(tick)
  }
  tick()
  return { [Symbol.dispose]: () => void (goesOn = false) }
}

const start = async (server: WholeServer, { token }: Person, room: string, body: object = {}) =>
  (await server.ok('DELETE', `${V2}/${encodeURIComponent(room)}`, { token, body })).delete_id as string

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
    await settled(server, room)

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
    await settled(server, room)

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

    await start(server, admin, room, { purge: false })
    await settled(server, room)
    const details = await server.ok('GET', `${V1}/${room}`, { token })
    assert.deepEqual([details.joined_members, details.forgotten], [0, true])

    const nothing = { kicked_users: [], failed_to_kick_users: [], local_aliases: [], new_room_id: null }
    const unknown = encodeURIComponent('!unknown:test')
    const body = { block: true, new_room_user_id: admin.userId }
    assert.deepEqual(await server.ok('DELETE', `${V1}/${unknown}`, { token, body }), nothing)
    assert.equal((await server.ok('GET', `${V1}/${unknown}/block`, { token })).block, true)
    const deleteId = await start(server, admin, '!unknown:test')
    await settled(server, room)
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
    await settled(again, room)
    const status = await again.ok('GET', `${V2}/delete_status/${deleteId}`, { token })
    assert.equal(status.status, 'failed')
    assert.match(status.error, /still joined/)
    const stuck = [alice.userId, bob.userId, carol.userId]
    assert.deepEqual(status.shutdown_room.failed_to_kick_users, stuck)
    const refused = await again.call('DELETE', `${V1}/${encodeURIComponent(room)}`, { token, body: {} })
    assert.deepEqual([refused.status, refused.body.errcode], [400, 'M_UNKNOWN'])

    await start(again, admin, room, { force_purge: true })
    await settled(again, room)
    assert.deepEqual(await rowsOf(storage, room), {})
    assert.deepEqual(
      Object.keys((await again.ok('GET', '/sync', { token: alice.token })).rooms?.join ?? {}),
      [],
    )
  })

  test('a deletion that is killed while users leave goes on: nobody is lost, and there is one new room', async () => {
    await using storage = await open()
    const first = await wholeServer(storage)
    const { admin, alice, bob, carol, room } = await busyRoom(first)
    const stopped = Promise.withResolvers<void>()
    storage.subscribe((facts) => {
      const hasLeft = facts.some(
        ({ detail }) => (detail as { member?: { to: string } } | undefined)?.member?.to === 'leave',
      )
      if (hasLeft) stopped.resolve(first[Symbol.asyncDispose]())
    })
    const deleteId = await start(first, admin, room, { new_room_user_id: admin.userId })
    await stopped.promise
    const halfway = await storage.read.jobs.get(deleteId)
    assert.equal(halfway.status, 'active')

    await using second = await wholeServer(storage)
    await settled(second, room)

    const { token } = admin
    const { status, shutdown_room: shutdown } = await second.ok('GET', `${V2}/delete_status/${deleteId}`, {
      token,
    })
    assert.equal(status, 'complete')
    assert.deepEqual(shutdown.kicked_users, [alice.userId, bob.userId, carol.userId])
    const { members } = await second.ok('GET', `${V1}/${shutdown.new_room_id}/members`, { token })
    assert.deepEqual(members.toSorted(), [admin.userId, alice.userId, bob.userId])
    assert.deepEqual(await rowsOf(storage, room), {})
    const { total_rooms: total } = await second.ok('GET', `${V1}?search_term=Content`, { token })
    assert.equal(total, 1)
  })

  test('a deletion that is killed while rows are deleted goes on to the last of them', async () => {
    await using storage = await open()
    const first = await wholeServer(storage)
    const { admin, room } = await busyRoom(first)
    await storage.write(async (tx) => {
      for (let i = 0; i < 1_200; i++)
        await tx.db.run(
          "INSERT INTO state_keys (id, room_id, type, state_key) VALUES (?, ?, 'x', ?)",
          1_000_000 + i,
          room,
          String(i),
        )
    })
    const stopped = Promise.withResolvers<void>()
    storage.subscribe((facts) => {
      if (facts.some(({ change }) => change === ROOM_PURGED)) stopped.resolve(first[Symbol.asyncDispose]())
    })
    const ticks = ticking(first)
    const deleteId = await start(first, admin, room)
    await stopped.promise
    ticks[Symbol.dispose]()
    const left = await rowsOf(storage, room)
    assert.ok(left['state_keys']! >= 700 && left['rooms'] === undefined, JSON.stringify(left))
    assert.equal((await storage.read.jobs.get(deleteId)).status, 'active')

    await using second = await wholeServer(storage)
    await settled(second, room)

    assert.deepEqual(await rowsOf(storage, room), {})
    assert.equal((await storage.read.jobs.get(deleteId)).status, 'complete')
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

  test('a room that is being deleted is not deleted a second time; the first call of old waits', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { admin, room } = await busyRoom(server)
    const { token } = admin
    const path = encodeURIComponent(room)

    using _ = ticking(server)
    const answers = await Promise.all([
      server.call('DELETE', `${V2}/${path}`, { token, body: {} }),
      server.call('DELETE', `${V2}/${path}`, { token, body: {} }),
      server.call('DELETE', `${V1}/${path}`, { token, body: {} }),
    ])

    const refused = answers.filter(({ status }) => status === 400)
    assert.ok(refused.length === 1 || refused.length === 2)
    for (const { body } of refused) assert.match(body.error, /already in progress/)
    assert.equal(answers[2].status, 200)
    // Whoever came first has done the work.
    assert.equal(answers[2].body.kicked_users.length, refused.length === 2 ? 3 : 0)
  })
})
