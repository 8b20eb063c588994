/** What resetting a password ends, and what it spares. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { Client, type Ranvier, request, serverMatrix } from '@ranvier/testkit'
import { actAs, CLIENT, enc, outcome, uploadKeys, V1, v2User } from './cast.ts'

const WHOAMI = `${CLIENT}/account/whoami`

serverMatrix((start) => {
  describe('resetting a password', () => {
    let server: Ranvier
    let admin: Client
    let pia: Client
    before(async () => {
      server = await start({
        configOverrides: { password_config: { policy: { enabled: true, minimum_length: 30 } } },
      })
      admin = await server.registerAdmin()
      pia = await server.register('pia', 'pw-pia'.padEnd(30, '.'))
    })

    const newcomer = (name: string) => server.register(name, `pw-${name}`.padEnd(30, '.'))
    const reset = (user: Client, body: Record<string, unknown>) =>
      admin.post(`${V1}/reset_password/${enc(user.userId)}`, { new_password: 'new', ...body })
    const DOORS: Record<string, (user: Client, logoutDevices?: boolean) => Promise<unknown>> = {
      'the call for it': (user, logoutDevices) => reset(user, { logout_devices: logoutDevices }),
      'changing the account': (user, logoutDevices) =>
        admin.put(v2User(user.userId), { password: 'new', logout_devices: logoutDevices }),
    }

    for (const [number, [door, change]] of Object.entries(DOORS).entries()) {
      test(`by ${door} logs out and takes keys and pushers away, without asking the policy`, async () => {
        const user = await newcomer(`uma${number}`)
        await uploadKeys(user)
        await user.post(`${CLIENT}/pushers/set`, {
          kind: 'http',
          app_id: 'org.example',
          pushkey: 'key',
          app_display_name: 'App',
          device_display_name: 'Phone',
          lang: 'en',
          data: { url: 'https://push.example.org/_matrix/push/v1/notify' },
        })
        const puppet = await actAs(admin, user)

        await change(user)

        assert.equal(await outcome(user.get(WHOAMI)), '401 M_UNKNOWN_TOKEN')
        const localpart = user.userId.slice(1).split(':')[0]!
        assert.equal(
          await outcome(Client.logIn(server.url, localpart, `pw-${localpart}`.padEnd(30, '.'))),
          '403 M_FORBIDDEN',
        )
        const keys = await pia.post<{ device_keys?: Record<string, object> }>(`${CLIENT}/keys/query`, {
          device_keys: { [user.userId]: [] },
        })
        assert.deepEqual(keys.device_keys?.[user.userId] ?? {}, {})
        const again = await Client.logIn(server.url, localpart, 'new')
        assert.deepEqual(await again.get(`${CLIENT}/pushers`), { pushers: [] })
        assert.equal((await admin.get(v2User(user.userId, 'devices')))['total'], 1)
        assert.equal(await outcome(puppet.get(WHOAMI)), '200', 'puppets are the administrator’s')
      })

      test(`by ${door} with logout_devices false spares sessions and keys`, async () => {
        const user = await newcomer(`vic${number}`)
        await uploadKeys(user)

        await change(user, false)

        assert.equal(await outcome(user.get(WHOAMI)), '200')
        const keys = await pia.post<{ device_keys: Record<string, object> }>(`${CLIENT}/keys/query`, {
          device_keys: { [user.userId]: [] },
        })
        assert.deepEqual(Object.keys(keys.device_keys[user.userId] ?? {}), [user.deviceId])
        const localpart = user.userId.slice(1).split(':')[0]!
        assert.equal(await outcome(Client.logIn(server.url, localpart, 'new')), '200')
      })
    }

    test('ends the puppets an administrator holds, and of their own sessions all but the one that asks', async () => {
      const other = await server.registerAdmin('other')
      const puppet = await actAs(other, pia)
      const second = await Client.logIn(server.url, 'other')
      assert.equal(await outcome(puppet.get(WHOAMI)), '200')

      await other.post(`${V1}/reset_password/${enc(other.userId)}`, { new_password: 'new' })

      assert.equal(await outcome(other.get(WHOAMI)), '200')
      assert.equal(await outcome(second.get(WHOAMI)), '401 M_UNKNOWN_TOKEN')
      assert.equal(await outcome(puppet.get(WHOAMI)), '401 M_UNKNOWN_TOKEN')
    })

    test('takes passwords as people type them, up to what bcrypt reads', async () => {
      const user = await newcomer('wim')
      const decomposed = 'pa\u0308ssword'
      await admin.post(`${V1}/reset_password/${enc(user.userId)}`, { new_password: decomposed })
      assert.equal(await outcome(Client.logIn(server.url, 'wim', decomposed.normalize('NFKC'))), '200')
      const long = 'x'.repeat(72)
      await admin.post(`${V1}/reset_password/${enc(user.userId)}`, { new_password: `${long}one` })
      assert.equal(await outcome(Client.logIn(server.url, 'wim', `${long}two`)), '200')
      assert.equal(await outcome(Client.logIn(server.url, 'wim', 'x'.repeat(71))), '403 M_FORBIDDEN')
    })

    test('is refused where there are no passwords', async () => {
      const without = await start({ configOverrides: { password_config: { enabled: false } } })
      const root = await without.registerAdmin()
      const path = `${V1}/reset_password/${enc(root.userId)}`
      assert.equal(await outcome(root.post(path, { new_password: 'new' })), '403 M_FORBIDDEN')
      assert.equal(
        await outcome(request(without.url, 'POST', path, { new_password: 'new' })),
        '401 M_MISSING_TOKEN',
      )
    })
  })
})
