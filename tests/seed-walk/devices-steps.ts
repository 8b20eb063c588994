import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client, matrixError } from '@ranvier/testkit'
import { steps } from './accounts-steps.ts'
import { pusher } from './sessions-steps.ts'
import { assertFields, assertRecentMs, WAYS, type Walk } from './walk.ts'

const V1 = '/_synapse/admin/v1'
const V2 = '/_synapse/admin/v2'
const CLIENT = '/_matrix/client/v3'

export function loginSteps(walk: () => Walk): void {
  test('Login as a user', async () => {
    const { server, admin, id, get, ok } = steps(walk())
    for (const way of WAYS) {
      const name = `login-${way}`
      const userId = id(name)
      const person = await walk().person(name)
      const devices = await get(`${V2}/users/${userId}/devices`)
      const asUser = async (body: object): Promise<Client> => {
        const answer = await ok(way, 'POST', `${V1}/users/${userId}/login`, body)
        assert.deepEqual(Object.keys(answer), ['access_token'])
        assert.equal(typeof answer.access_token, 'string')
        return new Client(server.url, { userId, deviceId: '', accessToken: answer.access_token })
      }
      const ended = matrixError(401, 'M_UNKNOWN_TOKEN')

      const puppet = await asUser({})

      assert.equal((await puppet.get(`${CLIENT}/account/whoami`))['user_id'], userId)
      assert.deepEqual(
        idsOf(await get(`${V2}/users/${userId}/devices`)),
        idsOf(devices),
        'it does not generate a new device',
      )
      const other = await asUser({ valid_until_ms: Date.now() + 3_600_000 })
      await other.sync()
      const over = await asUser({ valid_until_ms: Date.now() - 1 })
      await assert.rejects(over.sync(), ended, 'the token expires')

      // "To expire the token call the standard /logout API with the token."
      await puppet.logOut()
      await assert.rejects(puppet.sync(), ended)
      await other.sync()
      await person.post(`${CLIENT}/logout/all`)
      await other.sync()
    }
    // "The token will expire if the admin user calls /logout/all from any of their devices."
    const secondAdmin = await server.registerAdmin('second-admin')
    const target = `${V1}/users/${id('login-header')}/login`
    const { access_token: accessToken } = await secondAdmin.post<{ access_token: string }>(target, {})
    const puppet = new Client(server.url, { userId: id('login-header'), deviceId: '', accessToken })
    await puppet.sync()
    const elsewhere = await Client.logIn(server.url, 'second-admin')
    await elsewhere.post(`${CLIENT}/logout/all`)
    await assert.rejects(puppet.sync(), matrixError(401, 'M_UNKNOWN_TOKEN'))
    await walk().refused(400, 'M_UNKNOWN', 'POST', `${V1}/users/${admin.userId}/login`, {})
  })
}

export function deviceSteps(walk: () => Walk): void {
  /** The account of the page's examples: a session of its own, and the two devices. */
  async function withDevices(name: string) {
    const { admin, id } = steps(walk())
    await admin.put(`${V2}/users/${id(name)}`, { password: `pw-${name}` })
    const android = await walk().device(name, 'QBUAZIFURK', 'android')
    const ios = await walk().device(name, 'AUIECTSRND', 'ios')
    for (const device of [android, ios]) await device.get(`${CLIENT}/account/whoami`)
    return { android, ios, userId: id(name) }
  }

  function assertDevice(device: Record<string, unknown>, userId: string): void {
    assertFields(device, { device_id: 'string', display_name: 'string', user_id: 'string' })
    assert.equal(device['last_seen_ip'], '127.0.0.1')
    assertRecentMs(device['last_seen_ts'])
    assert.equal(device['user_id'], userId)
  }

  test('User devices: List all devices', async () => {
    const { userId } = await withDevices('devices')

    const { devices, total } = await walk().get(`${V2}/users/${userId}/devices`)

    assert.equal(total, 2)
    for (const device of devices) assertDevice(device, userId)
    const names = devices.map((device: Record<string, string>) => [
      device['device_id'],
      device['display_name'],
    ])
    assert.deepEqual(Object.fromEntries(names), { QBUAZIFURK: 'android', AUIECTSRND: 'ios' })
  })

  test('User devices: Delete multiple devices', async () => {
    for (const way of WAYS) {
      const { userId, android, ios } = await withDevices(`delete-many-${way}`)
      const body = { devices: ['QBUAZIFURK', 'AUIECTSRND'] }

      assert.deepEqual(await walk().ok(way, 'POST', `${V2}/users/${userId}/delete_devices`, body), {})

      assert.deepEqual(await walk().get(`${V2}/users/${userId}/devices`), { devices: [], total: 0 })
      for (const client of [android, ios])
        await assert.rejects(client.sync(), matrixError(401, 'M_UNKNOWN_TOKEN'))
      await walk().refused(400, 'M_MISSING_PARAM', 'POST', `${V2}/users/${userId}/delete_devices`, {})
    }
  })

  test('User devices: Show a device', async () => {
    const userId = walk().id('devices')

    const device = await walk().get(`${V2}/users/${userId}/devices/QBUAZIFURK`)

    assertDevice(device, userId)
    assert.deepEqual([device.device_id, device.display_name], ['QBUAZIFURK', 'android'])
    await walk().refused(404, 'M_NOT_FOUND', 'GET', `${V2}/users/${userId}/devices/NONE`)
  })

  test('User devices: Update a device', async () => {
    const userId = walk().id('devices')
    for (const [i, way] of WAYS.entries()) {
      const path = `${V2}/users/${userId}/devices/${['QBUAZIFURK', 'AUIECTSRND'][i]}`

      assert.deepEqual(await walk().ok(way, 'PUT', path, { display_name: 'My other phone' }), {})
      assert.equal((await walk().get(path)).display_name, 'My other phone')
      assert.deepEqual(await walk().ok(way, 'PUT', path, {}), {})
      assert.equal((await walk().get(path)).display_name, 'My other phone', 'not given: unchanged')
    }
  })

  test('User devices: Delete a device', async () => {
    for (const way of WAYS) {
      const { userId, android, ios } = await withDevices(`delete-one-${way}`)

      assert.deepEqual(await walk().ok(way, 'DELETE', `${V2}/users/${userId}/devices/QBUAZIFURK`, {}), {})

      await assert.rejects(android.sync(), matrixError(401, 'M_UNKNOWN_TOKEN'))
      await ios.sync()
      assert.deepEqual(idsOf(await walk().get(`${V2}/users/${userId}/devices`)), ['AUIECTSRND'])
    }
  })
}

