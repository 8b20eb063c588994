import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { AS_TOKEN, bridgedServer, HS_TOKEN, testBridge } from './bridge-fixture.ts'

const enc = encodeURIComponent

databaseMatrix((open) => {
  test('a room of the bridge is made when somebody asks for its alias', async () => {
    await using bridge = await testBridge()
    await using server = await bridgedServer(await open(), { url: bridge.url })
    const carol = await server.register('carol')
    bridge.knows(async (path) => {
      if (path !== `rooms/${enc('#irc_ranvier:test')}`) return undefined
      const room = { room_alias_name: 'irc_ranvier', preset: 'public_chat' }
      await server.ok(AS_TOKEN, 'POST', '/createRoom', room)
      return {}
    })

    const joined = await server.ok(carol, 'POST', `/join/${enc('#irc_ranvier:test')}`, {})

    const { room_id: roomId } = await server.ok(null, 'GET', `/directory/room/${enc('#irc_ranvier:test')}`)
    assert.equal(joined.room_id, roomId)
    assert.equal((await server.call(carol, 'POST', `/join/${enc('#irc_none:test')}`, {})).status, 404)
    assert.equal((await server.call(carol, 'POST', `/join/${enc('#other:test')}`, {})).status, 404)
    assert.deepEqual(
      bridge.queries,
      ['#irc_ranvier:test', '#irc_none:test'].map((alias) => ({
        path: `rooms/${enc(alias)}`,
        token: `Bearer ${HS_TOKEN}`,
      })),
      'once, and for its own only',
    )
  })

  test('a user of the bridge is made when somebody invites them or looks at them', async () => {
    await using bridge = await testBridge()
    await using server = await bridgedServer(await open(), { url: bridge.url })
    const carol = await server.register('carol')
    bridge.knows(async (path) => {
      const name = /^users\/%40(irc_[ab]):?/.exec(decodeURIComponent(path).replace('@', '%40'))?.[1]
      if (name === undefined) return undefined
      await server.bridged(name)
      return {}
    })
    const { room_id: roomId } = await server.ok(carol, 'POST', '/createRoom', {})
    const invite = (user_id: string) =>
      server.call(carol, 'POST', `/rooms/${enc(roomId)}/invite`, { user_id })

    assert.equal((await invite('@irc_a:test')).status, 200)
    assert.equal((await server.ok(carol, 'GET', '/profile/@irc_b:test')).displayname, 'irc_b')

    assert.notEqual(await server.storage.read.accounts.find('@irc_a:test'), undefined)
    const state = await server.ok(carol, 'GET', `/rooms/${enc(roomId)}/state/m.room.member/@irc_a:test`)
    assert.equal(state.displayname, 'irc_a', 'it was there before the invite')
    assert.equal((await server.call(carol, 'GET', '/profile/@irc_c:test')).status, 404)
    assert.equal((await server.call(carol, 'GET', '/profile/@nobody:test')).status, 404)
    assert.equal(bridge.queries.length, 3)
  })

  test('a bridge that cannot be asked keeps nobody from going on', async () => {
    const bridge = await testBridge()
    await bridge[Symbol.asyncDispose]()
    await using server = await bridgedServer(await open(), { url: bridge.url, protocols: ['irc'] })
    const carol = await server.register('carol')
    const { room_id: roomId } = await server.ok(carol, 'POST', '/createRoom', {})

    const invite = { user_id: '@irc_a:test' }
    assert.equal((await server.call(carol, 'POST', `/rooms/${enc(roomId)}/invite`, invite)).status, 200)
    assert.equal((await server.call(carol, 'POST', `/join/${enc('#irc_x:test')}`, {})).status, 404)
    assert.deepEqual(await server.ok(carol, 'GET', '/thirdparty/protocols'), {})
  })
})
