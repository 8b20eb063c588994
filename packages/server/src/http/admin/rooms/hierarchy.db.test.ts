import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wholeServer } from '../whole-server-fixture.ts'

const V1 = '/_synapse/admin/v1/rooms'
const SPACE = { preset: 'private_chat', creation_content: { type: 'm.space' } }

databaseMatrix((open) => {
  test('a space is walked depth first, page by page, also by who is in none of its rooms', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token } = await server.person('admin', { admin: true })
    const alice = await server.person('alice')
    const top = await server.createRoom(alice, { ...SPACE, name: 'top' })
    const inner = await server.createRoom(alice, { ...SPACE, name: 'inner' })
    const [leaf, last, none] = [
      await server.createRoom(alice, { name: 'leaf' }),
      await server.createRoom(alice, { name: 'last' }),
      await server.createRoom(alice, { name: 'none' }),
    ]
    const child = (space: string, room: string, content: object) =>
      server.ok('PUT', `${server.room(space)}/state/m.space.child/${encodeURIComponent(room)}`, {
        token: alice.token,
        body: content,
      })
    const via = ['test']
    await child(top, last, { via })
    await child(top, inner, { via, order: 'a' })
    await child(top, none, {})
    await child(top, '!elsewhere:other', { via, order: 'b' })
    await child(inner, leaf, { via })
    await child(inner, top, { via })
    const get = async (query: string) => {
      const body = await server.ok('GET', `${V1}/${top}/hierarchy${query}`, { token })
      return { ...body, names: body.rooms.map(({ name }: { name: string }) => name).join(' ') }
    }

    const all = await get('')
    assert.equal(all.names, 'top inner leaf last')
    assert.equal(all.next_batch, undefined)
    const [first] = all.rooms
    assert.deepEqual([first.room_id, first.room_type, first.num_joined_members], [top, 'm.space', 1])
    assert.deepEqual(
      first.children_state.map(({ state_key: key }: { state_key: string }) => key),
      [inner, '!elsewhere:other', last],
    )
    assert.equal((await get('?max_depth=1')).names, 'top inner last')
    assert.equal((await get('?max_depth=0')).names, 'top')
    const page = await get('?limit=3')
    assert.equal(page.names, 'top inner leaf')
    assert.equal((await get(`?limit=3&from=${page.next_batch}`)).names, 'last')
    for (const [path, status, errcode] of [
      [`${top}/hierarchy?from=x`, 400, 'M_INVALID_PARAM'],
      [`${top}/hierarchy?max_depth=1&from=${page.next_batch}`, 400, 'M_INVALID_PARAM'],
      [`${inner}/hierarchy?from=${page.next_batch}`, 400, 'M_INVALID_PARAM'],
      [`${top}/hierarchy?limit=0`, 400, 'M_INVALID_PARAM'],
      [`${top}/hierarchy?max_depth=-1`, 400, 'M_INVALID_PARAM'],
      ['!none:test/hierarchy', 404, 'M_NOT_FOUND'],
    ] as const) {
      const answer = await server.call('GET', `${V1}/${path}`, { token })
      assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], path)
    }
    assert.equal((await server.call('GET', `${V1}/${top}/hierarchy`, { token: alice.token })).status, 403)
  })
})
