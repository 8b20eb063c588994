import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { testServer } from './test-server.ts'

databaseMatrix((open) => {
  for (const [from, to] of [
    ['11', '12'],
    ['12', '11'],
    ['1', '10'],
    ['10', '9'],
  ] as const)
    test(`a room of version ${from} goes on as one of version ${to}`, async () => {
      await using storage = await open()
      await using server = await testServer(storage)
      const old = await server.create('alice', {
        room_version: from,
        visibility: 'public',
        name: 'Pub',
        topic: 'Beer',
        room_alias_name: 'pub',
        creation_content: { type: 'org.example.pub', 'm.federate': false },
        initial_state: [{ type: 'm.room.server_acl', content: { allow: ['*'] } }],
      })
      await server.join('bob', old)
      await server.ok('alice', 'POST', `${server.room(old)}/ban`, {
        user_id: '@mallory:test',
        reason: 'spam',
      })
      const state = (roomId: string, type: string, key = '') =>
        server.ok('alice', 'GET', `${server.room(roomId)}/state/${type}/${encodeURIComponent(key)}`)
      const levels = await state(old, 'm.room.power_levels')
      await server.set('alice', old, 'm.room.power_levels', {
        ...levels,
        users: { ...levels.users, '@bob:test': 50 },
      })

      const { replacement_room: fresh } = await server.ok('alice', 'POST', `${server.room(old)}/upgrade`, {
        new_version: to,
      })

      const tombstone = await server.ok(
        'bob',
        'GET',
        `${server.room(old)}/state/m.room.tombstone?format=event`,
      )
      assert.equal(tombstone.content.replacement_room, fresh)
      const create = await state(fresh, 'm.room.create')
      assert.equal(create.room_version, to)
      assert.equal(create.type, 'org.example.pub')
      assert.equal(create['m.federate'], false)
      assert.equal(create.predecessor.room_id, old)
      assert.equal(create.predecessor.event_id, to === '12' ? undefined : tombstone.event_id)
      assert.deepEqual(await state(fresh, 'm.room.name'), { name: 'Pub' })
      assert.equal((await state(fresh, 'm.room.topic')).topic, 'Beer')
      assert.deepEqual(await state(fresh, 'm.room.server_acl'), { allow: ['*'] })
      const banned = await state(fresh, 'm.room.member', '@mallory:test')
      assert.deepEqual([banned.membership, banned.reason], ['ban', 'spam'])
      const newLevels = await state(fresh, 'm.room.power_levels')
      assert.equal(newLevels.users['@bob:test'], 50)
      assert.equal(newLevels.users['@alice:test'], to === '12' ? undefined : 100)
      assert.deepEqual(await state(fresh, 'm.room.canonical_alias'), { alias: '#pub:test' })
      assert.deepEqual(await state(old, 'm.room.canonical_alias'), {})
      assert.equal((await server.ok(null, 'GET', '/directory/room/%23pub:test')).room_id, fresh)
      assert.equal((await storage.read.rooms.findRoom(fresh))?.published, true)
      assert.equal((await storage.read.rooms.findRoom(old))?.published, false)
      const quiet = await state(old, 'm.room.power_levels')
      assert.deepEqual([quiet.events_default, quiet.invite], [50, 50])
    })

  test('a space takes its children along, and a join rule the new version lacks becomes invite', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const old = await server.create('alice', {
      room_version: '11',
      creation_content: { type: 'm.space' },
      initial_state: [
        { type: 'm.space.child', state_key: '!kept:test', content: { via: ['test'] } },
        { type: 'm.space.child', state_key: '!gone:test', content: {} },
        { type: 'm.room.join_rules', content: { join_rule: 'restricted', allow: [] } },
      ],
    })

    const { replacement_room: fresh } = await server.ok('alice', 'POST', `${server.room(old)}/upgrade`, {
      new_version: '6',
    })

    const state = await server.ok('alice', 'GET', `${server.room(fresh)}/state`)
    const children = state.filter((e: { type: string }) => e.type === 'm.space.child')
    assert.deepEqual(
      children.map((e: { state_key: string }) => e.state_key),
      ['!kept:test'],
    )
    const rules = state.find((e: { type: string }) => e.type === 'm.room.join_rules')
    assert.deepEqual(rules.content, { join_rule: 'invite' })
  })

  test('a moderator who may send the tombstone upgrades, and is no mightier afterwards', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const old = await server.create('alice', {
      name: 'x',
      power_level_content_override: {
        users: { '@alice:test': 100, '@bob:test': 50 },
        events: { 'm.room.tombstone': 50, 'm.room.power_levels': 100 },
      },
    })
    await server.join('bob', old)

    const { replacement_room: fresh } = await server.ok('bob', 'POST', `${server.room(old)}/upgrade`, {
      new_version: '11',
    })

    const levels = await server.ok('bob', 'GET', `${server.room(fresh)}/state/m.room.power_levels`)
    assert.deepEqual(levels.users, { '@alice:test': 100, '@bob:test': 50 })
  })

  test('tags, direct chats and push rules of the old room hold in the new one for who comes along', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const old = (await server.create('alice')) as RoomId
    await server.join('bob', old)
    const bob = '@bob:test' as UserId
    const rule = { rule_id: old, enabled: true, actions: [] }
    await storage.write(async (tx) => {
      await tx.accountData.set(bob, old, 'm.tag', '{"tags":{"m.favourite":{}}}')
      await tx.accountData.set(
        bob,
        null,
        'm.direct',
        JSON.stringify({ '@alice:test': [old], '@x:y': ['!z:y'] }),
      )
      await tx.pushRules.set(bob, JSON.stringify({ rules: { room: [rule] }, defaults: [] }))
    })

    const { replacement_room: fresh } = await server.ok('alice', 'POST', `${server.room(old)}/upgrade`, {
      new_version: '12',
    })
    await server.join('bob', fresh)
    await server.join('carol', fresh)

    const data = storage.read.accountData
    assert.equal(await data.find(bob, fresh, 'm.tag'), '{"tags":{"m.favourite":{}}}')
    assert.deepEqual(JSON.parse((await data.find(bob, null, 'm.direct'))!), {
      '@alice:test': [old, fresh],
      '@x:y': ['!z:y'],
    })
    const rules = JSON.parse((await storage.read.pushRules.find(bob))!.rules)
    assert.deepEqual(
      rules.rules.room.map((each: { rule_id: string }) => each.rule_id),
      [fresh, old],
    )
    assert.equal(await data.find('@carol:test', fresh, 'm.tag'), undefined)
  })

  test('an upgrade that is refused leaves nothing behind', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const old = await server.create('alice')
    await server.join('bob', old)
    const upgrade = async (name: string, roomId: string, body: object) => {
      const { status, body: answer } = await server.call(name, 'POST', `${server.room(roomId)}/upgrade`, body)
      return `${status} ${answer.errcode}`
    }

    assert.equal(await upgrade('bob', old, { new_version: '11' }), '403 M_FORBIDDEN')
    assert.equal(await upgrade('mallory', old, { new_version: '11' }), '403 M_FORBIDDEN')
    assert.equal(await upgrade('alice', old, { new_version: '99' }), '400 M_UNSUPPORTED_ROOM_VERSION')
    assert.equal(await upgrade('alice', old, {}), '400 M_MISSING_PARAM')
    assert.equal(await upgrade('alice', old, { new_version: 11 }), '400 M_BAD_JSON')
    assert.equal(
      await upgrade('alice', old, { new_version: '12', additional_creators: ['x'] }),
      '400 M_INVALID_PARAM',
    )
    assert.equal(await upgrade('alice', '!unknown:test', { new_version: '11' }), '404 M_NOT_FOUND')
    assert.deepEqual(await server.ok('bob', 'GET', '/joined_rooms'), { joined_rooms: [old] })
    const gone = await server.call('alice', 'GET', `${server.room(old)}/state/m.room.tombstone`)
    assert.equal(gone.status, 404)
  })
})
