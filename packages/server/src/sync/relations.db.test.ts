import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { requesterOf, syncFixture, type TestAnswer } from './fixture.ts'

const alice = requesterOf('alice')
const bob = requesterOf('bob')
const eve = requesterOf('eve')

const bundled = (answer: TestAnswer, roomId: string, eventId: string) =>
  answer.rooms?.join?.[roomId]?.timeline.events.find((event) => event.event_id === eventId)?.unsigned?.[
    'm.relations'
  ]

databaseMatrix((open) => {
  test('each user is told of relations as they see them, and of none where there are none', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await server.create(alice)
    for (const who of [bob, eve]) await server.join(who, roomId)
    const ignored = JSON.stringify({ ignored_users: { [eve.userId]: {} } })
    await storage.write((tx) => tx.accountData.set(bob.userId, null, 'm.ignored_user_list', ignored))
    const { next_batch: since } = await server.syncAs(alice)
    const root = await server.say(alice, roomId, 'root')
    const plain = await server.say(alice, roomId, 'plain')
    const inThread = { 'm.relates_to': { rel_type: 'm.thread', event_id: root } }
    const reply = await server.say(bob, roomId, 'reply', inThread)
    const hidden = await server.say(eve, roomId, 'hidden', inThread)

    const thread = async (who: typeof alice, options = {}) => {
      const answer = await server.syncAs(who, options)
      assert.equal(bundled(answer, roomId, plain), undefined)
      // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
      const { latest_event, ...rest } = (bundled(answer, roomId, root) as any)['m.thread']
      return { ...rest, latest: latest_event.event_id }
    }
    assert.deepEqual(await thread(alice), { count: 2, current_user_participated: true, latest: hidden })
    assert.deepEqual(await thread(bob), { count: 1, current_user_participated: true, latest: reply })
    assert.deepEqual(await thread(eve), { count: 2, current_user_participated: true, latest: hidden })
    assert.deepEqual(await thread(alice, { since }), await thread(alice))

    await server.redact(eve, roomId, hidden)
    assert.deepEqual(await thread(eve), { count: 1, current_user_participated: false, latest: reply })
    assert.deepEqual(await thread(alice), { count: 1, current_user_participated: true, latest: reply })
  })
})
