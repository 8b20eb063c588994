import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStorage, type Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { testServer } from './test-server.ts'

const UNSTABLE = '/_matrix/client/unstable/org.matrix.msc4140/delayed_events'
const enc = encodeURIComponent

async function open(storage: Storage) {
  const server = await testServer(storage, { maxEventDelayMs: 60_000 })
  for (const name of ['alice', 'bob'])
    if ((await storage.read.accounts.find(`@${name}:test` as never)) === undefined)
      await storage.write((tx) => tx.accounts.create({ userId: `@${name}:test` as never, createdTs: 1 }))
  const delayed = (what: string) => (token: string, roomId: string, delayMs: number, content?: object) =>
    server.call(token, 'PUT', `${server.room(roomId)}/${what}?org.matrix.msc4140.delay=${delayMs}`, content)
  return {
    ...server,
    send: delayed('send/m.room.message/t1'),
    set: delayed('state/org.example.x/key'),
    setNow: (token: string, roomId: string, content: object) =>
      server.ok(token, 'PUT', `${server.room(roomId)}/state/org.example.x/key`, content),
    async waiting(token: string): Promise<{ delay_id: string; running_since: number; delay: number }[]> {
      return (await server.ok(token, 'GET', UNSTABLE)).delayed_events
    },
    manage: (delayId: string, action: string) =>
      server.call(null, 'POST', `${UNSTABLE}/${enc(delayId)}/${action}`),
    state: (roomId: string) => server.call('alice', 'GET', `${server.room(roomId)}/state/org.example.x/key`),
    /** Moves time, until what is due then was sent. */
    async pass(ms: number) {
      server.clock.advance(ms)
      await server.delayedEvents.settled()
    },
    async said(roomId: string): Promise<unknown[]> {
      const events = await server.roomEvents.timeline(roomId, { limit: 100, dir: 'f' })
      return events.flatMap(({ event }) => (event.type === 'm.room.message' ? [event.content['body']] : []))
    },
  }
}

