import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wholeServer } from '../whole-server-fixture.ts'

databaseMatrix((open) => {
  test('an administrator takes users out of rooms they have no power in', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const [alice, bob] = [await server.person('alice'), await server.person('bob')]
    const room = await server.createRoom(alice)
    await server.join(bob, room)
    const membership = async (who = bob) => (await storage.read.members.find(room, who.userId))?.membership
    const force = (userId: string, body?: object, where: string = room, token = admin.token) =>
      server.call(
        'POST',
        `/_ranvier/admin/v1/rooms/${encodeURIComponent(where)}/members/${encodeURIComponent(userId)}`,
        { token, ...(body && { body }) },
      )

    const kicked = await force(bob.userId, { action: 'kick', reason: 'Enough' })
    assert.equal(kicked.status, 200, kicked.text)
    assert.deepEqual([kicked.body.changed, kicked.body.sender], [true, alice.userId])
    const event = await server.event(alice, room, kicked.body.event_id)
    assert.deepEqual(event.content, { membership: 'leave', reason: 'Enough' })
    const again = await force(bob.userId, { action: 'kick' })
    assert.deepEqual(again.body, { room_id: room, user_id: bob.userId, changed: false })

    assert.equal((await force(bob.userId, { action: 'ban' })).body.changed, true)
    assert.equal(await membership(), 'ban')
    assert.equal((await force(bob.userId, { action: 'leave' })).body.changed, false)
    assert.equal((await force(bob.userId, { action: 'unban' })).body.changed, true)
    assert.equal(await membership(), 'leave')
    assert.equal((await force('@x:elsewhere', { action: 'ban' })).body.changed, true, 'who was never here')

    // Nobody may kick the only one with power: they leave. A ban has no such way out.
    await server.join(bob, room)
    const refused = await force(alice.userId, { action: 'ban' })
    assert.deepEqual([refused.status, refused.body.errcode], [403, 'M_FORBIDDEN'])
    assert.equal(await membership(alice), 'join')
    const left = await force(alice.userId, { action: 'kick' })
    assert.deepEqual([left.body.changed, left.body.sender], [true, alice.userId])
    assert.equal((await force(bob.userId, { action: 'leave' })).body.sender, bob.userId)
    assert.equal(await membership(), 'leave')

    for (const [userId, body, where, status, errcode] of [
      ['bob', { action: 'kick' }, room, 400, 'M_INVALID_PARAM'],
      [bob.userId, { action: 'hug' }, room, 400, 'M_BAD_JSON'],
      [bob.userId, {}, room, 400, 'M_MISSING_PARAM'],
      [bob.userId, undefined, room, 400, 'M_NOT_JSON'],
      [bob.userId, { action: 'kick', reason: 1 }, room, 400, 'M_BAD_JSON'],
      [bob.userId, { action: 'kick' }, '!none:test', 404, 'M_NOT_FOUND'],
      [bob.userId, { action: 'kick' }, 'nonsense', 400, 'M_UNKNOWN'],
      ['@x:elsewhere', { action: 'leave' }, room, 400, 'M_UNKNOWN'],
    ] as const) {
      const answer = await force(userId, body, where)
      assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], JSON.stringify(body))
    }
    assert.equal((await force(bob.userId, { action: 'kick' }, room, bob.token)).status, 403)
  })

  test('the administrator who may acts in their own name', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const room = await server.createRoom(admin)
    await server.join(bob, room)

    const path = `/_ranvier/admin/v1/rooms/${encodeURIComponent(room)}/members/${encodeURIComponent(bob.userId)}`
    const { body } = await server.call('POST', path, { token: admin.token, body: { action: 'ban' } })
    assert.equal(body.sender, admin.userId)
  })
})
