import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type Person, type WholeServer, wholeServer } from '../whole-server-fixture.ts'

const V1 = '/_synapse/admin/v1'

async function purge(server: WholeServer, admin: Person, path: string, body?: object) {
  const answer = await server.call('POST', `${V1}/purge_history/${path}`, { token: admin.token, body })
  assert.equal(answer.status, 200, answer.text)
  const status = () =>
    server.ok('GET', `${V1}/purge_history_status/${answer.body.purge_id}`, { token: admin.token })
  assert.match((await status()).status, /^(active|complete)$/)
  await server.jobsDone()
  assert.deepEqual(await status(), { status: 'complete' })
}

/** What is said in the room, oldest first. */
async function texts(server: WholeServer, who: Person, room: string): Promise<string> {
  const said: string[] = []
  let from = ''
  for (;;) {
    const page = await server.ok('GET', `${server.room(room)}/messages?dir=b&limit=100${from}`, {
      token: who.token,
    })
    for (const event of page.chunk) if (event.type === 'm.room.message') said.push(event.content.body)
    if (page.end === undefined) return said.reverse().join(' ')
    from = `&from=${page.end}`
  }
}

databaseMatrix((open) => {
  test('what is older than an event goes, in small pieces; state and what came later stay', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const carol = await server.person('carol')
    const room = await server.createRoom(bob, { name: 'The room' })
    await server.join(carol, room)
    const first = await server.say(bob, room, 'first')
    for (let i = 0; i < 450; i++) await server.say(bob, room, 'x')
    const receipt = `${server.room(room)}/receipt/m.read/${encodeURIComponent(first)}`
    await server.ok('POST', receipt, { token: carol.token, body: {} })
    const mark = await server.say(bob, room, 'mark')
    await server.say(carol, room, 'later')
    const { next_batch } = await server.ok('GET', '/sync', { token: carol.token })
    const counted = (await storage.read.rooms.findRoom(room))!.eventCount
    const path = encodeURIComponent(room)

    await purge(server, admin, `${path}/${encodeURIComponent(mark)}`)
    assert.match(await texts(server, carol, room), /^first x .* mark later$/, 'ours stay unless told so')

    const remembered = { token: carol.token }
    await purge(server, admin, path, { purge_up_to_event_id: mark, delete_local_events: true })

    assert.equal(await texts(server, carol, room), 'mark later')
    assert.equal((await storage.read.rooms.findRoom(room))!.eventCount, counted - 451)
    const gone = await server.call(
      'GET',
      `${server.room(room)}/event/${encodeURIComponent(first)}`,
      remembered,
    )
    assert.equal(gone.status, 404, 'not answered from memory either')
    const name = await server.ok('GET', `${server.room(room)}/state/m.room.name/`, remembered)
    assert.deepEqual(name, { name: 'The room' })
    await server.say(bob, room, 'after')
    const sync = await server.ok('GET', `/sync?since=${next_batch}`, remembered)
    const { events } = sync.rooms.join[room].timeline
    assert.equal(events.at(-1).content.body, 'after')
    const initial = await server.ok('GET', '/sync', remembered)
    assert.ok(initial.rooms.join[room].timeline.events.length >= 3)
  })

  test('what is older than a time goes; the newest event always stays', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const room = await server.createRoom(bob)
    await server.say(bob, room, 'one')
    await server.say(bob, room, 'two')
    server.clock.advance(10_000)
    const ts = server.clock.nowMs()
    server.clock.advance(10_000)
    await server.say(bob, room, 'three')
    const path = encodeURIComponent(room)

    await purge(server, admin, path, { purge_up_to_ts: ts, delete_local_events: true })
    assert.equal(await texts(server, bob, room), 'two three', 'the last before the time is the mark')
    const future = server.clock.nowMs() + 1_000_000
    await purge(server, admin, path, { purge_up_to_ts: future, delete_local_events: true })
    assert.equal(await texts(server, bob, room), 'three')
  })

  test('what cannot be purged has its errcode', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const room = await server.createRoom(bob)
    const other = await server.createRoom(bob)
    const eventId = await server.say(bob, room, 'x')
    const path = encodeURIComponent(room)
    const call = (token: string, where: string, body?: object) =>
      server.call('POST', `${V1}/purge_history/${where}`, { token, body })
    for (const [where, body, status, errcode] of [
      [path, undefined, 400, 'M_BAD_JSON'],
      [path, {}, 400, 'M_BAD_JSON'],
      [path, { purge_up_to_ts: '1' }, 400, 'M_BAD_JSON'],
      [path, { purge_up_to_ts: 1.5 }, 400, 'M_BAD_JSON'],
      [path, { purge_up_to_ts: 1 }, 404, 'M_NOT_FOUND'],
      [path, { purge_up_to_event_id: '$unknown' }, 404, 'M_NOT_FOUND'],
      [`${path}/$unknown`, { purge_up_to_event_id: eventId }, 404, 'M_NOT_FOUND'],
      [encodeURIComponent(other), { purge_up_to_event_id: eventId }, 400, 'M_UNKNOWN'],
      ['!nowhere:test', { purge_up_to_ts: 1e15 }, 404, 'M_NOT_FOUND'],
    ] as const) {
      const answer = await call(admin.token, where, body)
      assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], JSON.stringify(body))
    }
    assert.equal((await call(bob.token, path, {})).status, 403)
    const busy = { id: 'busy', subject: room, params: {}, createdTs: 1, dueTs: server.clock.nowMs() + 1e9 }
    await storage.write((tx) => tx.jobs.enqueue('purge-history', busy))
    await storage.write((tx) => tx.jobs.enqueue('other', { id: 'other', params: {}, createdTs: 1 }))
    const second = await call(admin.token, path, { purge_up_to_event_id: eventId })
    assert.deepEqual([second.status, second.body.errcode], [400, 'M_UNKNOWN'])
    const status = (id: string) =>
      server.call('GET', `${V1}/purge_history_status/${id}`, { token: admin.token })
    assert.deepEqual((await status('busy')).body, { status: 'active' })
    await storage.write((tx) => tx.jobs.fail('busy', 'broken', 2))
    assert.deepEqual((await status('busy')).body, { status: 'failed', error: 'broken' })
    for (const id of ['nothing', 'other']) {
      const answer = await status(id)
      assert.deepEqual([answer.status, answer.body.errcode], [404, 'M_NOT_FOUND'])
    }
  })
})
