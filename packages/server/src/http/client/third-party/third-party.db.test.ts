import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { AS_TOKEN, bridgedServer, testBridge } from '../appservice/bridge-fixture.ts'

const enc = encodeURIComponent
const IRC = {
  user_fields: ['network', 'nickname'],
  location_fields: ['network', 'channel'],
  icon: 'mxc://test/icon',
  field_types: {},
  instances: [
    { network_id: 'libera', desc: 'Libera', fields: { network: 'libera' } },
    { network_id: 'oftc', desc: 'OFTC', fields: { network: 'oftc' } },
  ],
}
const USER = { userid: '@irc_ada:test', protocol: 'irc', fields: { nickname: 'ada' } }
const ROOM = { alias: '#irc_ada:test', protocol: 'irc', fields: { channel: '#ada' } }

databaseMatrix((open) => {
  test('networks, and who and what is there, are what the bridge says', async () => {
    await using bridge = await testBridge()
    await using server = await bridgedServer(await open(), { url: bridge.url, protocols: ['irc', 'down'] })
    const carol = await server.register('carol')
    const get = (path: string) => server.call(carol, 'GET', `/thirdparty/${path}`)
    const answers: Record<string, object> = {
      'thirdparty/protocol/irc': IRC,
      'thirdparty/user/irc?nickname=ada': [USER, { userid: 7 }],
      'thirdparty/location/irc?channel=%23ada': [ROOM],
      'thirdparty/user?userid=%40irc_ada%3Atest': [USER],
      'thirdparty/location?alias=%23irc_ada%3Atest': [ROOM],
    }
    bridge.knows(async (path) => answers[path])

    const irc = {
      ...IRC,
      instances: IRC.instances.map((each) => ({ ...each, instance_id: `irc|${each.network_id}` })),
    }
    assert.deepEqual((await get('protocols')).body, { irc })
    assert.deepEqual((await get('protocol/irc')).body, irc)
    const found = await server.call(null, 'GET', `/thirdparty/user/irc?nickname=ada&access_token=${carol}`)
    assert.deepEqual(found.body, [USER])
    assert.deepEqual((await get('location/irc?channel=%23ada')).body, [ROOM])
    assert.deepEqual((await get(`user?userid=${enc('@irc_ada:test')}`)).body, [USER])
    assert.deepEqual((await get(`location?alias=${enc('#irc_ada:test')}`)).body, [ROOM])
    for (const path of [
      'protocol/xmpp',
      'protocol/down',
      'user/xmpp',
      'user/irc?nickname=bob',
      'location/irc',
    ])
      assert.deepEqual([(await get(path)).status, (await get(path)).body.errcode], [404, 'M_NOT_FOUND'], path)
    assert.equal((await get('user')).body.errcode, 'M_MISSING_PARAM')
    assert.equal((await server.call(null, 'GET', '/thirdparty/protocols')).status, 401)
    assert.ok(!bridge.queries.some(({ path }) => path.includes(carol)))
    const asked = () => bridge.queries.filter(({ path }) => path === 'thirdparty/protocol/irc').length
    assert.equal(asked(), 1, 'what is known of a network is kept')
    server.clock.advance(5 * 60_000)
    await get('protocol/irc')
    assert.equal(asked(), 2)
  })

  test('bridges list rooms of their networks', async () => {
    await using server = await bridgedServer(await open(), { protocols: ['irc'] })
    const carol = await server.register('carol')
    const create = async (name: string) =>
      (await server.ok(carol, 'POST', '/createRoom', { preset: 'public_chat', name })).room_id as string
    const [one, two, three] = [await create('one'), await create('two'), await create('three')]
    const put = (token: string, network: string, roomId: string, body: object) =>
      server.call(token, 'PUT', `/directory/list/appservice/${network}/${enc(roomId)}`, body)
    const names = async (body: object) => {
      const list = await server.ok(carol, 'POST', '/publicRooms', body)
      assert.equal(list.total_room_count_estimate, list.chunk.length)
      return list.chunk.map(({ name }: { name: string }) => name).toSorted()
    }
    await server.ok(carol, 'PUT', `/directory/list/room/${enc(three!)}`, { visibility: 'public' })

    assert.equal((await put(AS_TOKEN, 'libera', one!, { visibility: 'public' })).status, 200)
    assert.equal((await put(AS_TOKEN, 'libera', one!, { visibility: 'public' })).status, 200)
    assert.equal((await put(AS_TOKEN, 'oftc', two!, { visibility: 'public' })).status, 200)

    assert.deepEqual(await names({}), ['three'])
    assert.deepEqual(await names({ third_party_instance_id: 'irc|libera' }), ['one'])
    assert.deepEqual(await names({ third_party_instance_id: 'irc|oftc' }), ['two'])
    assert.deepEqual(await names({ third_party_instance_id: 'irc|none' }), [])
    assert.deepEqual(await names({ include_all_networks: true }), ['one', 'three', 'two'])
    assert.deepEqual(await names({ third_party_instance_id: 'irc' }), [])

    assert.equal((await put(AS_TOKEN, 'libera', one!, { visibility: 'private' })).status, 200)
    assert.deepEqual(await names({ third_party_instance_id: 'irc|libera' }), [])
    const outcome = async (...args: Parameters<typeof put>) => (await put(...args)).body.errcode
    assert.equal(await outcome(carol, 'libera', one!, { visibility: 'public' }), 'M_FORBIDDEN')
    assert.equal(await outcome(AS_TOKEN, 'libera', '!none:test', { visibility: 'public' }), 'M_NOT_FOUND')
    assert.equal(await outcome(AS_TOKEN, 'libera', one!, { visibility: 'secret' }), 'M_INVALID_PARAM')
    assert.equal(await outcome(AS_TOKEN, 'libera', one!, {}), 'M_MISSING_PARAM')
    assert.equal(await outcome(AS_TOKEN, 'a%7Cb', one!, { visibility: 'public' }), 'M_INVALID_PARAM')
  })
})
