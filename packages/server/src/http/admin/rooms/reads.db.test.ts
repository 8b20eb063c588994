import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wholeServer } from '../whole-server-fixture.ts'

const V1 = '/_synapse/admin/v1/rooms'
const UNKNOWN = '!nowhere:test'

databaseMatrix((open) => {
  test('an administrator sees a private room from outside', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token } = await server.person('admin', { admin: true })
    const alice = await server.person('alice')
    const room = await server.createRoom(alice, {
      preset: 'private_chat',
      name: 'Secret',
      topic: 'plans',
      initial_state: [{ type: 'm.room.history_visibility', content: { history_visibility: 'joined' } }],
    })
    const first = await server.say(alice, room, 'first')
    const second = await server.say(alice, room, 'second')
    const get = (path: string) => server.ok('GET', `${V1}/${room}${path}`, { token })

    const details = await get('')
    assert.equal(details.topic, 'plans')
    assert.deepEqual(
      [details.avatar, details.joined_local_devices, details.forgotten, details.tombstoned],
      [null, 1, false, false],
    )
    assert.deepEqual(await get('/members'), { members: [alice.userId], total: 1 })
    const types = (await get('/state')).state.map(({ type }: { type: string }) => type)
    assert.ok(types.includes('m.room.create') && types.includes('m.room.name'))
    assert.deepEqual((await get('/state?type=m.room.name')).state.length, 1)
    assert.equal((await get('/state?type=')).state.length, types.length)
    assert.deepEqual((await get('/state?type=none')).state, [])

    const page = await get('/messages?dir=b&limit=1')
    assert.equal(page.chunk[0].event_id, second)
    assert.equal((await get(`/messages?dir=b&limit=1&from=${page.end}`)).chunk[0].event_id, first)
    assert.equal((await get('/messages?limit=1')).chunk[0].type, 'm.room.create')
    const context = await get(`/context/${encodeURIComponent(first)}?limit=2`)
    assert.equal(context.event.event_id, first)
    assert.equal(context.events_after[0].event_id, second)
    assert.equal(context.events_before[0].type, 'm.room.topic')
    assert.ok(context.state.length > 0)
    const time = context.event.origin_server_ts
    assert.deepEqual(await get(`/timestamp_to_event?ts=${time}&dir=b`), {
      event_id: first,
      origin_server_ts: time,
    })
    assert.equal(
      (await get('/timestamp_to_event?ts=0')).event_id,
      (await get('/messages?limit=1')).chunk[0].event_id,
    )
  })

  test('a room that was left by all and forgotten, and one that is replaced, say so', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token } = await server.person('admin', { admin: true })
    const alice = await server.person('alice')
    const left = await server.createRoom(alice)
    const old = await server.createRoom(alice)
    const upgraded = { token: alice.token, body: { new_version: '11' } }
    const { replacement_room: successor } = await server.ok('POST', `${server.room(old)}/upgrade`, upgraded)
    await server.ok('POST', `${server.room(left)}/leave`, { token: alice.token, body: {} })

    assert.equal((await server.ok('GET', `${V1}/${left}`, { token })).forgotten, false)
    await server.ok('POST', `${server.room(left)}/forget`, { token: alice.token, body: {} })
    const forgotten = await server.ok('GET', `${V1}/${left}`, { token })
    assert.deepEqual([forgotten.forgotten, forgotten.joined_members], [true, 0])
    const replaced = await server.ok('GET', `${V1}/${old}`, { token })
    assert.deepEqual([replaced.tombstoned, replaced.replacement_room], [true, successor])
  })

  test('what is not there or not understood is refused with the right code', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token, ...admin } = await server.person('admin', { admin: true })
    const room = await server.createRoom({ token, ...admin })
    const other = await server.createRoom({ token, ...admin })
    const elsewhere = encodeURIComponent(await server.say({ token }, other, 'x'))
    for (const [path, status, errcode] of [
      [UNKNOWN, 404, 'M_NOT_FOUND'],
      ['nonsense', 404, 'M_NOT_FOUND'],
      [`${UNKNOWN}/members`, 404, 'M_NOT_FOUND'],
      [`${UNKNOWN}/state`, 404, 'M_NOT_FOUND'],
      [`${UNKNOWN}/timestamp_to_event?ts=1`, 404, 'M_NOT_FOUND'],
      [`${room}/timestamp_to_event`, 400, 'M_MISSING_PARAM'],
      [`${room}/timestamp_to_event?ts=x`, 400, 'M_INVALID_PARAM'],
      [`${room}/timestamp_to_event?ts=99999999999999`, 404, 'M_NOT_FOUND'],
      [`${room}/context/$none`, 404, 'M_NOT_FOUND'],
      [`${room}/context/${elsewhere}`, 404, 'M_NOT_FOUND'],
      [`${room}/context/$none?filter=x`, 400, 'M_NOT_JSON'],
      [`${room}/messages?filter=x`, 400, 'M_NOT_JSON'],
      [`${room}/messages?filter=%5B%5D`, 400, 'M_BAD_JSON'],
      [`${room}/messages?from=x`, 400, 'M_UNKNOWN'],
      [`${room}/messages?dir=x`, 400, 'M_INVALID_PARAM'],
      [`${room}/messages?limit=-1`, 400, 'M_INVALID_PARAM'],
    ] as const) {
      const answer = await server.call('GET', `${V1}/${path}`, { token })
      assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], path)
    }
    assert.deepEqual((await server.ok('GET', `${V1}/${UNKNOWN}/messages`, { token })).chunk, [])
  })
})
