import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type Answer, testServer } from '../rooms/test-server.ts'

const refusal = ({ status, body }: Answer): string => `${status} ${body.errcode}`
const aliasPath = (alias: string) => `/directory/room/${encodeURIComponent(alias)}`

databaseMatrix((open) => {
  test('an alias is made by a member, found by anybody, joined by, and taken away by who made it', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    await server.join('bob', roomId)
    const put = (name: string, alias: string, room_id: unknown = roomId) =>
      server.call(name, 'PUT', aliasPath(alias), { room_id })

    assert.equal(refusal(await put('mallory', '#pub:test')), '403 M_FORBIDDEN')
    assert.equal(refusal(await put('bob', '#pub:elsewhere')), '400 M_INVALID_PARAM')
    assert.equal(refusal(await put('bob', '#a b:test')), '400 M_INVALID_PARAM')
    assert.equal(refusal(await put('bob', 'pub')), '400 M_INVALID_PARAM')
    assert.equal(refusal(await put('bob', '#pub:test', 'x')), '400 M_INVALID_PARAM')
    assert.equal(refusal(await put('bob', '#pub:test', '!unknown:test')), '403 M_FORBIDDEN')
    assert.equal(refusal(await server.call('bob', 'PUT', aliasPath('#pub:test'), {})), '400 M_MISSING_PARAM')
    assert.equal((await put('bob', '#pub:test')).status, 200)
    assert.equal(refusal(await put('alice', '#pub:test')), '409 M_UNKNOWN')

    assert.deepEqual(await server.ok(null, 'GET', aliasPath('#pub:test')), {
      room_id: roomId,
      servers: ['test'],
    })
    assert.equal((await server.join('carol', '#pub:test')).room_id, roomId)
    const list = `${server.room(roomId)}/aliases`
    assert.deepEqual(await server.ok('carol', 'GET', list), { aliases: ['#pub:test'] })
    assert.equal(refusal(await server.call('mallory', 'GET', list)), '403 M_FORBIDDEN')
    const root = '@root:test' as UserId
    await storage.write((tx) => tx.accounts.create({ userId: root, createdTs: 1, admin: true }))
    assert.deepEqual(await server.ok('root', 'GET', list), { aliases: ['#pub:test'] }, 'an administrator')

    const remove = (name: string, alias = '#pub:test') => server.call(name, 'DELETE', aliasPath(alias))
    assert.equal(refusal(await remove('carol')), '403 M_FORBIDDEN')
    assert.equal((await remove('bob')).status, 200)
    assert.equal(refusal(await remove('bob')), '404 M_NOT_FOUND')
    assert.equal(refusal(await server.call(null, 'GET', aliasPath('#pub:test'))), '404 M_NOT_FOUND')
    assert.equal(refusal(await server.call(null, 'GET', aliasPath('nonsense'))), '400 M_INVALID_PARAM')
    assert.equal(refusal(await server.call(null, 'GET', aliasPath('#far:away'))), '404 M_NOT_FOUND')
  })

  test('a canonical alias must point to the room, and is corrected when the alias goes', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice', { room_alias_name: 'main' })
    const other = await server.create('alice', { room_alias_name: 'other' })
    await server.ok('alice', 'PUT', aliasPath('#second:test'), { room_id: roomId })
    const path = `${server.room(roomId)}/state/m.room.canonical_alias`
    const put = (content: object) => server.call('alice', 'PUT', path, content)

    assert.equal(refusal(await put({ alias: '#other:test' })), '400 M_BAD_ALIAS')
    assert.equal(refusal(await put({ alias: '#missing:test' })), '400 M_BAD_ALIAS')
    assert.equal(refusal(await put({ alias: 'nonsense' })), '400 M_INVALID_PARAM')
    assert.equal(refusal(await put({ alias: 1 })), '400 M_INVALID_PARAM')
    assert.equal(refusal(await put({ alt_aliases: '#second:test' })), '400 M_INVALID_PARAM')
    assert.equal(refusal(await put({ alt_aliases: ['#second:test', '#other:test'] })), '400 M_BAD_ALIAS')
    assert.equal((await put({ alias: '#main:test', alt_aliases: ['#second:test'] })).status, 200)
    await server.ok('alice', 'DELETE', aliasPath('#main:test'))
    assert.deepEqual(await server.ok('alice', 'GET', path), { alt_aliases: ['#second:test'] })
    // What stood there before may stay, though it points nowhere any more.
    await storage.write((tx) => tx.rooms.removeAlias('#second:test'))
    assert.equal((await put({ alt_aliases: ['#second:test'], extra: 1 })).status, 200)
    assert.equal(
      (await server.call('alice', 'GET', `${server.room(other)}/state/m.room.canonical_alias`)).body.alias,
      '#other:test',
    )
  })

  test('an alias somebody else made goes with the power to set the canonical one, which is left if it may not be changed', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice', { room_alias_name: 'main' })
    await server.join('bob', roomId)
    await server.ok('bob', 'PUT', aliasPath('#bobs:test'), { room_id: roomId })
    await server.set('alice', roomId, 'm.room.canonical_alias', {
      alias: '#main:test',
      alt_aliases: ['#bobs:test'],
    })

    await server.ok('bob', 'DELETE', aliasPath('#bobs:test'))
    const canonical = await server.ok('bob', 'GET', `${server.room(roomId)}/state/m.room.canonical_alias`)
    assert.deepEqual(canonical.alt_aliases, ['#bobs:test'])
    await server.ok('bob', 'PUT', aliasPath('#bobs:test'), { room_id: roomId })
    await server.ok('alice', 'DELETE', aliasPath('#bobs:test'))
    await server.ok('bob', 'PUT', aliasPath('#bobs:test'), { room_id: roomId })
    await server.ok('admin', 'DELETE', aliasPath('#bobs:test'))
  })

  test('a room alias of a new room is taken with it, once', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice', { room_alias_name: 'pub' })

    assert.equal((await server.ok(null, 'GET', aliasPath('#pub:test'))).room_id, roomId)
    const again = await server.call('bob', 'POST', '/createRoom', { room_alias_name: 'pub' })
    assert.equal(refusal(again), '400 M_ROOM_IN_USE')
  })

  test('rooms are published by those who may set the canonical alias', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    await server.join('bob', roomId)
    const path = `/directory/list/room/${roomId}`
    const put = (name: string, body?: object) => server.call(name, 'PUT', path, body)

    assert.deepEqual(await server.ok(null, 'GET', path), { visibility: 'private' })
    assert.equal(refusal(await put('bob', {})), '403 M_FORBIDDEN')
    assert.equal(refusal(await put('alice', { visibility: 'x' })), '400 M_INVALID_PARAM')
    assert.equal((await put('alice')).status, 200)
    assert.deepEqual(await server.ok(null, 'GET', path), { visibility: 'public' })
    assert.equal((await put('admin', { visibility: 'private' })).status, 200)
    assert.deepEqual(await server.ok(null, 'GET', path), { visibility: 'private' })
    const unknown = '/directory/list/room/!unknown:test'
    assert.equal(refusal(await server.call(null, 'GET', unknown)), '404 M_NOT_FOUND')
    assert.equal(refusal(await server.call('alice', 'PUT', unknown, {})), '404 M_NOT_FOUND')
  })

  test('published rooms are listed largest first, paged in both directions, searched and chosen by type', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const rooms: string[] = []
    for (const [i, name] of ['Apples', 'Beer 100%', 'Cider', 'Dates', 'Empty'].entries()) {
      const roomId = await server.create('alice', {
        name,
        visibility: 'public',
        ...(name === 'Dates' ? { creation_content: { type: 'm.space' } } : {}),
      })
      for (let n = 0; n < i && name !== 'Empty'; n++) await server.join(`user${n}`, roomId)
      if (name === 'Empty') await server.leave('alice', roomId)
      rooms.push(roomId)
    }
    await server.create('alice', { name: 'Hidden' })
    const list = (query: string) => server.ok('alice', 'GET', `/publicRooms?${query}`)
    const names = (page: { chunk: { name: string }[] }) => page.chunk.map(({ name }) => name)
    const search = (body: object) => server.ok('alice', 'POST', '/publicRooms', body)

    const all = await list('')
    assert.deepEqual(names(all), ['Dates', 'Cider', 'Beer 100%', 'Apples'])
    assert.equal(all.total_room_count_estimate, 4)
    assert.equal(all.next_batch, undefined)
    assert.deepEqual(all.chunk[0], {
      room_id: rooms[3],
      num_joined_members: 4,
      world_readable: false,
      guest_can_join: false,
      name: 'Dates',
      join_rule: 'public',
      room_type: 'm.space',
    })
    const first = await list('limit=2')
    assert.deepEqual(names(first), ['Dates', 'Cider'])
    assert.equal(first.prev_batch, undefined)
    const second = await list(`limit=2&since=${encodeURIComponent(first.next_batch)}`)
    assert.deepEqual(names(second), ['Beer 100%', 'Apples'])
    assert.equal(second.next_batch, undefined)
    const back = await list(`limit=2&since=${encodeURIComponent(second.prev_batch)}`)
    assert.deepEqual(names(back), ['Dates', 'Cider'])
    assert.equal(back.prev_batch, undefined)
    assert.ok(back.next_batch)

    assert.deepEqual(names(await search({ filter: { generic_search_term: 'bEeR' } })), ['Beer 100%'])
    assert.deepEqual(names(await search({ filter: { generic_search_term: '0%' } })), ['Beer 100%'])
    assert.deepEqual(names(await search({ filter: { generic_search_term: '_' } })), [])
    assert.deepEqual(names(await search({ filter: { room_types: ['m.space'] } })), ['Dates'])
    assert.deepEqual(names(await search({ filter: { room_types: [null] }, limit: 1 })), ['Cider'])
    assert.deepEqual(names(await search({ third_party_instance_id: 'irc' })), [])

    const refused = async (method: string, query: string, body?: object, token: string | null = 'alice') =>
      refusal(await server.call(token, method, `/publicRooms${query}`, body))
    assert.equal(await refused('GET', '?since=nonsense'), '400 M_INVALID_PARAM')
    assert.equal(await refused('GET', '?limit=x'), '400 M_INVALID_PARAM')
    assert.equal(await refused('POST', '', { limit: 'x' }), '400 M_BAD_JSON')
    assert.equal(await refused('POST', '', { filter: { room_types: 'm.space' } }), '400 M_BAD_JSON')
    assert.equal(await refused('GET', '?server=far.away'), '404 M_NOT_FOUND')
    assert.equal(await refused('GET', '?server=f%20a'), '400 M_INVALID_PARAM')
    assert.equal(await refused('GET', '', undefined, null), '401 M_MISSING_TOKEN')
    await using anonymous = await testServer(storage, { config: { publicListWithoutAuth: true } })
    assert.equal((await anonymous.call(null, 'GET', '/publicRooms')).status, 200)
  })
})
