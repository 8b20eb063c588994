import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type TestServer, testServer } from '../rooms/test-server.ts'

interface Found {
  rank: number
  result: { event_id: string; content: { body: string }; room_id: string; sender: string }
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  context?: any
}

async function search(server: TestServer, by: string, term: string, more: object = {}, from = '') {
  const criteria = { search_term: term, order_by: 'recent', ...more }
  const body = { search_categories: { room_events: criteria } }
  const path = `/search${from === '' ? '' : `?next_batch=${from}`}`
  return (await server.ok(by, 'POST', path, body)).search_categories.room_events
}
const bodies = (page: { results: Found[] }) => page.results.map(({ result }) => result.content.body)

databaseMatrix((open, dialect) => {
  test('messages are found by words, beginnings of words and phrases, in any letter case and script', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    const texts = [
      'The Martians and men',
      'men and Martians',
      'Café au lait',
      '私は東京に住む',
      'foo_bar@example.org',
    ]
    for (const text of texts) await server.say('alice', roomId, text)

    const found = async (term: string) => bodies(await search(server, 'alice', term)).toReversed()
    assert.deepEqual(await found('MARTIANS men'), [texts[0], texts[1]])
    assert.deepEqual(await found('"martians and men"'), [texts[0]])
    assert.deepEqual(await found('mart'), [texts[0], texts[1]])
    assert.deepEqual(await found('artians'), [])
    assert.deepEqual(await found('cafe'), [texts[2]])
    assert.deepEqual(await found('東京'), [texts[3]])
    assert.deepEqual(await found('京東'), [])
    assert.deepEqual(await found('bar example'), [texts[4]])
    for (const term of ['martians nothing', '', '""', `' OR "x" * : - ( \\ NEAR`, 'NOT'])
      assert.deepEqual(await found(term), [])
    assert.deepEqual((await search(server, 'alice', '"Martians and" MEN')).highlights, [
      'martians',
      'and',
      'men',
    ])
  })

  test('names and topics are found, and keys say what is looked at', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice', { name: 'apple pie', topic: 'apple cake' })
    await server.say('alice', roomId, 'apple juice')

    const types = async (more: object) =>
      (await search(server, 'alice', 'apple', more)).results.map(
        ({ result }: { result: { type: string } }) => result.type,
      )
    assert.deepEqual((await types({})).sort(), ['m.room.message', 'm.room.name', 'm.room.topic'])
    assert.deepEqual(await types({ keys: ['content.topic'] }), ['m.room.topic'])
    assert.deepEqual(await types({ filter: { types: ['m.room.name'] } }), ['m.room.name'])
    assert.deepEqual(await types({ filter: { not_senders: ['@alice:test'] } }), [])
  })

  test('nothing is found that the user may not see, and nothing of it is counted', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const initial_state = [
      { type: 'm.room.history_visibility', state_key: '', content: { history_visibility: 'joined' } },
    ]
    const roomId = await server.create('alice', { initial_state })
    const other = await server.create('carol')
    await server.say('carol', other, 'secret of carol')
    await server.say('alice', roomId, 'secret before')
    await server.join('bob', roomId)
    await server.say('alice', roomId, 'secret with bob')
    await server.leave('bob', roomId)
    await server.say('alice', roomId, 'secret after')
    await server.invite('alice', roomId, 'dave')

    const found = async (by: string) => {
      const page = await search(server, by, 'secret')
      assert.equal(page.count, page.results.length)
      return bodies(page)
    }
    assert.deepEqual(await found('bob'), ['secret with bob'])
    assert.deepEqual(await found('alice'), ['secret after', 'secret with bob', 'secret before'])
    assert.deepEqual(await found('dave'), [])
    await server.ok('bob', 'POST', `${server.room(roomId)}/forget`, {})
    assert.deepEqual(await found('bob'), [])
  })

  test('what is redacted, purged or deleted with its room is gone from the index', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = (await server.create('alice')) as RoomId
    const ids: string[] = []
    for (let i = 0; i < 4; i++) ids.push(await server.say('alice', roomId, `needle ${i}`))
    assert.equal((await search(server, 'alice', 'needle')).count, 4)
    const late = await server.say('alice', roomId, 'needle, not indexed yet')
    const redact = (eventId: string) =>
      server.ok('alice', 'PUT', `${server.room(roomId)}/redact/${encodeURIComponent(eventId)}/${eventId}`, {})

    await redact(ids[0]!)
    await redact(late)
    await storage.write(async (tx) => tx.historyPurge.delete(roomId, await tx.rooms.eventsById([ids[1]!])))
    assert.deepEqual(bodies(await search(server, 'alice', 'needle')), ['needle 3', 'needle 2'])
    const indexed = () =>
      storage.write(async ({ db }) => {
        const match = dialect === 'sqlite' ? "event_search MATCH 'needle'" : "words @@ 'needle'::tsquery"
        return (await db.get<{ n: number }>(`SELECT count(*) AS n FROM event_search WHERE ${match}`))?.n
      })
    assert.equal(await indexed(), 2)
    await storage.write((tx) => tx.roomDeletion.deleteRoom(roomId))
    while ((await storage.write((tx) => tx.roomDeletion.deleteRows(roomId, 5))) > 0);
    assert.equal(await indexed(), 0)
  })

  test('pages follow one another in both orders, and close matches come first by rank', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    const best = 'moon moon moon'
    await server.say('alice', roomId, best)
    for (let i = 0; i < 6; i++) await server.say('alice', roomId, `${i} the moon is far away tonight and dim`)

    for (const order_by of ['recent', 'rank']) {
      const seen: string[] = []
      let from = ''
      do {
        const page = await search(server, 'alice', 'moon', { order_by, filter: { limit: 3 } }, from)
        assert.equal(page.count, 7)
        seen.push(...bodies(page))
        from = page.next_batch ?? ''
      } while (from !== '')
      assert.equal(new Set(seen).size, 7)
      assert.equal(seen.at(order_by === 'rank' ? 0 : -1), best)
    }
  })

  test('results come with context, state and groups as asked for', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const one = await server.create('alice', { name: 'One' })
    const two = await server.create('alice')
    await server.join('bob', one)
    await server.say('bob', one, 'before')
    const hit = await server.say('alice', one, 'target')
    await server.say('bob', one, 'after')
    const second = await server.say('alice', two, 'target')

    const page = await search(server, 'alice', 'target', {
      event_context: { before_limit: 1, after_limit: 1, include_profile: true },
      include_state: true,
      groupings: { group_by: [{ key: 'room_id' }, { key: 'sender' }] },
    })
    assert.deepEqual(page.groups.room_id, {
      [two]: { results: [second], order: 1 },
      [one]: { results: [hit], order: 2 },
    })
    assert.deepEqual((await search(server, 'alice', 'target')).results[0].context, {})
    assert.deepEqual(page.groups.sender, { '@alice:test': { results: [second, hit], order: 1 } })
    const { context } = page.results[1]
    assert.deepEqual(
      [...context.events_before, ...context.events_after].map(({ content }) => content.body),
      ['before', 'after'],
    )
    assert.deepEqual(context.profile_info, {
      '@alice:test': { displayname: 'alice' },
      '@bob:test': { displayname: 'bob' },
    })
    const earlier = await server.ok(
      'alice',
      'GET',
      `${server.room(one)}/messages?dir=b&limit=1&from=${context.start}`,
    )
    assert.equal(earlier.chunk[0].type, 'm.room.member')
    const state = page.state[one].map(({ type }: { type: string }) => type)
    assert.ok(state.includes('m.room.name'))

    const refused = async (body: unknown, query = '') => {
      const answer = await server.call('alice', 'POST', `/search${query}`, body)
      return `${answer.status} ${answer.body.errcode}`
    }
    const room_events = { search_term: 'x' }
    assert.equal(await refused({}), '400 M_MISSING_PARAM')
    assert.equal(await refused({ search_categories: { room_events: {} } }), '400 M_MISSING_PARAM')
    for (const wrong of [
      { keys: ['content.x'] },
      { order_by: 'up' },
      { filter: { types: 'x' } },
      { search_term: 1 },
    ])
      assert.equal(
        await refused({ search_categories: { room_events: { ...room_events, ...wrong } } }),
        '400 M_BAD_JSON',
      )
    assert.equal(
      await refused({ search_categories: { room_events } }, '?next_batch=x'),
      '400 M_INVALID_PARAM',
    )
  })

  test('what was said before is put into the index, and a lost index run is made up for', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    for (let i = 0; i < 30; i++) await server.say('alice', roomId, `old ${i}`)
    assert.equal(await storage.read.eventSearch.progress(), 0)
    server.clock.advance(2_000)
    await server.searchIndex.caughtUp()
    assert.equal(await storage.read.eventSearch.progress(), (await storage.positions()).events)

    await storage.write((tx) => tx.eventSearch.setProgress(0))
    await using again = await testServer(storage)
    assert.equal((await search(again, 'alice', 'old')).count, 30)
  })

  test('a filter finds events by how they relate, and by what relates to them', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    await server.join('bob', roomId)
    const said = await server.say('alice', roomId, 'said')
    await server.ok('bob', 'PUT', `${server.room(roomId)}/send/m.room.message/x`, {
      msgtype: 'm.text',
      body: 'reply',
      'm.relates_to': { rel_type: 'm.thread', event_id: said },
    })
    const found = async (filter: object) => {
      const text = encodeURIComponent(JSON.stringify({ types: ['m.room.message'], ...filter }))
      return server.texts(
        (await server.ok('alice', 'GET', `${server.room(roomId)}/messages?dir=f&filter=${text}`)).chunk,
      )
    }
    assert.deepEqual(await found({ 'org.matrix.msc3874.rel_types': ['m.thread'] }), ['reply'])
    assert.deepEqual(await found({ 'org.matrix.msc3874.not_rel_types': ['m.thread'] }), ['said'])
    assert.deepEqual(await found({ related_by_rel_types: ['m.thread'] }), ['said'])
    assert.deepEqual(await found({ related_by_senders: ['@bob:test'] }), ['said'])
    assert.deepEqual(await found({ related_by_senders: ['@alice:test'] }), [])
    assert.deepEqual(
      await found({ related_by_rel_types: ['m.thread'], related_by_senders: ['@eve:test'] }),
      [],
    )
  })
})
