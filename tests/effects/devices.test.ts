/** What goes with a device, by whichever door it is deleted, and what stays. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { Client, type Ranvier, request, type SyncResponse, serverMatrix } from '@ranvier/testkit'
import { CLIENT, enc, outcome, uploadKeys, v2User } from './cast.ts'

interface LogIn {
  access_token: string
  refresh_token: string
  user_id: string
  device_id: string
}

/** Ways to delete a device: by administrators, by its owner from another device, and by logging it out. */
const DOORS: Record<string, (who: { admin: Client; user: Client; device: Client }) => Promise<unknown>> = {
  'an administrator': ({ admin, device }) =>
    admin.delete(v2User(device.userId, `devices/${enc(device.deviceId)}`)),
  'an administrator, with others': ({ admin, device }) =>
    admin.post(v2User(device.userId, 'delete_devices'), { devices: [device.deviceId, 'NOTTHERE'] }),
  'its owner': ({ user, device }) =>
    user.delete(`${CLIENT}/devices/${enc(device.deviceId)}`, { auth: passwordOf(user) }),
  'its owner, with others': ({ user, device }) =>
    user.post(`${CLIENT}/delete_devices`, { devices: [device.deviceId], auth: passwordOf(user) }),
  'logging out': ({ device }) => device.post(`${CLIENT}/logout`),
}

const localpart = ({ userId }: Client) => userId.slice(1).split(':')[0]!

const passwordOf = (user: Client) => ({
  type: 'm.login.password',
  identifier: { type: 'm.id.user', user: user.userId },
  password: `pw-${localpart(user)}`,
})

