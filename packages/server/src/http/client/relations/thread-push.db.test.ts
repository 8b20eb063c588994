import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wiredServer } from '../../wired-server.ts'

const ENABLED = { experimental_features: { msc4306_enabled: true } }
const RULE = '/pushrules/global/postcontent/.io.element.msc4306.rule'
const enc = encodeURIComponent

type Wired = Awaited<ReturnType<typeof wiredServer>>

/** A room of three with a thread that Alice has begun. */
async function threadedRoom(server: Wired) {
  const [alice, bob, carol] = [
    await server.register('alice'),
    await server.register('bob'),
    await server.register('carol'),
  ]
  const { room_id: roomId } = await server.ok(alice, 'POST', '/createRoom', { preset: 'public_chat' })
  const room = `/rooms/${enc(roomId)}`
  for (const token of [bob, carol]) await server.ok(token, 'POST', `${room}/join`, {})
  let txns = 0
  const say = async (token: string, content: object): Promise<string> =>
    (
      await server.ok(token, 'PUT', `${room}/send/m.room.message/${++txns}`, {
        msgtype: 'm.text',
        body: 'x',
        ...content,
      })
    ).event_id
  const root = await say(alice, {})
  return {
    alice,
    bob,
    say,
    reply: (token: string, content: object = {}) =>
      say(token, { 'm.relates_to': { rel_type: 'm.thread', event_id: root }, ...content }),
    subscribe: (token: string, method: 'PUT' | 'DELETE') =>
      server.ok(
        token,
        method,
        `/_matrix/client/unstable/io.element.msc4306${room}/thread/${enc(root)}/subscription`,
        method === 'PUT' ? {} : undefined,
      ),
    /** Unread in the thread, as `/sync` tells. */
    async unread(token: string) {
      const filter = enc(JSON.stringify({ room: { timeline: { unread_thread_notifications: true } } }))
      const { rooms } = await server.ok(token, 'GET', `/sync?filter=${filter}`)
      return rooms.join[roomId].unread_thread_notifications?.[root]?.notification_count ?? 0
    },
  }
}

databaseMatrix((open) => {
  test('a thread notifies who is subscribed to it, and who is mentioned', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, ENABLED)
    const { alice, bob, reply, subscribe, unread } = await threadedRoom(server)

    await reply(alice)
    assert.equal(await unread(bob), 0)
    await reply(alice, { 'm.mentions': { user_ids: ['@bob:test'] } })
    assert.equal(await unread(bob), 1, 'mentions are looked at before')
    await subscribe(bob, 'PUT')
    await reply(alice)
    assert.equal(await unread(bob), 2)
    await subscribe(bob, 'DELETE')
    await reply(alice)
    assert.equal(await unread(bob), 2)
  })

  test('the rules are there, can be switched off, and nobody adds to them', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, ENABLED)
    const { alice, bob, reply, unread } = await threadedRoom(server)
    const rule = await server.ok(bob, 'GET', `${RULE}.unsubscribed_thread`)
    assert.deepEqual(rule.conditions, [{ kind: 'io.element.msc4306.thread_subscription', subscribed: false }])
    const { global } = await server.ok(bob, 'GET', '/pushrules/')
    assert.equal(global.postcontent.length, 2)

    await server.ok(bob, 'PUT', `${RULE}.unsubscribed_thread/enabled`, { enabled: false })
    await reply(alice)
    assert.equal(await unread(bob), 1)
    const own = { actions: ['notify'], conditions: [] }
    const added = await server.call(bob, 'PUT', '/pushrules/global/postcontent/mine', own)
    assert.deepEqual([added.status, added.body.errcode], [400, 'M_INVALID_PARAM'])
    const { unstable_features: features } = await server.ok(null, 'GET', '/_matrix/client/versions')
    assert.equal(features['org.matrix.msc4306'], true)
  })

  test('unless the operator wants it, threads notify everybody in the room', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage)
    const { alice, bob, reply, unread } = await threadedRoom(server)

    await reply(alice)
    assert.equal(await unread(bob), 1)
    assert.equal((await server.call(bob, 'GET', `${RULE}.unsubscribed_thread`)).status, 404)
    assert.equal((await server.ok(bob, 'GET', '/pushrules/')).global.postcontent, undefined)
  })
})
