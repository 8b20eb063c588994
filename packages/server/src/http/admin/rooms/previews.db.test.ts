import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LocalMedia } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wholeServer } from '../whole-server-fixture.ts'

const OWN = '/_ranvier/admin/v1'
const V1 = '/_synapse/admin/v1'

databaseMatrix((open) => {
  test('what the deletion of a room would take away is told, and nothing is changed', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const { token } = admin
    const people = [await server.person('alice'), await server.person('bob'), await server.person('carol')]
    const [alice, bob, carol] = people as [(typeof people)[0], (typeof people)[0], (typeof people)[0]]
    const room = await server.createRoom(alice, { room_alias_name: 'a', invite: [carol.userId] })
    await server.join(bob, room)
    for (let i = 0; i < 5; i++) await server.say(bob, room, 'x')
    const path = `${OWN}/rooms/${encodeURIComponent(room)}/delete/preview`
    const preview = (body?: object) => server.call('POST', path, { token, ...(body && { body }) })
    const before = (await storage.read.rooms.findRoom(room))!

    const whole = (await preview()).body

    assert.deepEqual(whole, {
      room_id: room,
      known: true,
      blocked: false,
      in_progress: false,
      joined_local: 2,
      pending_local: 1,
      joined_remote: 0,
      members_exact: true,
      aliases: ['#a:test'],
      events: before.eventCount,
      state_events: before.stateEventCount,
    })
    assert.ok(whole.events > whole.state_events && whole.state_events > 0)
    const emptied = (await preview({ purge: false })).body
    assert.deepEqual([emptied.events, emptied.state_events, emptied.aliases], [0, 0, []])
    assert.deepEqual(await storage.read.rooms.findRoom(room), before)
    assert.equal((await storage.read.members.find(room, bob.userId))!.membership, 'join')

    // Members of other servers come with their events; here their rows will do.
    await storage.write(({ db }) =>
      db.run(
        `INSERT INTO room_members (room_id, user_id, membership, nid, sender) VALUES (?, '@r:elsewhere', 'join', 1, '@r:elsewhere')`,
        room,
      ),
    )
    await storage.write((tx) =>
      tx.jobs.enqueue('delete-room', {
        subject: room,
        params: {},
        createdTs: 1,
        dueTs: server.clock.nowMs() + 1e9,
      }),
    )
    const busy = (await preview()).body
    assert.deepEqual([busy.joined_remote, busy.joined_local, busy.in_progress], [1, 2, true])

    const unknown = await server.call('POST', `${OWN}/rooms/!none:test/delete/preview`, { token, body: {} })
    assert.deepEqual([unknown.body.known, unknown.body.events, unknown.body.joined_local], [false, 0, 0])
    for (const [where, body, status, errcode] of [
      [path, { new_room_user_id: '@x:elsewhere' }, 400, 'M_UNKNOWN'],
      [path, { purge: 'yes' }, 400, 'M_BAD_JSON'],
      [`${OWN}/rooms/nonsense/delete/preview`, {}, 400, 'M_UNKNOWN'],
    ] as const) {
      const answer = await server.call('POST', where, { token, body })
      assert.deepEqual([answer.status, answer.body.errcode], [status, errcode])
    }
    assert.equal((await server.call('POST', path, { token: bob.token, body: {} })).status, 403)
  })

  test('what a purge of history would take away is what it takes away', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const { token } = admin
    const bob = await server.person('bob')
    const room = await server.createRoom(bob)
    for (let i = 0; i < 230; i++) await server.say(bob, room, 'x')
    const mark = await server.say(bob, room, 'mark')
    await server.say(bob, room, 'later')
    const path = `${OWN}/purge_history/${encodeURIComponent(room)}/preview`
    const preview = (body: object) => server.call('POST', path, { token, body })
    const wish = { purge_up_to_event_id: mark, delete_local_events: true }
    const count = async () => (await storage.read.rooms.findRoom(room))!.eventCount

    const before = await count()
    const told = (await preview(wish)).body
    assert.deepEqual(told, {
      room_id: room,
      event_id: mark,
      in_progress: false,
      events: 230,
      exact: true,
      at_most: 230,
    })
    assert.equal((await preview({ purge_up_to_event_id: mark })).body.events, 0, 'what is ours stays')
    assert.equal((await preview({ purge_up_to_ts: 1e15, delete_local_events: true })).body.events, 231)
    assert.equal(await count(), before)

    await server.ok('POST', `${V1}/purge_history/${encodeURIComponent(room)}`, { token, body: wish })
    await server.jobsDone()
    assert.equal(before - (await count()), told.events)
    assert.equal((await preview(wish)).body.events, 0)
    for (const [body, status, errcode] of [
      [{}, 400, 'M_BAD_JSON'],
      [{ purge_up_to_ts: 1 }, 404, 'M_NOT_FOUND'],
      [{ purge_up_to_event_id: '$none' }, 404, 'M_NOT_FOUND'],
    ] as const) {
      const answer = await preview(body)
      assert.deepEqual([answer.status, answer.body.errcode], [status, errcode])
    }
  })

  test('what a deletion of files would take away is what it takes away', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const { token } = admin
    const alice = await server.person('alice')
    const add = (i: number, more: Partial<LocalMedia> = {}) =>
      storage.write((tx) =>
        tx.media.add({
          mediaId: `m${i}`,
          userId: alice.userId,
          mediaType: 'text/plain',
          mediaLength: 10 + i,
          uploadName: null,
          createdTs: 40_000_000_000 + i,
          lastAccessTs: null,
          quarantinedBy: null,
          safeFromQuarantine: false,
          authenticated: true,
          sha256: String(i).padStart(64, '0'),
          urlCache: null,
          ...more,
        }),
      )
    for (let i = 0; i < 130; i++) await add(i)
    await add(500, { safeFromQuarantine: true })
    await server.ok('PUT', `/_synapse/admin/v2/users/${alice.userId}`, {
      token,
      body: { avatar_url: 'mxc://test/m129' },
    })
    const before_ts = 50_000_000_000
    const call = (path: string) => server.call('POST', `${OWN}${path}`, { token })

    const large = (await call(`/media/delete/preview?before_ts=${before_ts}&size_gt=109`)).body
    const bytes = Array.from({ length: 29 }, (_, i) => 110 + i).reduce((a, b) => a + b)
    assert.deepEqual(large, { files: 29, bytes, exact: true }, 'but the picture')
    const all = (await call(`/media/delete/preview?before_ts=${before_ts}&keep_profiles=false`)).body
    assert.equal(all.files, 130)
    const userPath = `/users/${encodeURIComponent(alice.userId)}/media/preview`
    const ofUser = (await call(userPath)).body
    assert.deepEqual([ofUser.files, ofUser.exact], [100, true], 'a page, as the call deletes')
    assert.equal((await call(`${userPath}?limit=1000`)).body.files, 131)
    assert.equal((await storage.read.media.totalsOf(alice.userId)).files, 131)

    const deleted = await server.ok('POST', `${V1}/media/delete?before_ts=${before_ts}&size_gt=109`, {
      token,
    })
    assert.equal(deleted.total, large.files)
    for (const [path, status, errcode] of [
      ['/media/delete/preview', 400, 'M_MISSING_PARAM'],
      ['/media/delete/preview?before_ts=1600000', 400, 'M_INVALID_PARAM'],
      ['/users/@nobody:test/media/preview', 404, 'M_NOT_FOUND'],
      ['/users/@x:elsewhere/media/preview', 400, 'M_UNKNOWN'],
    ] as const) {
      const answer = await call(path)
      assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], path)
    }
  })
})
