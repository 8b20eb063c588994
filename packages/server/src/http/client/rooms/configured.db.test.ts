import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { registrationMac } from '../../../accounts/registration/register-with-secret.ts'
import { wiredServer } from '../../wired-server.ts'

const WELCOME = '#welcome:test'
type Server = Awaited<ReturnType<typeof wiredServer>>

async function membersOf(storage: Storage, alias: string): Promise<string[] | undefined> {
  const found = await storage.read.rooms.findAlias(alias)
  return found && (await storage.read.members.joinedIds(found.roomId)).sort()
}

async function stateOf(server: Server, token: string, roomId: string, type: string) {
  const path = `/rooms/${encodeURIComponent(roomId)}/state/${type}`
  const { status, body } = await server.call(token, 'GET', path)
  return status === 200 ? body : undefined
}

databaseMatrix((open) => {
  test('new accounts join the rooms everybody is put into, however they are made', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, { auto_join_rooms: [WELCOME, '#away:else.where'] })

    const admin = await server.register('first')
    await server.register('second')
    await storage.write((tx) => tx.accounts.update('@first:test' as never, { admin: true }))
    await server.ok(admin, 'PUT', '/_synapse/admin/v2/users/@third:test', { password: 'long enough' })
    const { nonce } = await server.ok(null, 'GET', '/_synapse/admin/v1/register')
    const wish = { nonce, username: 'fourth', password: 'long enough', admin: false }
    const mac = registrationMac('secret', { ...wish, userType: '' })
    await server.ok(null, 'POST', '/_synapse/admin/v1/register', { ...wish, mac })

    assert.deepEqual(await membersOf(storage, WELCOME), [
      '@first:test',
      '@fourth:test',
      '@second:test',
      '@third:test',
    ])
    const { roomId } = (await storage.read.rooms.findAlias(WELCOME))!
    const room = await storage.read.rooms.findRoom(roomId)
    assert.deepEqual([room?.creator, room?.joinRule, room?.published], ['@first:test', 'public', false])
  })

  test('rooms are made for the first person only, and not at all when that is off', async () => {
    await using storage = await open()
    {
      await using off = await wiredServer(storage, {
        auto_join_rooms: [WELCOME],
        autocreate_auto_join_rooms: false,
      })
      await off.register('first')
    }
    await using server = await wiredServer(storage, { auto_join_rooms: [WELCOME] })
    const second = await server.register('second')
    assert.equal(await storage.read.rooms.findAlias(WELCOME), undefined)

    await server.ok(second, 'POST', '/createRoom', { preset: 'public_chat', room_alias_name: 'welcome' })
    await server.register('third')
    assert.deepEqual(await membersOf(storage, WELCOME), ['@second:test', '@third:test'])
  })

  test('private rooms are made by the configured user, who invites; they may stay on this server', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, {
      auto_join_rooms: [WELCOME],
      autocreate_auto_join_room_preset: 'private_chat',
      autocreate_auto_join_rooms_federated: false,
      auto_join_mxid_localpart: 'system',
    })

    await server.register('first')
    await server.register('second')

    assert.deepEqual(await membersOf(storage, WELCOME), ['@first:test', '@second:test', '@system:test'])
    const { roomId } = (await storage.read.rooms.findAlias(WELCOME))!
    const room = await storage.read.rooms.findRoom(roomId)
    assert.deepEqual([room?.creator, room?.joinRule, room?.federatable], ['@system:test', 'invite', false])
    assert.equal((await storage.read.accounts.find('@system:test'))?.userType, 'bot')
  })

  test('limits keep nobody out, and guests come along where both agree', async () => {
    await using storage = await open()
    const settings = {
      auto_join_rooms: [WELCOME],
      rc_joins: { local: { per_second: 0.001, burst_count: 1 } },
      rc_joins_per_room: { per_second: 0.001, burst_count: 1 },
    }
    const registerGuest = async (server: Server) =>
      (await server.ok(null, 'POST', '/register?kind=guest', {})).user_id
    await using server = await wiredServer(storage, settings)
    const first = await server.register('first')
    for (const name of ['second', 'third']) await server.register(name)
    assert.equal((await membersOf(storage, WELCOME))?.length, 3)

    await registerGuest(server)
    assert.equal((await membersOf(storage, WELCOME))?.length, 3)
    const { roomId } = (await storage.read.rooms.findAlias(WELCOME))!
    await server.ok(first, 'PUT', `/rooms/${encodeURIComponent(roomId)}/state/m.room.guest_access/`, {
      guest_access: 'can_join',
    })
    const guest = await registerGuest(server)
    assert.ok((await membersOf(storage, WELCOME))?.includes(guest))
    await using without = await wiredServer(storage, { ...settings, auto_join_rooms_for_guests: false })
    const uninvited = await registerGuest(without)
    assert.ok(!(await membersOf(storage, WELCOME))?.includes(uninvited))
  })

  test('new rooms are encrypted where the configuration says so', async () => {
    await using storage = await open()
    const encrypted = async (setting: string): Promise<boolean[]> => {
      await using server = await wiredServer(storage, {
        encryption_enabled_by_default_for_room_type: setting,
      })
      const token = await server.register(`owner-${setting}`)
      const found: boolean[] = []
      for (const preset of ['public_chat', 'private_chat', 'trusted_private_chat']) {
        const { room_id } = await server.ok(token, 'POST', '/createRoom', { preset })
        const state = await stateOf(server, token, room_id, 'm.room.encryption')
        found.push(state?.algorithm === 'm.megolm.v1.aes-sha2')
      }
      return found
    }
    assert.deepEqual(await encrypted('off'), [false, false, false])
    assert.deepEqual(await encrypted('invite'), [false, true, true])
    assert.deepEqual(await encrypted('all'), [true, true, true])
  })

  test('power levels of new rooms are the preset’s, then the operator’s, then the client’s', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, {
      default_power_level_content_override: {
        private_chat: { invite: 30, events: { 'm.room.topic': 0 } },
        public_chat: null,
      },
    })
    const token = await server.register('alice')
    const levels = async (body: object) => {
      const { room_id } = await server.ok(token, 'POST', '/createRoom', body)
      return stateOf(server, token, room_id, 'm.room.power_levels')
    }
    const plain = await levels({ preset: 'private_chat' })
    assert.deepEqual([plain.invite, plain.events], [30, { 'm.room.topic': 0 }])
    const own = await levels({ preset: 'private_chat', power_level_content_override: { invite: 40 } })
    assert.deepEqual([own.invite, own.events], [40, { 'm.room.topic': 0 }])
    assert.equal((await levels({ preset: 'public_chat' })).invite, 50)
  })

  test('invites tell what the invited are called, unless that is off', async () => {
    await using storage = await open()
    const inviteContent = async (names: [string, string], settings: object) => {
      await using server = await wiredServer(storage, { ...settings })
      const [host, guest] = names
      const token = await server.register(host)
      await server.register(guest)
      const contents: object[] = []
      const made = await server.ok(token, 'POST', '/createRoom', { invite: [`@${guest}:test`] })
      const empty = await server.ok(token, 'POST', '/createRoom', {})
      const path = `/rooms/${encodeURIComponent(empty.room_id)}/invite`
      await server.ok(token, 'POST', path, { user_id: `@${guest}:test` })
      for (const { room_id } of [made, empty])
        contents.push(await stateOf(server, token, room_id, `m.room.member/@${guest}:test`))
      return contents
    }
    const named = { membership: 'invite', displayname: 'bob' }
    assert.deepEqual(await inviteContent(['alice', 'bob'], {}), [named, named])
    const hidden = await inviteContent(['carol', 'dave'], { include_profile_data_on_invite: false })
    assert.deepEqual(hidden, [{ membership: 'invite' }, { membership: 'invite' }])
  })

  test('a room that is left is forgotten at once where the configuration says so', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, { forget_rooms_on_leave: true })
    const [alice, bob] = [await server.register('alice'), await server.register('bob')]
    const { room_id } = await server.ok(alice, 'POST', '/createRoom', { preset: 'public_chat' })
    const room = `/rooms/${encodeURIComponent(room_id)}`
    await server.ok(bob, 'POST', `${room}/join`, {})
    const before = await server.ok(bob, 'GET', '/sync')

    await server.ok(bob, 'POST', `${room}/leave`, {})

    assert.equal((await storage.read.members.find(room_id, '@bob:test'))?.forgotten, true)
    const { capabilities } = await server.ok(bob, 'GET', '/capabilities')
    assert.deepEqual(capabilities['m.forget_forced_upon_leave'], { enabled: true })
    assert.equal((await server.call(bob, 'GET', `${room}/messages?dir=b`)).status, 403)
    const after = await server.ok(bob, 'GET', `/sync?since=${before.next_batch}`)
    assert.deepEqual(Object.keys(after.rooms.leave), [room_id])
    await server.ok(bob, 'POST', `${room}/join`, {})
    assert.equal((await storage.read.members.find(room_id, '@bob:test'))?.forgotten, false)
    await server.ok(alice, 'POST', `${room}/kick`, { user_id: '@bob:test' })
    assert.equal((await storage.read.members.find(room_id, '@bob:test'))?.forgotten, true)
  })

  test('excluded rooms are left out of syncs, and nothing else of them changes', async () => {
    await using storage = await open()
    let roomId = ''
    {
      await using server = await wiredServer(storage)
      const alice = await server.register('alice')
      roomId = (await server.ok(alice, 'POST', '/createRoom', {})).room_id
    }
    await using server = await wiredServer(storage, { exclude_rooms_from_sync: [roomId] })
    const bob = await server.register('bob')
    const login = { type: 'm.login.password', identifier: { type: 'm.id.user', user: 'alice' } }
    const alice = (await server.ok(null, 'POST', '/login', { ...login, password: 'password' })).access_token
    const first = await server.ok(alice, 'GET', '/sync')
    assert.equal(first.rooms, undefined)

    const room = `/rooms/${encodeURIComponent(roomId)}`
    await server.ok(alice, 'PUT', `${room}/send/m.room.message/1`, { msgtype: 'm.text', body: 'x' })
    const other = await server.ok(bob, 'POST', '/createRoom', { invite: ['@alice:test'] })
    const next = await server.ok(alice, 'GET', `/sync?since=${first.next_batch}`)
    assert.deepEqual(next.rooms, { invite: { [other.room_id]: next.rooms.invite[other.room_id] } })
    assert.ok((await server.ok(alice, 'GET', `${room}/messages?dir=b`)).chunk.length > 0)
  })
})
