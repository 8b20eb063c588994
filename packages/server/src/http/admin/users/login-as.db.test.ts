import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type Person, type WholeServer, wholeServer } from '../whole-server-fixture.ts'

const V1 = '/_synapse/admin/v1'
const V2 = '/_synapse/admin/v2'

/** A token with which `by` acts as `target`. */
async function puppet(server: WholeServer, by: Person, target: Person, body?: object): Promise<string> {
  const path = `${V1}/users/${target.userId}/login`
  return (await server.ok('POST', path, { token: by.token, body })).access_token
}

/** 200, or the errcode. */
async function whoami(server: WholeServer, token: string): Promise<unknown> {
  const { status, body } = await server.call('GET', '/account/whoami', { token })
  return status === 200 ? 200 : body.errcode
}

databaseMatrix((open) => {
  test('a puppet token acts as the user, has no device and shows nowhere', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const roomId = await server.createRoom(bob)
    const devices = () => server.ok('GET', '/devices', { token: bob.token })
    const before = await devices()

    const answer = await server.ok('POST', `${V1}/users/${bob.userId}/login`, { token: admin.token })
    const token: string = answer.access_token
    assert.deepEqual(Object.keys(answer), ['access_token'])

    const me = await server.ok('GET', '/account/whoami', { token })
    assert.deepEqual(me, { user_id: bob.userId, is_guest: false })
    const eventId = await server.say({ token }, roomId, 'as bob')
    const event = await server.event(bob, roomId, eventId)
    assert.deepEqual([event.sender, event.content.body], [bob.userId, 'as bob'])
    const seenByBob = (await devices()).devices.map((device: { device_id: string }) => device.device_id)
    assert.deepEqual(
      seenByBob,
      before.devices.map((device: { device_id: string }) => device.device_id),
    )
    const byAdmin = await server.ok('GET', `${V2}/users/${bob.userId}/devices`, { token: admin.token })
    assert.equal(byAdmin.total, 1)
    assert.equal((await server.call('GET', `${V2}/users`, { token })).status, 403, 'rights are the target’s')
  })

  test('requests of a puppet are booked on the administrator', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const token = await puppet(server, admin, bob)

    await server.call('GET', '/account/whoami', { token, ip: '10.1.2.3' })

    const ips = async (userId: string) => {
      const { devices } = await server.ok('GET', `${V1}/whois/${userId}`, { token: admin.token })
      return devices[''].sessions[0].connections.map((each: { ip: string }) => each.ip)
    }
    assert.ok(!(await ips(bob.userId)).includes('10.1.2.3'))
    assert.ok((await ips(admin.userId)).includes('10.1.2.3'))
  })

  test('the log names the user and who it was in truth', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const token = await puppet(server, admin, bob)

    await server.call('GET', '/joined_rooms', { token })
    await server.call('GET', '/joined_rooms', { token: bob.token })

    const [asPuppet, asBob] = server.logged.filter(({ path }) => String(path).endsWith('/joined_rooms'))
    assert.deepEqual([asPuppet?.['userId'], asPuppet?.['puppetedBy']], [bob.userId, admin.userId])
    assert.deepEqual([asBob?.['userId'], asBob?.['puppetedBy']], [bob.userId, undefined])
  })

  test('log-outs of user, administrator and puppet end what is theirs', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const one = await puppet(server, admin, bob)
    const two = await puppet(server, admin, bob)
    const state = async () => [
      await whoami(server, bob.token),
      await whoami(server, one),
      await whoami(server, two),
    ]
    assert.deepEqual(await state(), [200, 200, 200])

    await server.ok('POST', '/logout', { token: two })
    assert.deepEqual(await state(), [200, 200, 'M_UNKNOWN_TOKEN'])
    await server.ok('POST', '/logout/all', { token: bob.token })
    assert.deepEqual(await state(), ['M_UNKNOWN_TOKEN', 200, 'M_UNKNOWN_TOKEN'])
    await server.ok('POST', '/logout/all', { token: admin.token })
    assert.deepEqual(await state(), ['M_UNKNOWN_TOKEN', 'M_UNKNOWN_TOKEN', 'M_UNKNOWN_TOKEN'])
  })

  test('a puppet that logs out everywhere logs the user out and stays', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const token = await puppet(server, admin, bob)

    await server.ok('POST', '/logout/all', { token })

    assert.deepEqual([await whoami(server, bob.token), await whoami(server, token)], ['M_UNKNOWN_TOKEN', 200])
    const devices = await server.ok('GET', `${V2}/users/${bob.userId}/devices`, { token: admin.token })
    assert.equal(devices.total, 0)
  })

  test('puppets die with their administrator, and outlive the user', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const root = await server.person('root', { admin: true })
    const admin = await server.person('admin', { admin: true })
    const other = await server.person('other', { admin: true })
    const bob = await server.person('bob')
    const ofAdmin = await puppet(server, admin, bob)
    const ofOther = await puppet(server, other, bob)
    const ofRoot = await puppet(server, root, bob)
    const asAdmin = { token: root.token }

    await server.ok('POST', `${V1}/deactivate/${admin.userId}`, asAdmin)
    await server.ok('POST', `${V1}/reset_password/${other.userId}`, {
      ...asAdmin,
      body: { new_password: 'x' },
    })
    assert.deepEqual(
      [await whoami(server, ofAdmin), await whoami(server, ofOther)],
      ['M_UNKNOWN_TOKEN', 'M_UNKNOWN_TOKEN'],
    )

    await server.ok('POST', `${V1}/deactivate/${bob.userId}`, asAdmin)
    assert.deepEqual(
      [await whoami(server, bob.token), await whoami(server, ofRoot)],
      ['M_UNKNOWN_TOKEN', 200],
    )
    assert.equal(await whoami(server, await puppet(server, root, bob)), 200, 'also a new one')
    await server.jobsDone()
  })

  test('locking stops puppets, and so does their time', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const token = await puppet(server, admin, bob)
    const validUntilMs = server.clock.nowMs() + 5_000
    const short = await puppet(server, admin, bob, { valid_until_ms: validUntilMs })
    const past = await puppet(server, admin, bob, { valid_until_ms: 1 })
    const lock = (locked: boolean) =>
      server.ok('PUT', `${V2}/users/${bob.userId}`, { token: admin.token, body: { locked } })

    assert.equal(await whoami(server, short), 200)
    server.clock.advance(5_000)
    for (const each of [short, past]) {
      const { status, body } = await server.call('GET', '/account/whoami', { token: each })
      assert.deepEqual([status, body.errcode, body.soft_logout], [401, 'M_UNKNOWN_TOKEN', true])
    }
    await lock(true)
    const { status, body } = await server.call('GET', '/account/whoami', { token })
    assert.deepEqual([status, body.errcode, body.soft_logout], [401, 'M_USER_LOCKED', true])
    const issued = await puppet(server, admin, bob)
    assert.equal(await whoami(server, issued), 'M_USER_LOCKED')
    await lock(false)
    assert.equal(await whoami(server, token), 200)
    const forever = await puppet(server, admin, bob, { valid_until_ms: null })
    assert.equal(await whoami(server, forever), 200)
  })

  test('nobody acts as themselves, and times are whole numbers', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')

    for (const [userId, body] of [
      [admin.userId, {}],
      [bob.userId, { valid_until_ms: true }],
      [bob.userId, { valid_until_ms: 1.5 }],
      [bob.userId, { valid_until_ms: '1' }],
    ] as const) {
      const answer = await server.call('POST', `${V1}/users/${userId}/login`, { token: admin.token, body })
      assert.deepEqual([answer.status, answer.body.errcode], [400, 'M_UNKNOWN'], JSON.stringify(body))
    }
  })

  test('a puppet has the message limit of the user, and no limit at all if the administrator has none', async () => {
    await using storage = await open()
    const few = { perSecond: 0.001, burst: 2 }
    await using server = await wholeServer(storage, {
      rateLimits: { rc_message: few, rc_room_creation: few },
    })
    const admin = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const token = await puppet(server, admin, bob)
    const limit = (userId: string, body: object) =>
      server.ok('POST', `${V1}/users/${userId}/override_ratelimit`, { token: admin.token, body })
    const roomId = await server.createRoom({ ...bob, token })
    const sayUntilLimited = async (): Promise<number> => {
      for (let sent = 0; sent < 20; sent++) {
        const path = `${server.room(roomId)}/send/m.room.message/u${server.clock.nowMs()}`
        const { status } = await server.call('PUT', path, { token, body: { msgtype: 'm.text', body: 'x' } })
        if (status === 429) return sent
        assert.equal(status, 200)
      }
      return 20
    }

    assert.equal(await sayUntilLimited(), 2)
    await limit(bob.userId, { messages_per_second: 1, burst_count: 5 })
    server.clock.advance(60_000)
    assert.equal(await sayUntilLimited(), 5, 'the user’s own')
    assert.equal((await server.call('POST', '/createRoom', { token, body: {} })).status, 200)
    assert.equal((await server.call('POST', '/createRoom', { token, body: {} })).status, 429)

    await limit(admin.userId, { messages_per_second: 0, burst_count: 0 })
    assert.equal(await sayUntilLimited(), 20)
    assert.equal((await server.call('POST', '/createRoom', { token, body: {} })).status, 200)
  })
})
