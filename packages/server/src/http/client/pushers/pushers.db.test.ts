import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { unknownToken } from '../../../errors.ts'
import { silentLoggers } from '../../../logger.ts'
import { pushFixture } from '../../../push/pushers/fixture.ts'
import type { PushersConfig } from '../../../push/pushers/pushers.ts'
import { createRateLimits, DEFAULT_RATE_LIMITS } from '../../../rate-limit.ts'
import { requesterOf } from '../../../sync/fixture.ts'
import { createHttpServer } from '../../server.ts'
import { pusherRoutes } from './routes.ts'

const URL = 'https://push.test/_matrix/push/v1/notify'
const BODY = {
  kind: 'http',
  app_id: 'com.example.app',
  pushkey: 'key',
  app_display_name: 'App',
  device_display_name: 'Phone',
  lang: 'en',
  data: { url: URL, format: 'event_id_only' },
}

async function pushServer(storage: Storage, config: Partial<PushersConfig> = {}) {
  const fixture = await pushFixture(storage, { config })
  const http = await createHttpServer({
    routes: pusherRoutes(fixture),
    limits: { maxConnections: 10 },
    authenticate: async (token) => {
      if (token === '') throw unknownToken()
      return requesterOf(token.replace('guest-', ''), { isGuest: token.startsWith('guest-') })
    },
    isAdmin: async () => false,
    clock: fixture.clock,
    log: silentLoggers()('http'),
    rateLimits: createRateLimits(DEFAULT_RATE_LIMITS, { clock: fixture.clock }),
    maxBodyBytes: 1_000_000,
    maxAnonymousBodyBytes: 100_000,
  })
  async function call(token: string, method: 'GET' | 'POST', path: string, body?: unknown) {
    const response = await http.app.inject({
      method,
      url: `/_matrix/client/v3${path}`,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    return { status: response.statusCode, body: response.json() }
  }
  return {
    set: (token: string, body: unknown) => call(token, 'POST', '/pushers/set', body),
    list: async (token: string) => (await call(token, 'GET', '/pushers')).body.pushers,
    call,
    [Symbol.asyncDispose]: async () => {
      await http.close()
      await fixture[Symbol.asyncDispose]()
    },
  }
}

databaseMatrix((open) => {
  test('a pusher is set, listed to its owner alone, changed and deleted', async () => {
    await using storage = await open()
    await using server = await pushServer(storage)

    assert.deepEqual(await server.set('bob', BODY), { status: 200, body: {} })

    const pusher = {
      ...BODY,
      profile_tag: '',
      enabled: true,
      device_id: 'bob-device',
      'org.matrix.msc3881.enabled': true,
      'org.matrix.msc3881.device_id': 'bob-device',
    }
    assert.deepEqual(await server.list('bob'), [pusher])
    assert.deepEqual(await server.list('carol'), [])

    await server.set('bob', { ...BODY, profile_tag: 'tag', lang: 'de', enabled: false })
    const changed = { profile_tag: 'tag', lang: 'de', enabled: false, 'org.matrix.msc3881.enabled': false }
    assert.deepEqual(await server.list('bob'), [{ ...pusher, ...changed }])

    const deletion = { kind: null, app_id: BODY.app_id, pushkey: BODY.pushkey }
    assert.deepEqual(await server.set('carol', deletion), { status: 200, body: {} })
    assert.equal((await server.list('bob')).length, 1)
    for (let i = 0; i < 2; i++) assert.deepEqual(await server.set('bob', deletion), { status: 200, body: {} })
    assert.deepEqual(await server.list('bob'), [])
  })

  test('what cannot be a pusher is refused, and nothing changes', async () => {
    await using storage = await open()
    await using server = await pushServer(storage)
    await server.set('bob', BODY)
    const before = await server.list('bob')
    const without = (...names: string[]) =>
      Object.fromEntries(Object.entries(BODY).filter(([name]) => !names.includes(name)))
    const url = (value: unknown) => ({ ...BODY, data: { url: value } })

    const cases: [body: unknown, errcode: string][] = [
      [without('app_id'), 'M_MISSING_PARAM'],
      [without('pushkey'), 'M_MISSING_PARAM'],
      [without('kind'), 'M_MISSING_PARAM'],
      [without('lang', 'data'), 'M_MISSING_PARAM'],
      [without('app_display_name'), 'M_MISSING_PARAM'],
      [{ kind: null, app_id: 'x' }, 'M_MISSING_PARAM'],
      [{ ...BODY, data: {} }, 'M_MISSING_PARAM'],
      [url('nonsense'), 'M_INVALID_PARAM'],
      [url(7), 'M_INVALID_PARAM'],
      [url('https://push.test/'), 'M_INVALID_PARAM'],
      [url('https://push.test/_matrix/push/v1/notify/'), 'M_INVALID_PARAM'],
      [url('ftp://push.test/_matrix/push/v1/notify'), 'M_INVALID_PARAM'],
      [{ ...BODY, kind: 'pigeon' }, 'M_INVALID_PARAM'],
      [{ ...BODY, kind: 'email', app_id: 'm.email', pushkey: 'bob@mail.test' }, 'M_INVALID_PARAM'],
      [{ ...BODY, app_id: 'x'.repeat(65) }, 'M_INVALID_PARAM'],
      [{ ...BODY, app_id: '' }, 'M_INVALID_PARAM'],
      [{ ...BODY, pushkey: 'é'.repeat(257) }, 'M_INVALID_PARAM'],
      [{ ...BODY, data: { url: URL, more: 'x'.repeat(70_000) } }, 'M_INVALID_PARAM'],
      [{ ...BODY, lang: 7 }, 'M_BAD_JSON'],
      [{ ...BODY, data: [] }, 'M_BAD_JSON'],
      [{ ...BODY, kind: false }, 'M_BAD_JSON'],
      [{ ...BODY, append: 'yes' }, 'M_BAD_JSON'],
    ]
    for (const [body, errcode] of cases) {
      const answer = await server.set('bob', body)
      assert.deepEqual(
        [answer.status, answer.body.errcode],
        [400, errcode],
        JSON.stringify(body).slice(0, 200),
      )
    }
    const guest = await server.set('guest-dave', BODY)
    assert.deepEqual([guest.status, guest.body.errcode], [403, 'M_GUEST_ACCESS_FORBIDDEN'])
    assert.deepEqual(await server.list('bob'), before)
  })

  test('text that no database keeps is refused', async () => {
    await using storage = await open()
    await using server = await pushServer(storage)

    for (const body of [
      { ...BODY, pushkey: 'a\0b' },
      { ...BODY, lang: '\0' },
    ])
      assert.equal((await server.set('bob', body)).status, 400)
    assert.equal((await server.set('bob', { ...BODY, data: { url: URL, text: 'a\0b' } })).status, 200)
    assert.equal((await server.list('bob'))[0].data.text, 'a\0b')
  })

  test('where mail is sent, an email pusher is kept for an address of the user only', async () => {
    await using storage = await open()
    await using server = await pushServer(storage, { emailEnabled: true })
    const { userId } = requesterOf('bob')
    await storage.write((tx) => tx.threepids.put(userId, 'email', 'bob@mail.test', 1))
    const email = { ...BODY, kind: 'email', app_id: 'm.email', pushkey: 'Bob@mail.test', data: {} }

    assert.equal((await server.set('bob', email)).status, 200)
    assert.equal((await server.list('bob'))[0].kind, 'email')
    const carol = await server.set('carol', email)
    assert.deepEqual([carol.status, carol.body.errcode], [400, 'M_THREEPID_NOT_FOUND'])
  })

  test('a user has so many pushers and no more', async () => {
    await using storage = await open()
    await using server = await pushServer(storage)
    for (let i = 0; i < 100; i++) await server.set('bob', { ...BODY, pushkey: `k${i}` })

    const answer = await server.set('bob', { ...BODY, pushkey: 'one more' })

    assert.deepEqual([answer.status, answer.body.errcode], [400, 'M_INVALID_PARAM'])
    assert.equal((await server.set('bob', { ...BODY, pushkey: 'k0' })).status, 200)
    assert.equal((await server.list('bob')).length, 100)
  })
})
