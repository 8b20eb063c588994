/** What the contract says of accounts that no other test shows. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { answerProblems } from '@ranvier/admin-api/openapi/check-answer'
import { Client, type Ranvier, serverMatrix } from '@ranvier/testkit'

const V2 = '/_synapse/admin/v2'
const CLIENT = '/_matrix/client/v3'

serverMatrix((start) => {
  let server: Ranvier
  let admin: Client
  before(async () => {
    server = await start({
      configOverrides: {
        user_types: { extra_user_types: ['teacher'], default_user_type: 'teacher' },
        email: { smtp_host: '127.0.0.1', smtp_port: 9, notif_from: 'x@y.z', enable_notifs: true },
      },
    })
    admin = await server.registerAdmin()
  })
  const pathOf = (name: string) => `${V2}/users/@${name}:${server.serverName}`

  test('types of the configuration can be given, and one is given by itself', async () => {
    const typed = async (name: string, body: object) =>
      (await admin.put(pathOf(name), body as Record<string, unknown>))['user_type']

    assert.equal(await typed('plain', {}), 'teacher')
    assert.equal(await typed('none', { user_type: null }), 'teacher')
    assert.equal(await typed('robot', { user_type: 'bot' }), 'bot')
    assert.equal(await typed('robot', { user_type: 'teacher' }), 'teacher')
    assert.equal(await typed('robot', { user_type: null }), null)
  })

  test('a new account with an address gets mail about events, and none for a telephone number', async () => {
    const threepids = [
      { medium: 'email', address: 'Post@Example.org' },
      { medium: 'msisdn', address: '447700900321' },
    ]
    await admin.put(pathOf('post'), { threepids })

    const answer = await admin.get<{ pushers: Record<string, unknown>[]; total: number }>(
      `/_synapse/admin/v1/users/@post:${server.serverName}/pushers`,
    )

    assert.deepEqual(answerProblems('listPushers', 200, answer), [])
    assert.equal(answer.total, 1)
    const [pusher] = answer.pushers
    assert.deepEqual(
      [pusher!['kind'], pusher!['app_id'], pusher!['pushkey']],
      ['email', 'm.email', 'post@example.org'],
    )
    assert.deepEqual([pusher!['enabled'], pusher!['device_id']], [true, null])
  })

  test('a new name is told to the rooms in the name of the user, without the spaces around it', async () => {
    await admin.put(pathOf('una'), { password: 'pw-una' })
    const una = await Client.logIn(server.url, 'una')
    const roomId = await una.createRoom()

    const changed = await admin.put(pathOf('una'), { displayname: '  Una  ', avatar_url: 'mxc://x/y' })

    assert.equal(changed['displayname'], 'Una')
    const state = await una.get<{ type: string; sender: string; state_key: string; content: object }[]>(
      `${CLIENT}/rooms/${encodeURIComponent(roomId)}/state`,
    )
    const member = state.find(({ state_key }) => state_key === una.userId)
    assert.deepEqual(
      [member?.sender, member?.content],
      [una.userId, { membership: 'join', displayname: 'Una', avatar_url: 'mxc://x/y' }],
    )
  })

  test('a device that was used shows by whom, from where and when', async () => {
    await admin.put(pathOf('dan'), { password: 'pw-dan' })
    const dan = await Client.logIn(server.url, 'dan')
    const startMs = Date.now()
    const path = `${pathOf('dan')}/devices/${dan.deviceId}`
    await admin.put(path, { display_name: 'Phone' })
    const whoami = { headers: { authorization: `Bearer ${dan.accessToken}`, 'user-agent': 'Agent/1' } }
    await fetch(`${server.url}${CLIENT}/account/whoami`, whoami)

    const device = await admin.get(path)

    const { last_seen_ts: seenTs, ...rest } = device
    assert.deepEqual(rest, {
      user_id: dan.userId,
      device_id: dan.deviceId,
      display_name: 'Phone',
      last_seen_ip: '127.0.0.1',
      last_seen_user_agent: 'Agent/1',
    })
    assert.ok(Math.abs(Number(seenTs) - startMs) < 60_000, `${seenTs} is not now, in ms`)
    const list = await admin.get(`${pathOf('dan')}/devices`)
    assert.deepEqual(list, { devices: [device], total: 1 })
  })
})