export function pusherSteps(walk: () => Walk): void {
  test('List all pushers', async () => {
    const { id, get } = steps(walk())
    const person = await walk().person('pushers')
    assert.deepEqual(await get(`${V1}/users/${id('pushers')}/pushers`), { pushers: [], total: 0 })
    const set = pusher('a@example.com')
    await person.post(`${CLIENT}/pushers/set`, set)

    const { pushers, total } = await get(`${V1}/users/${id('pushers')}/pushers`)

    assert.equal(total, 1)
    assertFields(pushers[0], {
      app_display_name: 'string',
      app_id: 'string',
      data: 'object',
      device_display_name: 'string',
      kind: 'string',
      lang: 'string',
      profile_tag: 'string',
      pushkey: 'string',
    })
    for (const [name, value] of Object.entries(set)) assert.deepEqual(pushers[0][name], value, name)
  })
}

export function shadowBanSteps(walk: () => Walk): void {
  test('Controlling whether a user is shadow-banned', async () => {
    const { id, flag, get, ok } = steps(walk())
    for (const way of WAYS) {
      const userId = id(`shadow-${way}`)
      await walk().person(`shadow-${way}`)
      const path = `${V1}/users/${userId}/shadow_ban`

      assert.deepEqual(await ok(way, 'POST', path), {})
      assert.equal((await get(`${V2}/users/${userId}`)).shadow_banned, flag(true))
      assert.deepEqual(await ok(way, 'DELETE', path), {})
      assert.equal((await get(`${V2}/users/${userId}`)).shadow_banned, flag(false))
    }
    await walk().refused(400, 'M_UNKNOWN', 'POST', `${V1}/users/@x:elsewhere.org/shadow_ban`)
  })

  test('A shadow-banned user receives successful responses, but the events are not propagated', async () => {
    const { id, ok } = steps(walk())
    const friend = await walk().person('shadow-friend')
    const person = await walk().person('shadow-person')
    const roomId = await friend.createRoom({ preset: 'public_chat' })
    await person.join(roomId)

    await ok('header', 'POST', `${V1}/users/${id('shadow-person')}/shadow_ban`)
    const unheard = await person.send(roomId, 'does anybody hear me?')
    await ok('header', 'DELETE', `${V1}/users/${id('shadow-person')}/shadow_ban`)
    const heard = await person.send(roomId, 'and now?')

    const seen = (await friend.history(roomId)).map((event) => event.event_id)
    assert.deepEqual([seen.includes(unheard), seen.includes(heard)], [false, true])
  })
}

export function rateLimitSteps(walk: () => Walk): void {
  test('Override ratelimiting for users: get, set and delete', async () => {
    const { id, get, ok } = steps(walk())
    for (const way of WAYS) {
      await walk().person(`limit-${way}`)
      const path = `${V1}/users/${id(`limit-${way}`)}/override_ratelimit`

      assert.deepEqual(await get(path), {}, 'no custom ratelimit: an empty JSON dict')
      const off = { messages_per_second: 0, burst_count: 0 }
      assert.deepEqual(await ok(way, 'POST', path, off), off)
      assert.deepEqual(await get(path), off)
      const some = { messages_per_second: 3, burst_count: 4 }
      assert.deepEqual(await ok(way, 'POST', path, some), some)
      assert.deepEqual(await get(path), some)
      assert.deepEqual(await ok(way, 'POST', path), off, 'both are 0 by default')
      assert.deepEqual(await ok(way, 'DELETE', path), {})
      assert.deepEqual(await get(path), {})
      await walk().refused(400, 'M_INVALID_PARAM', 'POST', path, { burst_count: -1 })
    }
  })
}

export function usernameSteps(walk: () => Walk): void {
  test('Check username availability', async () => {
    const { id, get, admin } = steps(walk())
    await admin.put(`${V2}/users/${id('taken')}`, {})

    assert.deepEqual(await get(`${V1}/username_available?username=free`), { available: true })
    await walk().refused(400, 'M_USER_IN_USE', 'GET', `${V1}/username_available?username=taken`)
    await walk().refused(400, 'M_INVALID_USERNAME', 'GET', `${V1}/username_available?username=not%20valid`)
    await walk().refused(400, 'M_MISSING_PARAM', 'GET', `${V1}/username_available`)
  })
}

function idsOf({ devices }: { devices: { device_id: string }[] }): string[] {
  return devices.map((device) => device.device_id).sort()
}
