import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { clientDataDependents } from '../../../client-data/dependents.ts'
import { requesterOf } from '../../../sync/fixture.ts'
import { enc, testServer } from './test-server.ts'

const alice = requesterOf('alice')
const bob = requesterOf('bob')
const me = `/user/${enc(alice.userId)}`

databaseMatrix((open) => {
  test('account data is kept per type and room, and reaches the other devices', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create(alice)
    const room = `${me}/rooms/${enc(roomId)}/account_data`
    const { body: first } = await server.call('alice', 'GET', '/sync')

    assert.equal((await server.call('alice', 'PUT', `${me}/account_data/m.direct`, { a: [1] })).status, 200)
    assert.equal((await server.call('alice', 'PUT', `${room}/org.x`, { b: 1.5 })).status, 200)
    assert.deepEqual((await server.call('alice', 'GET', `${me}/account_data/m.direct`)).body, { a: [1] })
    assert.deepEqual((await server.call('alice', 'GET', `${room}/org.x`)).body, { b: 1.5 })

    const { body: second } = await server.call('alice', 'GET', `/sync?since=${first.next_batch}`)
    assert.deepEqual(second.account_data.events, [{ type: 'm.direct', content: { a: [1] } }])
    assert.deepEqual(second.rooms.join[roomId].account_data.events, [{ type: 'org.x', content: { b: 1.5 } }])
    const { body: whole } = await server.call('alice/other', 'GET', '/sync')
    assert.ok(whole.account_data.events.some((event: { type: string }) => event.type === 'm.direct'))
    assert.equal(whole.rooms.join[roomId].account_data.events.length, 1)
  })

  test('what is not there, not one’s own, or the server’s is refused', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const refused = async (status: number, errcode: string, ...call: Parameters<typeof server.call>) => {
      const answer = await server.call(...call)
      assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], call.join(' '))
    }
    await refused(404, 'M_NOT_FOUND', 'alice', 'GET', `${me}/account_data/none`)
    await refused(404, 'M_NOT_FOUND', 'alice', 'GET', `${me}/rooms/!r:test/account_data/none`)
    await refused(403, 'M_FORBIDDEN', 'bob', 'GET', `${me}/account_data/none`)
    await refused(403, 'M_FORBIDDEN', 'bob', 'PUT', `${me}/account_data/x`, {})
    await refused(400, 'M_BAD_JSON', 'alice', 'PUT', `${me}/account_data/x`, [])
    await refused(400, 'M_INVALID_PARAM', 'alice', 'PUT', `${me}/rooms/noroom/account_data/x`, {})
    await refused(405, 'M_BAD_JSON', 'alice', 'PUT', `${me}/account_data/m.push_rules`, {})
    await refused(405, 'M_BAD_JSON', 'alice', 'PUT', `${me}/rooms/!r:test/account_data/m.fully_read`, {})
    const rules = await server.call('alice', 'GET', `${me}/account_data/m.push_rules`)
    assert.ok(rules.body.global.override.length > 0)
  })

  test('deleted account data is told once as empty, and is not there for who comes later', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create(alice)
    const unstable = `/_matrix/client/unstable/org.matrix.msc3391${me}`
    const inRoom = `/rooms/${enc(roomId)}/account_data/org.x`
    const global = '/account_data/org.x'
    for (const place of [global, inRoom]) {
      for (const erase of ['DELETE', 'PUT']) {
        await server.call('alice', 'PUT', `${me}${place}`, { some: 'thing' })
        const { body: before } = await server.call('alice', 'GET', '/sync')
        const deleted =
          erase === 'DELETE'
            ? await server.call('alice', 'DELETE', `${unstable}${place}`)
            : await server.call('alice', 'PUT', `${me}${place}`, {})
        assert.equal(deleted.status, 200)

        const { status, body } = await server.call('alice', 'GET', `${me}${place}`)
        assert.deepEqual([status, body.errcode], [404, 'M_NOT_FOUND'])
        const { body: news } = await server.call('alice', 'GET', `/sync?since=${before.next_batch}`)
        const section = place === global ? news : news.rooms.join[roomId]
        assert.deepEqual(section.account_data.events, [{ type: 'org.x', content: {} }])
        const { body: whole } = await server.call('alice/other', 'GET', '/sync')
        assert.ok(!JSON.stringify(whole).includes('org.x'))
      }
      const again = await server.call('alice', 'DELETE', `${unstable}${place}`)
      assert.equal(again.status, 200)
    }
    const refused = await server.call('bob', 'DELETE', `${unstable}${global}`)
    assert.equal(refused.status, 403)
    const rules = await server.call('alice', 'DELETE', `${unstable}/account_data/m.push_rules`)
    assert.equal(rules.status, 405)
  })

  test('tags are put, listed and taken away', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create(alice)
    const tags = `${me}/rooms/${enc(roomId)}/tags`
    assert.deepEqual((await server.call('alice', 'GET', tags)).body, { tags: {} })
    await server.call('alice', 'PUT', `${tags}/m.favourite`, { order: 0.25 })
    await server.call('alice', 'PUT', `${tags}/u.work`, {})
    const { body } = await server.call('alice', 'GET', '/sync')
    assert.deepEqual(body.rooms.join[roomId].account_data.events, [
      { type: 'm.tag', content: { tags: { 'm.favourite': { order: 0.25 }, 'u.work': {} } } },
    ])
    await server.call('alice', 'DELETE', `${tags}/u.work`)
    assert.deepEqual((await server.call('alice', 'GET', tags)).body, {
      tags: { 'm.favourite': { order: 0.25 } },
    })
    assert.equal((await server.call('alice', 'PUT', `${tags}/x`, { order: '1' })).body.errcode, 'M_BAD_JSON')
    assert.equal(
      (await server.call('alice', 'PUT', `${tags}/x`, { order: 2 })).body.errcode,
      'M_INVALID_PARAM',
    )
    assert.equal((await server.call('bob', 'GET', tags)).status, 403)
  })

  test('a filter gets an id, the same one the same id, and sync takes id or filter', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create(alice)
    await server.say(alice, roomId, 'hello')
    const filter = { room: { timeline: { types: ['m.room.message'] }, state: { types: [] } } }
    const { body: one } = await server.call('alice', 'POST', `${me}/filter`, filter)
    const { body: two } = await server.call('alice', 'POST', `${me}/filter`, filter)
    assert.equal(one.filter_id, two.filter_id)
    assert.deepEqual((await server.call('alice', 'GET', `${me}/filter/${one.filter_id}`)).body, filter)
    for (const given of [one.filter_id, JSON.stringify(filter)]) {
      const { body } = await server.call('alice', 'GET', `/sync?filter=${enc(given)}`)
      assert.equal(body.rooms.join[roomId].timeline.events.length, 1)
      assert.deepEqual(body.rooms.join[roomId].state, { events: [] })
    }
    const errcode = async (...call: Parameters<typeof server.call>) =>
      (await server.call(...call)).body.errcode
    assert.equal(await errcode('alice', 'GET', `${me}/filter/none`), 'M_NOT_FOUND')
    assert.equal(await errcode('bob', 'GET', `${me}/filter/${one.filter_id}`), 'M_FORBIDDEN')
    assert.equal(await errcode('bob', 'POST', `${me}/filter`, {}), 'M_FORBIDDEN')
    assert.equal(await errcode('alice', 'POST', `${me}/filter`, { room: 1 }), 'M_BAD_JSON')
    const large = { room: { rooms: [`!${'x'.repeat(262_144)}`] } }
    assert.equal(await errcode('alice', 'POST', `${me}/filter`, large), 'M_TOO_LARGE')
    assert.equal(await errcode('alice', 'GET', '/sync?filter=none'), 'M_INVALID_PARAM')
    assert.equal(await errcode('alice', 'GET', `/sync?filter=${enc('{')}`), 'M_NOT_JSON')
    assert.equal(await errcode('alice', 'GET', '/sync?since=s9_1'), 'M_INVALID_PARAM')
    assert.equal(await errcode('alice', 'GET', '/sync?timeout=soon'), 'M_INVALID_PARAM')
  })

  test('event fields and event format are as the filter wants them', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create(alice)
    await server.say(alice, roomId, 'hello')
    const sync = async (filter: object) =>
      (await server.call('alice', 'GET', `/sync?filter=${enc(JSON.stringify(filter))}`)).body
    const fields = await sync({ event_fields: ['type', 'content.body'] })
    assert.deepEqual(fields.rooms.join[roomId].timeline.events.at(-1), {
      type: 'm.room.message',
      content: { body: 'hello' },
    })
    const federation = await sync({ event_format: 'federation' })
    const event = federation.rooms.join[roomId].timeline.events.at(-1)
    assert.ok(event.prev_events && event.signatures && event.depth)
  })

  test('push rules are listed, added, ordered, switched and deleted', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const { body: start } = await server.call('alice', 'GET', '/sync')
    const rule = '/pushrules/global/content'
    const put = (id: string, query = '', body: object = { actions: ['notify'], pattern: id }) =>
      server.call('alice', 'PUT', `${rule}/${id}${query}`, body)
    assert.equal((await put('one')).status, 200)
    assert.equal((await put('two')).status, 200)
    assert.equal((await put('three', '?after=one')).status, 200)
    const ids = async () =>
      (await server.call('alice', 'GET', '/pushrules/global/')).body.content
        .filter((each: { default: boolean }) => !each.default)
        .map((each: { rule_id: string }) => each.rule_id)
    assert.deepEqual(await ids(), ['two', 'one', 'three'])
    const { body: next } = await server.call('alice', 'GET', `/sync?since=${start.next_batch}`)
    assert.deepEqual(
      next.account_data.events.map((event: { type: string }) => event.type),
      ['m.push_rules'],
    )
    assert.deepEqual(
      next.account_data.events[0].content,
      (await server.call('alice', 'GET', '/pushrules/')).body,
    )

    await server.call('alice', 'PUT', `${rule}/two/enabled`, { enabled: false })
    assert.deepEqual((await server.call('alice', 'GET', `${rule}/two/enabled`)).body, { enabled: false })
    const master = '/pushrules/global/override/.m.rule.master'
    await server.call('alice', 'PUT', `${master}/enabled`, { enabled: true })
    assert.equal((await server.call('alice', 'GET', master)).body.enabled, true)
    await server.call('alice', 'PUT', '/pushrules/global/underride/.m.rule.message/actions', { actions: [] })
    const { body: actions } = await server.call(
      'alice',
      'GET',
      '/pushrules/global/underride/.m.rule.message/actions',
    )
    assert.deepEqual(actions, { actions: [] })
    await server.call('alice', 'DELETE', `${rule}/two`)
    assert.deepEqual(await ids(), ['one', 'three'])

    const status = async (...call: Parameters<typeof server.call>) => (await server.call(...call)).status
    assert.equal(await status('alice', 'GET', `${rule}/two`), 404)
    assert.equal(await status('alice', 'DELETE', `${rule}/two`), 404)
    assert.equal(await status('alice', 'DELETE', master), 404)
    assert.equal(await status('alice', 'GET', '/pushrules/global/nokind/x'), 404)
    assert.equal((await put('four', '?before=none')).status, 400)
    assert.equal((await put('.dot')).status, 400)
    assert.equal((await put('a%2Fb')).status, 400)
    assert.equal((await put('five', '', { pattern: 'x' })).body.errcode, 'M_MISSING_PARAM')
  })

  test('notifications are listed newest first, with what has been read', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create(alice)
    await server.join(bob, roomId)
    const one = await server.say(alice, roomId, 'one')
    await server.say(alice, roomId, 'two', { 'm.mentions': { user_ids: [bob.userId] } })
    await server.say(bob, roomId, 'own')
    await server.call('bob', 'POST', `/rooms/${enc(roomId)}/receipt/m.read/${enc(one)}`, {})
    await server.say(alice, roomId, 'three')

    const { body: page } = await server.call('bob', 'GET', '/notifications?limit=2')
    const texts = (body: { notifications: { event: { content: { body: string } } }[] }) =>
      body.notifications.map((each) => each.event.content.body)
    assert.deepEqual(texts(page), ['three', 'two'])
    assert.equal(page.notifications[0].read, false)
    assert.equal(page.notifications[0].room_id, roomId)
    const { body: rest } = await server.call('bob', 'GET', `/notifications?limit=2&from=${page.next_token}`)
    assert.deepEqual(texts(rest), ['one'])
    assert.equal(rest.notifications[0].read, true)
    assert.equal(rest.next_token, undefined)
    assert.deepEqual(texts((await server.call('bob', 'GET', '/notifications?only=highlight')).body), ['two'])
    assert.deepEqual(texts((await server.call('alice', 'GET', '/notifications')).body), ['own'])
  })

  test('what a user keeps goes with the account, what waits for a device with the device', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create(alice)
    const put = (who: string, path: string, body: object) => server.call(who, 'PUT', path, body)
    await put('alice', `${me}/account_data/m.direct`, { a: 1 })
    await put('alice', `${me}/account_data/m.local_notification_settings.A`, { is_silenced: true })
    await put('alice', `${me}/rooms/${enc(roomId)}/account_data/org.x`, { a: 1 })
    await put('alice', '/pushrules/global/content/word', { actions: [], pattern: 'word' })
    await put('bob', `/user/${enc(bob.userId)}/account_data/m.direct`, { a: 1 })
    const { body: filter } = await server.call('alice', 'POST', `${me}/filter`, {})
    for (const deviceId of ['A', 'B']) {
      await server.device(alice.userId, deviceId)
      await storage.write((tx) => tx.toDevice.add([{ userId: alice.userId, deviceId, message: '{}' }]))
    }

    await storage.write((tx) => clientDataDependents.deleteOfDevices!(tx, alice.userId, ['A']))
    const waiting = await storage.read.toDevice.waiting(alice.userId)
    assert.deepEqual(
      waiting.map(({ deviceId }) => deviceId),
      ['B'],
    )
    const types = async () => (await storage.read.accountData.listAll(alice.userId)).map(({ type }) => type)
    assert.deepEqual(await types(), ['m.direct', 'org.x'])

    await storage.write((tx) => clientDataDependents.deleteOfAccount!(tx, alice.userId))
    assert.deepEqual(await types(), [])
    assert.equal(await storage.read.pushRules.find(alice.userId), undefined)
    assert.equal(await storage.read.filters.find(alice.userId, filter.filter_id), undefined)
    assert.equal((await storage.read.accountData.listAll(bob.userId)).length, 1)
  })
})
