import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { eventsToken } from '../../../sync/token.ts'
import { testServer } from './test-server.ts'

databaseMatrix((open) => {
  test('history is paged backwards to its beginning and forwards to its end without gaps', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    for (let i = 0; i < 25; i++) await server.say('alice', roomId, `m${i}`)
    const messages = (query: string) => server.ok('alice', 'GET', `${server.room(roomId)}/messages?${query}`)

    const seen: string[] = []
    let pages = 0
    let oldest: { type: string } | undefined
    for (let from = ''; ; pages++) {
      const page = await messages(`dir=b&limit=7${from}`)
      seen.push(...server.texts(page.chunk).map(String))
      oldest = page.chunk.at(-1) ?? oldest
      if (page.end === undefined) break
      from = `&from=${page.end}`
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 25 }, (_, i) => `m${24 - i}`),
    )
    assert.equal(oldest?.type, 'm.room.create')
    assert.equal(pages, 5) // 32 events, seven at a time, and an empty page

    const first = await messages('dir=f&limit=20')
    const second = await messages(`dir=f&limit=20&from=${first.end}`)
    assert.equal(first.chunk[0].type, 'm.room.create')
    assert.equal(first.chunk.length, 20)
    const third = await messages(`dir=f&limit=20&from=${second.end}`)
    assert.deepEqual([third.chunk, third.end], [[], undefined])
    assert.equal(second.start, first.end)
    assert.deepEqual(
      server.texts([...first.chunk, ...second.chunk]),
      Array.from({ length: 25 }, (_, i) => `m${i}`),
    )
    const between = await messages(`dir=b&limit=20&from=${second.start}&to=${first.start}`)
    assert.deepEqual(
      between.chunk.map((e: { event_id: string }) => e.event_id),
      first.chunk.map((e: { event_id: string }) => e.event_id).reverse(),
    )
  })

  test('an event of a page says who sent it, where, when, and by which transaction only to the device that sent it', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    await server.join('bob', roomId)
    const { event_id } = await server.ok(
      'alice',
      'PUT',
      `${server.room(roomId)}/send/m.room.message/txn%20a`,
      {
        msgtype: 'm.text',
        body: 'é "quoted"',
      },
    )
    server.clock.advance(5_000)

    const [own] = (await server.ok('alice', 'GET', `${server.room(roomId)}/messages?dir=b&limit=1`)).chunk
    const [others] = (await server.ok('bob', 'GET', `${server.room(roomId)}/messages?dir=b&limit=1`)).chunk

    assert.equal(own.event_id, event_id)
    assert.equal(own.room_id, roomId)
    assert.equal(own.sender, '@alice:test')
    assert.deepEqual(own.content, { msgtype: 'm.text', body: 'é "quoted"' })
    assert.equal(own.unsigned.transaction_id, 'txn a')
    assert.ok(own.unsigned.age >= 5_000 && own.unsigned.age < 5_100)
    assert.equal(own.unsigned.membership, 'join')
    assert.equal(others.unsigned.transaction_id, undefined)
  })

  test('a filter leaves events out, and the page goes on behind what it skipped', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    await server.join('bob', roomId)
    await server.say('bob', roomId, 'wanted')
    for (let i = 0; i < 30; i++) await server.say('alice', roomId, `m${i}`)
    const messages = (filter: object, query = '') =>
      server.ok(
        'alice',
        'GET',
        `${server.room(roomId)}/messages?dir=b&filter=${encodeURIComponent(JSON.stringify(filter))}${query}`,
      )

    const ofBob = await messages({ senders: ['@bob:test'], types: ['m.room.mess*'] }, '&limit=5')
    assert.deepEqual(server.texts(ofBob.chunk), ['wanted'])
    const more = await messages({ senders: ['@bob:test'], types: ['m.room.mess*'] }, `&from=${ofBob.end}`)
    assert.deepEqual([more.chunk, more.end], [[], undefined])
    const notMessages = await messages({ not_types: ['m.room.message'] }, '&limit=100')
    assert.ok(notMessages.chunk.length > 5)
    assert.deepEqual(server.texts(notMessages.chunk), [])
    const two = await messages({ types: ['m.room.member'] }, '&limit=1')
    assert.equal(two.chunk[0].state_key, '@bob:test')
    const rest = await messages({ types: ['m.room.member'] }, `&limit=1&from=${two.end}`)
    assert.equal(rest.chunk[0].state_key, '@alice:test')
    assert.deepEqual((await messages({ rooms: ['!other:test'] })).chunk, [])
    assert.deepEqual((await messages({ types: [] })).chunk, [])
    assert.equal((await messages({ limit: 3 })).chunk.length, 3)
    const lazy = await messages({ lazy_load_members: true }, '&limit=31')
    assert.deepEqual(lazy.state.map((e: { state_key: string }) => e.state_key).sort(), [
      '@alice:test',
      '@bob:test',
    ])
  })

  test('what cannot be understood of a request for messages is refused', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    const refusal = async (query: string) => {
      const { status, body } = await server.call('alice', 'GET', `${server.room(roomId)}/messages?${query}`)
      return `${status} ${body.errcode}`
    }

    assert.equal(await refusal('dir=x'), '400 M_INVALID_PARAM')
    assert.equal(await refusal('dir=b&limit=-1'), '400 M_INVALID_PARAM')
    assert.equal(await refusal('dir=b&limit=ten'), '400 M_INVALID_PARAM')
    assert.equal(await refusal('dir=b&from=t12'), '400 M_INVALID_PARAM')
    assert.equal(await refusal('dir=b&to=nonsense'), '400 M_INVALID_PARAM')
    assert.equal(await refusal('dir=b&filter=%7B'), '400 M_NOT_JSON')
    assert.equal(await refusal('dir=b&filter=%5B%5D'), '400 M_BAD_JSON')
    assert.equal(await refusal('dir=b&filter=%7B%22types%22%3A1%7D'), '400 M_BAD_JSON')
    const wrongRoom = await server.call('alice', 'GET', '/rooms/nonsense/messages?dir=b')
    assert.deepEqual([wrongRoom.status, wrongRoom.body.errcode], [400, 'M_INVALID_PARAM'])
    const unknown = await server.call('alice', 'GET', '/rooms/!unknown:test/messages?dir=b')
    assert.deepEqual([unknown.status, unknown.body.errcode], [403, 'M_FORBIDDEN'])
    assert.equal(
      (await server.call('alice', 'GET', `${server.room(roomId)}/messages?dir=b&limit=0`)).status,
      200,
    )
    assert.equal(
      (
        await server.call(
          'alice',
          'GET',
          `${server.room(roomId)}/messages?dir=b&from=${eventsToken(2 ** 40)}`,
        )
      ).status,
      200,
    )
  })

  test('the context of an event is split around it, with tokens that page on from there', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice', { name: 'then' })
    const ids: string[] = []
    for (let i = 0; i < 20; i++) ids.push(await server.say('alice', roomId, `m${i}`))
    await server.set('alice', roomId, 'm.room.name', { name: 'later' })
    const context = (query: string) =>
      server.ok('alice', 'GET', `${server.room(roomId)}/context/${encodeURIComponent(ids[10]!)}${query}`)

    const around = await context('?limit=5')
    assert.equal(around.event.event_id, ids[10])
    assert.deepEqual(server.texts(around.events_before), ['m9', 'm8'])
    assert.deepEqual(server.texts(around.events_after), ['m11', 'm12', 'm13'])
    const name = around.state.find((e: { type: string }) => e.type === 'm.room.name')
    assert.equal(name.content.name, 'then')
    const page = (dir: string, from: string) =>
      server.ok('alice', 'GET', `${server.room(roomId)}/messages?dir=${dir}&from=${from}&limit=2`)
    assert.deepEqual(server.texts((await page('b', around.start)).chunk), ['m7', 'm6'])
    assert.deepEqual(server.texts((await page('f', around.end)).chunk), ['m14', 'm15'])

    const alone = await context('?limit=0')
    assert.deepEqual([alone.events_before, alone.events_after], [[], []])
    const missing = await server.call('alice', 'GET', `${server.room(roomId)}/context/$missing`)
    assert.deepEqual([missing.status, missing.body.errcode], [404, 'M_NOT_FOUND'])
    const stranger = await server.call('mallory', 'GET', `${server.room(roomId)}/context/${ids[1]}`)
    assert.deepEqual([stranger.status, stranger.body.errcode], [403, 'M_FORBIDDEN'])
  })

  test('state is read whole, by entry, with and without the trailing slash, as content or as an event', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice', { name: 'A room' })
    await server.set('alice', roomId, 'org.example', { a: 1 }, 'key/with slash')
    const get = (path: string) => server.call('alice', 'GET', `${server.room(roomId)}/state${path}`)

    assert.deepEqual((await get('/m.room.name')).body, { name: 'A room' })
    assert.deepEqual((await get('/m.room.name/')).body, { name: 'A room' })
    assert.deepEqual((await get('/org.example/key%2Fwith%20slash')).body, { a: 1 })
    const event = (await get('/m.room.name/?format=event')).body
    assert.equal(event.type, 'm.room.name')
    assert.equal(event.room_id, roomId)
    assert.equal((await get('/m.room.name?format=xml')).status, 400)
    assert.deepEqual((await get('/m.room.nothing')).body.errcode, 'M_NOT_FOUND')
    const all = (await get('')).body
    assert.deepEqual(all.map((e: { type: string }) => e.type).sort(), [
      'm.room.create',
      'm.room.guest_access',
      'm.room.history_visibility',
      'm.room.join_rules',
      'm.room.member',
      'm.room.name',
      'm.room.power_levels',
      'org.example',
    ])
    const stranger = await server.call('mallory', 'GET', `${server.room(roomId)}/state`)
    assert.deepEqual([stranger.status, stranger.body.errcode], [403, 'M_FORBIDDEN'])
  })

  test('members are listed now and as of a token, chosen by membership', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    await server.join('bob', roomId)
    const { start } = await server.ok('alice', 'GET', `${server.room(roomId)}/messages?dir=b&limit=1`)
    await server.leave('bob', roomId)
    await server.invite('alice', roomId, 'carol')
    const members = async (query: string) => {
      const { chunk } = await server.ok('alice', 'GET', `${server.room(roomId)}/members${query}`)
      return chunk
        .map(
          (e: { state_key: string; content: { membership: string } }) =>
            `${e.state_key} ${e.content.membership}`,
        )
        .sort()
    }

    assert.deepEqual(await members(''), ['@alice:test join', '@bob:test leave', '@carol:test invite'])
    assert.deepEqual(await members('?membership=join'), ['@alice:test join'])
    assert.deepEqual(await members('?not_membership=leave'), ['@alice:test join', '@carol:test invite'])
    assert.deepEqual(await members(`?at=${start}`), ['@alice:test join', '@bob:test join'])
    assert.deepEqual(await members(`?at=${start}&not_membership=join`), [])
    assert.equal(
      (await server.call('alice', 'GET', `${server.room(roomId)}/members?membership=x`)).status,
      400,
    )
    assert.deepEqual((await server.ok('alice', 'GET', `${server.room(roomId)}/joined_members`)).joined, {
      '@alice:test': { display_name: 'alice', avatar_url: null },
    })
    assert.equal((await server.call('bob', 'GET', `${server.room(roomId)}/joined_members`)).status, 403)
    assert.deepEqual(await server.ok('alice', 'GET', '/joined_rooms'), { joined_rooms: [roomId] })
    assert.deepEqual(await server.ok('bob', 'GET', '/joined_rooms'), { joined_rooms: [] })
  })

  test('the event closest to a time is found before and after it', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    const other = await server.create('alice')
    const said: { eventId: string; ts: number }[] = []
    for (let i = 0; i < 12; i++) {
      server.clock.advance(60_000)
      said.push({ eventId: await server.say('alice', roomId, `m${i}`), ts: server.clock.nowMs() })
      await server.say('alice', other, 'x')
    }
    const find = (ts: number | string, dir: string, name = 'alice') =>
      server.call(name, 'GET', `/_matrix/client/v1/rooms/${roomId}/timestamp_to_event?ts=${ts}&dir=${dir}`)

    for (const [i, { eventId, ts }] of said.entries()) {
      assert.deepEqual((await find(ts, 'f')).body, { event_id: eventId, origin_server_ts: ts })
      assert.equal((await find(ts, 'b')).body.event_id, eventId)
      assert.equal((await find(ts - 1_000, 'f')).body.event_id, eventId)
      assert.equal((await find(ts + 1_000, 'b')).body.event_id, eventId)
      if (i > 0) assert.equal((await find(ts - 1_000, 'b')).body.event_id, said[i - 1]!.eventId)
    }
    const none = [await find(0, 'b'), await find(said.at(-1)!.ts + 1, 'f')]
    for (const { status, body } of none) assert.deepEqual([status, body.errcode], [404, 'M_NOT_FOUND'])
    const forwards = `/_matrix/client/v1/rooms/${roomId}/timestamp_to_event?ts=${said[1]!.ts}`
    assert.equal((await server.ok('alice', 'GET', forwards)).event_id, said[1]!.eventId)
    assert.equal((await find(0, 'x')).status, 400)
    assert.equal((await find('then', 'f')).status, 400)
    assert.equal((await find(0, 'f', 'mallory')).status, 403)
  })
})
