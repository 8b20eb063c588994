import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type Answer, testServer } from './test-server.ts'

const said = ({ status, body }: Answer) => (status === 200 ? '200' : `${status} ${body.errcode}`)

databaseMatrix((open) => {
  test('a suspended user reads, leaves and takes back own words, and changes nothing else', async () => {
    await using storage = await open()
    const requesters: Record<string, { suspended?: boolean }> = { eve: {} }
    await using server = await testServer(storage, { requesters })
    const roomId = await server.create('eve', { room_alias_name: 'before' })
    const room = server.room(roomId)
    const other = await server.create('alice')
    const invited = await server.create('alice', { preset: 'private_chat', invite: ['@eve:test'] })
    await server.join('bob', roomId)
    const own = await server.say('eve', roomId, 'mine')
    const others = await server.say('bob', roomId, 'yours')
    await server.ok('eve', 'PUT', `${room}/send/m.room.message/again`, {
      msgtype: 'm.text',
      body: 'sent before',
    })
    requesters['eve']!.suspended = true
    const before = (await storage.read.rooms.findRoom(roomId))!.eventCount

    const bob = { user_id: '@bob:test' }
    const redact = (eventId: string) => `${room}/redact/${encodeURIComponent(eventId)}/${eventId.length}`
    const refused: [string, string, object?][] = [
      ['PUT', `${room}/send/m.room.message/1`, { msgtype: 'm.text', body: 'x' }],
      ['PUT', `${room}/send/m.room.message/again`, { msgtype: 'm.text', body: 'sent before' }],
      ['PUT', `${room}/send/m.room.redaction/2`, { redacts: others }],
      ['PUT', `${room}/state/m.room.topic`, { topic: 'x' }],
      ['PUT', `${room}/state/m.room.member/@eve:test`, { membership: 'join', displayname: 'Other' }],
      ['PUT', `${room}/state/m.room.member/@bob:test`, { membership: 'leave' }],
      ['POST', `${room}/invite`, { user_id: '@carol:test' }],
      ['POST', `${room}/kick`, bob],
      ['POST', `${room}/ban`, bob],
      ['POST', `${room}/unban`, bob],
      ['POST', `${room}/upgrade`, { new_version: '12' }],
      ['PUT', redact(others), {}],
      ['POST', '/createRoom', {}],
      ['POST', `/join/${encodeURIComponent(other)}`, {}],
      ['POST', `/join/${encodeURIComponent(invited)}`, {}],
      ['POST', `/knock/${encodeURIComponent(other)}`, {}],
      ['PUT', '/directory/room/%23new:test', { room_id: roomId }],
      ['PUT', `/directory/list/room/${encodeURIComponent(roomId)}`, { visibility: 'public' }],
    ]
    for (const [method, path, body] of refused)
      assert.equal(said(await server.call('eve', method, path, body)), '403 M_USER_SUSPENDED', path)
    assert.equal((await storage.read.rooms.findRoom(roomId))!.eventCount, before)

    for (const path of ['/messages?dir=b', '/state', '/joined_members', `/event/${encodeURIComponent(own)}`])
      assert.equal(said(await server.call('eve', 'GET', `${room}${path}`)), '200', path)
    assert.equal(said(await server.call('eve', 'PUT', redact(own), {})), '200')
    assert.deepEqual((await server.roomEvents.find(own as never))?.event.content, {})
    await server.leave('eve', invited)
    assert.equal(
      said(await server.call('eve', 'PUT', `${room}/state/m.room.member/@eve:test`, { membership: 'leave' })),
      '200',
    )
    assert.equal((await storage.read.members.find(roomId, '@eve:test'))?.membership, 'leave')

    const invite = await server.call('alice', 'POST', `${server.room(other)}/invite`, {
      user_id: '@eve:test',
    })
    assert.equal(said(invite), '200')
    requesters['eve']!.suspended = false
    await server.join('eve', other)
  })

  test('a shadow-banned user is told of success where others would be refused, and bodies are checked first', async () => {
    await using storage = await open()
    await using server = await testServer(storage, {
      requesters: { troll: { shadowBanned: true } },
      rateLimits: { rc_message: { perSecond: 0.001, burst: 1 } },
    })
    const roomId = await server.create('alice')
    const room = server.room(roomId)
    const call = (method: string, path: string, body: unknown) =>
      server.call('troll', method, `${room}${path}`, body)

    for (const txn of ['1', '2', '3']) {
      const answer = await call('PUT', `/send/m.room.message/${txn}`, {
        msgtype: 'm.text',
        body: 'not in the room',
      })
      assert.equal(said(answer), '200')
      const missing = await server.call('alice', 'GET', `${room}/event/${answer.body.event_id}`)
      assert.equal(said(missing), '404 M_NOT_FOUND')
    }
    assert.match((await call('PUT', '/state/m.room.topic', { topic: 'x' })).body.event_id, /^\$/)
    assert.match((await call('PUT', '/redact/$x/1', {})).body.event_id, /^\$/)
    assert.equal(said(await call('PUT', '/send/m.room.message/4', [])), '400 M_BAD_JSON')
    assert.equal(said(await call('POST', '/invite', { user_id: 'bob' })), '400 M_INVALID_PARAM')
    assert.equal(said(await call('POST', '/invite', {})), '400 M_MISSING_PARAM')
  })

  test('what a shadow-banned user upgrades, kicks or unlists stays as it was; what they join and leave does not', async () => {
    await using storage = await open()
    const requesters: Record<string, { shadowBanned?: boolean }> = { troll: {} }
    await using server = await testServer(storage, { requesters })
    const own = await server.create('troll', { room_alias_name: 'mine' })
    await server.join('bob', own)
    requesters['troll']!.shadowBanned = true
    const events = async (roomId: string) => (await storage.read.rooms.findRoom(roomId))!.eventCount
    const before = await events(own)

    const upgraded = await server.ok('troll', 'POST', `${server.room(own)}/upgrade`, { new_version: '12' })
    assert.match(upgraded.replacement_room, /^!/)
    assert.equal(await storage.read.rooms.findRoom(upgraded.replacement_room), undefined)
    for (const verb of ['kick', 'ban', 'unban'])
      await server.ok('troll', 'POST', `${server.room(own)}/${verb}`, { user_id: '@bob:test' })
    await server.ok('troll', 'DELETE', '/directory/room/%23mine:test')
    assert.equal(await events(own), before)
    assert.equal(await storage.read.rooms.findAlias('#mine:test'), undefined)

    const made = await server.create('troll', {
      name: 'real',
      preset: 'trusted_private_chat',
      room_version: '12',
      invite: ['@bob:test'],
    })
    const create = await server.ok('troll', 'GET', `${server.room(made)}/state/m.room.create`)
    assert.equal(create.additional_creators, undefined)
    assert.equal(await storage.read.members.find(made, '@bob:test'), undefined)
    const joinable = await server.create('alice')
    const knockable = await server.create('alice', {
      preset: 'private_chat',
      initial_state: [{ type: 'm.room.join_rules', content: { join_rule: 'knock' } }],
    })
    await server.join('troll', joinable)
    await server.ok('troll', 'POST', `/knock/${encodeURIComponent(knockable)}`, {})
    assert.equal((await storage.read.members.find(knockable, '@troll:test'))?.membership, 'knock')
    await server.leave('troll', joinable)

    requesters['troll']!.shadowBanned = false
    const heard = await server.say('troll', own, 'heard again')
    assert.equal((await server.roomEvents.find(heard as never))?.event.content['body'], 'heard again')
  })

  test('a repeated transaction counts for nothing, and one that was refused may be repeated', async () => {
    await using storage = await open()
    await using server = await testServer(storage, {
      rateLimits: { rc_message: { perSecond: 0.001, burst: 3 } },
    })
    const roomId = await server.create('alice')
    const room = server.room(roomId)
    const send = (txn: string) =>
      server.call('alice', 'PUT', `${room}/send/m.room.message/${txn}`, { msgtype: 'm.text', body: txn })

    const first = await send('1')
    for (let i = 0; i < 5; i++) assert.deepEqual(await send('1'), first)
    const redact = () =>
      server.call('alice', 'PUT', `${room}/redact/${encodeURIComponent(first.body.event_id)}/1`, {})
    const redaction = await redact()
    for (let i = 0; i < 5; i++) assert.deepEqual(await redact(), redaction)
    assert.equal(
      said(await server.call('alice', 'PUT', `${room}/state/m.room.topic`, { topic: 'third' })),
      '200',
    )
    assert.equal(said(await send('2')), '429 M_LIMIT_EXCEEDED')
    assert.deepEqual(await send('1'), first)
    server.clock.advance(1_000_000)
    assert.equal(said(await send('2')), '200')
  })
})
