import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wholeServer } from '../whole-server-fixture.ts'

const OWN = '/_ranvier/admin/v1'
const DAY_MS = 24 * 3_600_000

databaseMatrix((open) => {
  test('an administrator logs a user out everywhere, and nobody else', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const [alice, bob] = [await server.person('alice'), await server.person('bob')]
    const logIn = () =>
      server.ok('POST', '/login', {
        body: { type: 'm.login.password', user: 'alice', password: 'pw-alice', refresh_token: true },
      })
    const second = await logIn()
    const puppet = await server.ok('POST', `/_synapse/admin/v1/users/${alice.userId}/login`, {
      token: admin.token,
      body: {},
    })
    const path = (userId: string) => `${OWN}/users/${encodeURIComponent(userId)}/log_out`

    assert.deepEqual(await server.ok('POST', path(alice.userId), { token: admin.token }), { devices: 2 })

    for (const token of [alice.token, second.access_token]) {
      const { status, body } = await server.call('GET', '/account/whoami', { token })
      assert.deepEqual([status, body.errcode], [401, 'M_UNKNOWN_TOKEN'])
    }
    const refresh = await server.call('POST', '/refresh', { body: { refresh_token: second.refresh_token } })
    assert.deepEqual([refresh.status, refresh.body.errcode], [401, 'M_UNKNOWN_TOKEN'])
    assert.deepEqual(await storage.read.devices.list(alice.userId), [])
    await server.ok('GET', '/account/whoami', { token: puppet.access_token })
    await server.ok('GET', '/account/whoami', { token: bob.token })
    await logIn()

    for (const [userId, status, errcode] of [
      ['@nobody:test', 404, 'M_NOT_FOUND'],
      ['@alice:elsewhere', 400, 'M_UNKNOWN'],
      ['alice', 400, 'M_INVALID_PARAM'],
    ] as const) {
      const answer = await server.call('POST', path(userId), { token: admin.token })
      assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], userId)
    }
    assert.equal((await server.call('POST', path(bob.userId), { token: bob.token })).status, 403)
  })

  test('devices nobody has used for long are listed, those unseen longest first', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const { token } = admin
    const people = [await server.person('alice'), await server.person('bob'), await server.person('carol')]
    server.clock.advance(1_000)
    await storage.write((tx) => tx.devices.ensure(people[0]!.userId, 'NEVER', null, server.clock.nowMs()))
    server.clock.advance(30 * DAY_MS)
    const since = server.clock.nowMs()
    await server.ok('GET', '/account/whoami', { token: people[1]!.token })
    const list = (query: string) => server.call('GET', `${OWN}/stale_devices?${query}`, { token })

    const seen: string[] = []
    let from = ''
    for (;;) {
      const { body } = await list(`unseen_since=${since}&limit=1${from}`)
      for (const device of body.devices) seen.push(`${device.user_id} ${device.device_id}`)
      if (body.next_token === undefined) break
      assert.equal(body.devices.length, 1)
      from = `&from=${body.next_token}`
    }

    const [alice, , carol] = people as [(typeof people)[0], unknown, (typeof people)[0]]
    assert.deepEqual(seen, [
      `${alice.userId} ${alice.deviceId}`,
      `${carol.userId} ${carol.deviceId}`,
      `${alice.userId} NEVER`,
    ])
    assert.deepEqual((await list(`unseen_since=${since}`)).body.devices.length, 3)
    assert.deepEqual((await list('unseen_since=0')).body, { devices: [] })
    for (const [query, errcode] of [
      ['', 'M_MISSING_PARAM'],
      ['unseen_since=x', 'M_INVALID_PARAM'],
      ['unseen_since=1&limit=0', 'M_INVALID_PARAM'],
      ['unseen_since=1&from=nonsense', 'M_INVALID_PARAM'],
      [`unseen_since=1&from=${Buffer.from('[1,"a",2]').toString('base64url')}`, 'M_INVALID_PARAM'],
      [`unseen_since=1&from=${Buffer.from('[1.5,"a","b"]').toString('base64url')}`, 'M_INVALID_PARAM'],
    ] as const) {
      const answer = await list(query)
      assert.deepEqual([answer.status, answer.body.errcode], [400, errcode], query)
    }
  })

  test('a dehydrated device is marked among the user’s devices, and none of those nobody uses', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token } = await server.person('admin', { admin: true })
    const [alice, bob] = [await server.person('alice'), await server.person('bob')]
    await server.ok('PUT', '/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device', {
      token: alice.token,
      body: {
        device_id: 'DRY',
        device_data: { algorithm: 'a' },
        device_keys: { user_id: alice.userId, device_id: 'DRY', algorithms: [], keys: {}, signatures: {} },
      },
    })
    server.clock.advance(30 * DAY_MS)
    const marks = async (userId: string) => {
      const { devices } = await server.ok('GET', `/_synapse/admin/v2/users/${userId}/devices`, { token })
      return devices.map((each: { dehydrated?: boolean }) => each.dehydrated).sort()
    }

    assert.deepEqual(await marks(alice.userId), [false, true])
    assert.deepEqual(await marks(bob.userId), [undefined])
    const { devices } = await server.ok('GET', `${OWN}/stale_devices?unseen_since=${server.clock.nowMs()}`, {
      token,
    })
    const stale = devices.map((each: { device_id: string }) => each.device_id)
    assert.ok(stale.includes(alice.deviceId))
    assert.ok(!stale.includes('DRY'))
  })
})