serverMatrix((start) => {
  describe('deleting a device', () => {
    let server: Ranvier
    let admin: Client
    let pia: Client
    before(async () => {
      server = await start()
      admin = await server.registerAdmin()
      pia = await server.register('pia')
    })

    async function logIn(user: Client, deviceId?: string): Promise<{ device: Client; refreshToken: string }> {
      const answer = await request<LogIn>(server.url, 'POST', `${CLIENT}/login`, {
        ...passwordOf(user),
        refresh_token: true,
        ...(deviceId === undefined ? {} : { device_id: deviceId }),
      })
      const { user_id: userId, access_token: accessToken, refresh_token: refreshToken } = answer
      const device = new Client(server.url, { userId, deviceId: answer.device_id, accessToken })
      return { device, refreshToken }
    }

    const deviceKeys = async (user: Client) =>
      (
        await pia.post<{ device_keys: Record<string, object> }>(`${CLIENT}/keys/query`, {
          device_keys: { [user.userId]: [] },
        })
      ).device_keys[user.userId] ?? {}

    const setPusher = (device: Client) =>
      device.post(`${CLIENT}/pushers/set`, {
        kind: 'http',
        app_id: 'org.example',
        pushkey: `key of ${device.deviceId}`,
        app_display_name: 'App',
        device_display_name: 'Phone',
        lang: 'en',
        data: { url: 'https://push.example.org/_matrix/push/v1/notify' },
      })

    const devicesOf = async (user: Client) =>
      (await admin.get<{ devices: { device_id: string }[] }>(v2User(user.userId, 'devices'))).devices
        .map((device) => device.device_id)
        .sort()

    for (const [number, [door, deleteDevice]] of Object.entries(DOORS).entries()) {
      test(`by ${door} takes its session, keys, pusher and waiting messages along, and no others`, async () => {
        const user = await server.register(`uma${number}`)
        const { device, refreshToken } = await logIn(user)
        for (const each of [user, device]) {
          await uploadKeys(each)
          await setPusher(each)
        }
        const roomId = await pia.createRoom({ preset: 'public_chat' })
        await user.join(roomId)
        await pia.put(`${CLIENT}/sendToDevice/org.example.hello/${number}`, {
          messages: {
            [user.userId]: { [device.deviceId]: { hello: 'lost' }, [user.deviceId]: { hello: 'kept' } },
          },
        })
        const local = `${CLIENT}/user/${enc(user.userId)}/account_data/m.local_notification_settings`
        for (const each of [user, device]) await each.put(`${local}.${each.deviceId}`, { is_silenced: true })
        const since = (await pia.sync()).next_batch
        assert.deepEqual(Object.keys(await deviceKeys(user)).sort(), [user.deviceId, device.deviceId].sort())

        await deleteDevice({ admin, user, device })

        assert.equal(await outcome(device.get(`${CLIENT}/account/whoami`)), '401 M_UNKNOWN_TOKEN')
        assert.equal(await outcome(user.get(`${CLIENT}/account/whoami`)), '200')
        const refresh = request(server.url, 'POST', `${CLIENT}/refresh`, { refresh_token: refreshToken })
        assert.match(await outcome(refresh), /^40[13] /)
        assert.deepEqual(await devicesOf(user), [user.deviceId])
        assert.deepEqual(Object.keys(await deviceKeys(user)), [user.deviceId])
        const claim = (deviceId: string) =>
          pia.post<{ one_time_keys: Record<string, object> }>(`${CLIENT}/keys/claim`, {
            one_time_keys: { [user.userId]: { [deviceId]: 'signed_curve25519' } },
          })
        assert.deepEqual((await claim(device.deviceId)).one_time_keys[user.userId] ?? {}, {})
        assert.deepEqual(Object.keys((await claim(user.deviceId)).one_time_keys[user.userId] ?? {}), [
          user.deviceId,
        ])
        const { pushers } = await user.get<{ pushers: { pushkey: string }[] }>(`${CLIENT}/pushers`)
        assert.deepEqual(
          pushers.map(({ pushkey }) => pushkey),
          [`key of ${user.deviceId}`],
        )
        assert.equal(await outcome(user.get(`${local}.${device.deviceId}`)), '404 M_NOT_FOUND')
        assert.equal(await outcome(user.get(`${local}.${user.deviceId}`)), '200')
        await pia.syncUntil(
          (answer) =>
            (
              answer as SyncResponse & { device_lists?: { changed?: string[] } }
            ).device_lists?.changed?.includes(user.userId) === true,
          { since },
        )

        const messagesOf = async (client: Client) =>
          ((await client.sync()).to_device?.events ?? []).map(({ content }) => content['hello'])
        assert.deepEqual(await messagesOf(user), ['kept'])
        const { device: again } = await logIn(user, device.deviceId)
        assert.deepEqual(await messagesOf(again), [])
        assert.deepEqual(Object.keys(await deviceKeys(user)), [user.deviceId])
        await user.send(roomId, 'still here')
      })
    }

    test('of another user, or one that is not there, changes nothing', async () => {
      const user = await server.register('vic')
      const { device } = await logIn(user)
      const others = pia.delete(`${CLIENT}/devices/${enc(device.deviceId)}`, { auth: passwordOf(pia) })
      assert.match(await outcome(others), /^(200|404 M_NOT_FOUND)/)
      assert.equal(await outcome(admin.delete(v2User(user.userId, 'devices/NOTTHERE'))), '200')
      assert.equal(
        await outcome(pia.delete(v2User(user.userId, `devices/${enc(device.deviceId)}`))),
        '403 M_FORBIDDEN',
      )
      assert.deepEqual(await devicesOf(user), [user.deviceId, device.deviceId].sort())
      assert.equal(await outcome(device.get(`${CLIENT}/account/whoami`)), '200')
    })

    test('needs its owner’s password', async () => {
      const user = await server.register('wim')
      const { device } = await logIn(user)
      const path = `${CLIENT}/devices/${enc(device.deviceId)}`
      assert.match(await outcome(user.delete(path, {})), /^401 /)
      const wrong = { ...passwordOf(user), password: 'wrong' }
      assert.equal(await outcome(user.delete(path, { auth: wrong })), '401 M_FORBIDDEN')
      assert.equal(await outcome(device.get(`${CLIENT}/account/whoami`)), '200')
    })

    test('of which an administrator made it without a session is possible, too', async () => {
      const user = await server.register('xia')
      await admin.post(v2User(user.userId, 'devices'), { device_id: 'MADE' })
      await admin.put(v2User(user.userId, 'devices/MADE'), { display_name: 'Made for you' })
      const { devices } = await user.get<{ devices: { device_id: string; display_name?: string }[] }>(
        `${CLIENT}/devices`,
      )
      assert.equal(devices.find((device) => device.device_id === 'MADE')?.display_name, 'Made for you')
      await admin.delete(v2User(user.userId, 'devices/MADE'))
      assert.deepEqual(await devicesOf(user), [user.deviceId])
    })
  })
})