databaseMatrix((openDatabase) => {
  test('a message is sent when its time has come, once, and the same transaction is the same event', async () => {
    await using storage = await openDatabase()
    await using server = await open(storage)
    const roomId = await server.create('alice')
    const first = await server.send('alice', roomId, 5_000, { body: 'later', msgtype: 'm.text' })
    assert.equal(first.status, 200)
    assert.deepEqual((await server.send('alice', roomId, 5_000)).body, first.body)
    const [event, ...others] = await server.waiting('alice')
    assert.deepEqual([event!.delay_id, event!.delay, others], [first.body.delay_id, 5_000, []])
    assert.deepEqual(await server.waiting('bob'), [])
    const foreign = await server.call('bob', 'GET', `${UNSTABLE}/${enc(event!.delay_id)}`)
    assert.equal(foreign.body.errcode, 'M_NOT_FOUND')

    await server.pass(4_000)
    assert.deepEqual(await server.said(roomId), [])
    await server.pass(1_000)
    assert.deepEqual(await server.said(roomId), ['later'])
    assert.deepEqual(await server.waiting('alice'), [])
    assert.equal((await server.manage(event!.delay_id, 'send')).body.errcode, 'M_NOT_FOUND')
    assert.deepEqual(server.errors, [])
  })

  test('whoever knows the id may send it now, begin its delay anew, or cancel it', async () => {
    await using storage = await openDatabase()
    await using server = await open(storage)
    const roomId = await server.create('alice')
    const { delay_id: one } = (await server.set('alice', roomId, 5_000, { v: 1 })).body
    await server.pass(4_000)
    assert.equal((await server.manage(one, 'restart')).status, 200)
    await server.pass(4_000)
    assert.equal((await server.state(roomId)).status, 404)
    await server.pass(1_000)
    assert.deepEqual((await server.state(roomId)).body, { v: 1 })

    const { delay_id: two } = (await server.set('alice', roomId, 5_000, { v: 2 })).body
    await Promise.all([server.manage(two, 'send'), server.manage(two, 'send')])
    assert.deepEqual((await server.state(roomId)).body, { v: 2 })
    const { delay_id: three } = (await server.set('alice', roomId, 5_000, { v: 3 })).body
    const inBody = await server.call(null, 'POST', `${UNSTABLE}/${enc(three)}`, { action: 'cancel' })
    assert.equal(inBody.status, 200)
    await server.pass(10_000)
    assert.deepEqual((await server.state(roomId)).body, { v: 2 })
    for (const action of ['restart', 'send', 'cancel'])
      assert.equal((await server.manage(three, action)).body.errcode, 'M_NOT_FOUND')
    const wrong = await server.call(null, 'POST', `${UNSTABLE}/x`, { action: 'explode' })
    assert.equal(wrong.body.errcode, 'M_INVALID_PARAM')
    assert.equal((await server.manage('x', 'explode')).status, 404)
  })

  test('state that somebody else sets meanwhile is not sent; what one sets oneself changes nothing', async () => {
    await using storage = await openDatabase()
    await using server = await open(storage)
    const roomId = await server.create('alice', {
      power_level_content_override: { events: { 'org.example.x': 0 } },
    })
    await server.join('bob', roomId)
    await server.set('alice', roomId, 5_000, { by: 'alice, later' })
    await server.setNow('alice', roomId, { by: 'alice' })
    assert.equal((await server.waiting('alice')).length, 1)
    const bobs = (await server.set('bob', roomId, 5_000, { by: 'bob, later' })).body
    await server.setNow('bob', roomId, { by: 'bob' })
    assert.deepEqual(await server.waiting('alice'), [])
    assert.deepEqual(
      (await server.waiting('bob')).map(({ delay_id }) => delay_id),
      [bobs.delay_id],
    )
    await server.setNow('bob', roomId, { by: 'bob again' })
    await server.pass(5_000)
    assert.deepEqual((await server.state(roomId)).body, { by: 'bob, later' })
  })

  test('what waits survives a restart, and what became due meanwhile is sent then', async () => {
    const options = await openDatabase.options()
    let roomId: string
    {
      await using storage = await openStorage(options)
      await using server = await open(storage)
      roomId = await server.create('alice')
      await server.set('alice', roomId, 5_000, { v: 1 })
      await server.send('alice', roomId, 50_000, { body: 'later', msgtype: 'm.text' })
    }
    await using storage = await openStorage(options)
    await using server = await open(storage)
    server.clock.advance(10_000)
    server.delayedEvents.start()
    await server.delayedEvents.settled()
    assert.deepEqual((await server.state(roomId)).body, { v: 1 })
    assert.deepEqual(await server.said(roomId), [])
    await server.pass(50_000)
    assert.deepEqual(await server.said(roomId), ['later'])
  })

  test('too long, not at all, not in the room, too many, and what its time refuses', async () => {
    await using storage = await openDatabase()
    await using server = await open(storage)
    const roomId = await server.create('alice')
    const long = (await server.set('alice', roomId, 60_001, {})).body
    assert.deepEqual(
      [long.errcode, long['org.matrix.msc4140.errcode'], long['org.matrix.msc4140.max_delay']],
      ['M_UNKNOWN', 'M_MAX_DELAY_EXCEEDED', 60_000],
    )
    assert.equal((await server.set('alice', roomId, 0, {})).body.errcode, 'M_INVALID_PARAM')
    assert.equal((await server.set('alice', roomId, -1, {})).body.errcode, 'M_INVALID_PARAM')
    assert.equal((await server.set('bob', roomId, 1, {})).body.errcode, 'M_FORBIDDEN')
    assert.equal((await server.send('alice', roomId, 1)).body.errcode, 'M_NOT_JSON')
    const now = await server.call('alice', 'PUT', `${server.room(roomId)}/send/m.room.message/t9`)
    assert.equal(now.body.errcode, 'M_NOT_JSON')
    for (let i = 0; i < 100; i++) await server.set('alice', roomId, 50_000 + i, { i })
    const many = (await server.set('alice', roomId, 1, {})).body
    assert.equal(many['org.matrix.msc4140.errcode'], 'M_MAX_DELAYED_EVENTS_EXCEEDED')

    await server.join('bob', roomId)
    await server.send('bob', roomId, 5_000, { body: 'too late', msgtype: 'm.text' })
    await server.leave('bob', roomId)
    await server.pass(5_000)
    assert.deepEqual(await server.said(roomId), [])
    assert.deepEqual(await server.waiting('bob'), [])
    await using other = await testServer(storage)
    const off = await other.call(
      'alice',
      'PUT',
      `${other.room(roomId)}/state/a/b?org.matrix.msc4140.delay=1`,
      {},
    )
    assert.equal(off.body['org.matrix.msc4140.errcode'], 'M_MAX_DELAY_UNSUPPORTED')
  })
})
