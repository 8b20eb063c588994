import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Client, type ClientEvent, matrixError, type Ranvier, serverMatrix } from '@ranvier/testkit'
import { CLIENT, enc, roomPath } from './world.ts'

interface Page {
  start: string
  end?: string
  chunk: ClientEvent[]
}

// What the client–server API promises of rooms, and what clients and scripts rely on beyond it.
serverMatrix((start) => {
  let server: Ranvier
  let alice: Client
  let bob: Client
  before(async () => {
    server = await start()
    alice = await server.register('alice')
    bob = await server.register('bob')
  })
  const messages = (client: Client, roomId: string, query: Record<string, string | number> = {}) =>
    client.get<Page>(roomPath(roomId, '/messages'), query)

  test('what a join says beyond the specification is in the member event, and says nothing of the server', async () => {
    const roomId = await alice.createRoom({ preset: 'public_chat' })
    const forged = { join_authorised_via_users_server: alice.userId, displayname: 'X', membership: 'ban' }

    await bob.post(`${CLIENT}/join/${enc(roomId)}`, { 'org.test': { n: 1 }, reason: 'why not', ...forged })

    assert.deepEqual(await bob.get(roomPath(roomId, `/state/m.room.member/${enc(bob.userId)}`)), {
      membership: 'join',
      displayname: 'bob',
      reason: 'why not',
      'org.test': { n: 1 },
    })
    const other = await alice.createRoom({ preset: 'public_chat' })
    await assert.rejects(bob.post(roomPath(other, '/join'), { n: 1.5 }), matrixError(400, 'M_BAD_JSON'))
  })

  test('an event without a transaction id is sent as often as it is asked for', async () => {
    const roomId = await alice.createRoom()
    const say = () =>
      alice.post<{ event_id: string }>(roomPath(roomId, '/send/m.room.message'), {
        msgtype: 'm.text',
        body: 'again',
      })

    const [one, two] = [await say(), await say()]

    assert.notEqual(one.event_id, two.event_id)
    const event = await alice.event(roomId, one.event_id)
    assert.equal(event.content['body'], 'again')
    assert.equal(event.unsigned?.['transaction_id'], undefined)
    await assert.rejects(
      bob.post(roomPath(roomId, '/send/m.room.message'), { msgtype: 'm.text', body: 'no' }),
      matrixError(403, 'M_FORBIDDEN'),
    )
  })

  test('messages go forwards unless told otherwise, and after the last page comes an empty one', async () => {
    const roomId = await alice.createRoom()
    const url = { msgtype: 'm.file', body: 'a', url: 'mxc://ranvier.test/a' }
    await alice.send(roomId, 'no file')
    const file = await alice.send(roomId, url)

    const forwards = await messages(alice, roomId, { limit: 100 })
    const files = await messages(alice, roomId, { dir: 'b', filter: '{"contains_url":true}' })

    assert.equal(forwards.chunk[0]?.type, 'm.room.create')
    assert.deepEqual(
      files.chunk.map(({ event_id }) => event_id),
      [file],
    )
    for (const page of [forwards, files]) assert.equal(typeof page.end, 'string')
    for (const dir of ['b', 'f']) {
      const { end = '' } = await messages(alice, roomId, { dir, limit: 100 })
      const beyond = await messages(alice, roomId, { dir, from: end })
      assert.deepEqual([beyond.chunk, beyond.end], [[], undefined])
    }
    await assert.rejects(messages(bob, roomId), matrixError(403, 'M_FORBIDDEN'))
    await assert.rejects(messages(alice, roomId, { dir: 'x' }), matrixError(400, 'M_INVALID_PARAM'))
  })

  test('the members of a room at a time before it began are who made it', async () => {
    const roomId = await alice.createRoom({ preset: 'public_chat' })
    await alice.send(roomId, 'hello')
    const { rooms } = await alice.sync()
    const at = rooms?.join?.[roomId]?.timeline?.prev_batch ?? assert.fail('no prev_batch')
    await bob.join(roomId)

    const members = (query: Record<string, string>) =>
      alice.get<{ chunk: ClientEvent[] }>(roomPath(roomId, '/members'), query)

    const keysOf = ({ chunk }: { chunk: ClientEvent[] }) => chunk.map(({ state_key }) => state_key).sort()
    assert.deepEqual(keysOf(await members({ at })), [alice.userId])
    assert.deepEqual(keysOf(await members({ at, membership: 'ban' })), [])
    assert.deepEqual(keysOf(await members({})), [alice.userId, bob.userId])
  })

  test('in version 12 a creator cannot be given a level, which is a fault of the content', async () => {
    const roomId = await alice.createRoom({ room_version: '12' })
    const set = (content: object) => alice.sendState(roomId, 'm.room.power_levels', '', { ...content })
    await set({ users: {} })
    await set({})

    await assert.rejects(set({ users: { [alice.userId]: 100 } }), matrixError(400, 'M_INVALID_PARAM'))

    assert.deepEqual(await alice.get(roomPath(roomId, '/state/m.room.power_levels')), {})
  })

  test('who replaces a room by hand keeps their rules for it, as those who follow do', async () => {
    const oldId = await alice.createRoom({ preset: 'public_chat', room_version: '10' })
    await bob.join(oldId)
    const rule = { actions: ['dont_notify'] }
    for (const user of [alice, bob]) await user.put(`${CLIENT}/pushrules/global/room/${enc(oldId)}`, rule)

    const newId = await alice.createRoom({
      preset: 'public_chat',
      creation_content: { predecessor: { room_id: oldId } },
    })
    await alice.sendState(oldId, 'm.room.tombstone', '', { body: 'moved', replacement_room: newId })
    await bob.join(newId)

    for (const user of [alice, bob])
      for (const roomId of [oldId, newId]) {
        const kept = await user.get(`${CLIENT}/pushrules/global/room/${enc(roomId)}`)
        assert.deepEqual(kept['actions'], rule.actions, `${user.userId} ${roomId}`)
      }
  })
})
