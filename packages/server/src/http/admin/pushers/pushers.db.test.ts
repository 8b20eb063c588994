import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pusher } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { createAccounts } from '../../../accounts/accounts.ts'
import { silentLoggers } from '../../../logger.ts'
import { pushFixture, wishFor } from '../../../push/pushers/fixture.ts'
import { createRateLimits, DEFAULT_RATE_LIMITS } from '../../../rate-limit.ts'
import { testConfig } from '../../accounts-fixture.ts'
import { createHttpServer } from '../../server.ts'
import { adminPusherRoutes } from './routes.ts'

databaseMatrix((open) => {
  const WISH = wishFor({ url: 'https://push.test/_matrix/push/v1/notify' })

  /** Accounts whose pushers go with them, and the admin route. */
  async function adminServer() {
    const storage = await open()
    const push = await pushFixture(storage)
    const { clock, pushers } = push
    const rateLimits = createRateLimits(DEFAULT_RATE_LIMITS, { clock })
    const accounts = createAccounts({
      storage,
      clock,
      config: testConfig,
      rateLimits,
      dependents: [pushers.dependents],
      propagateProfile: async () => async () => {},
      onError: (error) => {
        throw error
      },
    })
    const http = await createHttpServer({
      routes: adminPusherRoutes({ accounts, pushers }),
      limits: { maxConnections: 10 },
      authenticate: accounts.authenticate,
      isAdmin: accounts.isAdmin,
      clock,
      log: silentLoggers()('http'),
      rateLimits,
      maxBodyBytes: 100_000,
      maxAnonymousBodyBytes: 10_000,
    })
    const register = async (localpart: string, admin = false) => {
      const { userId, session } = await accounts.register({ localpart, password: 'pw', admin, device: {} })
      const requester = await accounts.authenticate(session!.accessToken)
      return { userId, token: session!.accessToken, requester }
    }
    const again = async (localpart: string) => {
      const session = await accounts.logInWithPassword({ type: 'm.id.user', user: localpart }, 'pw', {})
      return accounts.authenticate(session.accessToken)
    }
    return {
      accounts,
      pushers,
      register,
      again,
      keysOf: async (user: { userId: Pusher['userId'] }) =>
        (await pushers.list(user.userId)).map(({ pushkey }) => pushkey),
      async get(token: string, user: string) {
        const response = await http.app.inject({
          method: 'GET',
          url: `/_synapse/admin/v1/users/${encodeURIComponent(user)}/pushers`,
          headers: { authorization: `Bearer ${token}` },
        })
        return { status: response.statusCode, body: response.json() }
      },
      async [Symbol.asyncDispose]() {
        await http.close()
        await push[Symbol.asyncDispose]()
        await accounts[Symbol.asyncDispose]()
        await storage[Symbol.asyncDispose]()
      },
    }
  }

  test('an administrator sees the pushers of a user', async () => {
    await using server = await adminServer()
    const admin = await server.register('admin', true)
    const bob = await server.register('bob')
    assert.deepEqual(await server.get(admin.token, bob.userId), {
      status: 200,
      body: { pushers: [], total: 0 },
    })

    await server.pushers.set(bob.requester, WISH)

    assert.deepEqual((await server.get(admin.token, bob.userId)).body, {
      pushers: [
        {
          app_display_name: 'App',
          app_id: 'com.example.app',
          data: { url: 'https://push.test/_matrix/push/v1/notify' },
          device_display_name: 'Phone',
          device_id: bob.requester.deviceId,
          enabled: true,
          kind: 'http',
          lang: 'en',
          profile_tag: '',
          pushkey: 'key',
        },
      ],
      total: 1,
    })
  })

  test('remote, unknown and malformed users, and those who are no administrators, are refused', async () => {
    await using server = await adminServer()
    const admin = await server.register('admin', true)
    const bob = await server.register('bob')

    for (const [token, user, status, errcode] of [
      [admin.token, '@bob:elsewhere', 400, 'M_UNKNOWN'],
      [admin.token, '@nobody:test', 404, 'M_NOT_FOUND'],
      [admin.token, 'nonsense', 400, 'M_INVALID_PARAM'],
      [bob.token, bob.userId, 403, 'M_FORBIDDEN'],
    ] as const) {
      const answer = await server.get(token, user)
      assert.deepEqual([answer.status, answer.body.errcode], [status, errcode])
    }
  })

  test('pushers go with their device, at log-out, at a change of password and with the account', async () => {
    await using server = await adminServer()
    const bob = await server.register('bob')
    const carol = await server.register('carol')
    await server.pushers.set(carol.requester, { ...WISH, append: true })
    const set = async (names: string[]) => {
      const requesters = await Promise.all(names.map(() => server.again('bob')))
      for (const [i, requester] of requesters.entries())
        await server.pushers.set(requester, { ...WISH, pushkey: names[i]!, append: true })
      return requesters
    }
    const [one, two, three] = await set(['one', 'two', 'three'])
    await server.pushers.set(
      { ...bob.requester, deviceId: null },
      { ...WISH, pushkey: 'of a puppet', append: true },
    )

    await server.accounts.devices.delete(bob.userId, [one!.deviceId!])
    assert.deepEqual(await server.keysOf(bob), ['of a puppet', 'three', 'two'])
    await server.accounts.logOut(two!)
    assert.deepEqual(await server.keysOf(bob), ['of a puppet', 'three'])
    await set(['four'])
    await server.accounts.changePassword(three!, bob.userId, { password: 'pw', logOutDevices: true })
    assert.deepEqual(await server.keysOf(bob), ['of a puppet', 'three'])
    await server.accounts.deactivate(bob.userId, { erase: false })
    assert.deepEqual(await server.keysOf(bob), [])
    assert.deepEqual(await server.keysOf(carol), ['key'])
  })

  test('a pusher that another device switches off and on stays with the device it was made on', async () => {
    await using server = await adminServer()
    const bob = await server.register('bob')
    const other = await server.again('bob')
    await server.pushers.set(bob.requester, WISH)

    await server.pushers.set(other, { ...WISH, enabled: false })

    const [pusher] = await server.pushers.list(bob.userId)
    assert.deepEqual([pusher!.deviceId, pusher!.enabled], [bob.requester.deviceId, false])
  })
})
