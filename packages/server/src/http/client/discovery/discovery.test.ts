import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServerName } from '@ranvier/protocol/ids/brands'
import { manualClock } from '../../../clock.ts'
import { unknownToken } from '../../../errors.ts'
import { silentLoggers } from '../../../logger.ts'
import { createRateLimits, DEFAULT_RATE_LIMITS } from '../../../rate-limit.ts'
import { serverVersionRoute } from '../../admin/server-version.ts'
import { createHttpServer } from '../../server.ts'
import { versionsRoute } from './versions.ts'
import { wellKnownRoutes } from './well-known.ts'

interface Settings {
  serverName?: string
  serveServer?: boolean
  adminContact?: string | null
}

async function getter({
  serverName = 'example.com',
  serveServer = false,
  adminContact = null,
}: Settings = {}) {
  const clock = manualClock()
  const { app } = await createHttpServer({
    routes: [
      versionsRoute({ unstableFeatures: { 'org.example.feature': true } }),
      ...wellKnownRoutes({
        serverName: serverName as ServerName, // written here, well formed
        publicBaseUrl: 'https://matrix.example.com/',
        serveServer,
        extraClientContent: { 'm.identity_server': { base_url: 'https://id' } },
        adminContact,
      }),
      serverVersionRoute({ version: '1.2.3' }),
    ],
    authenticate: () => Promise.reject(unknownToken()),
    isAdmin: async () => false,
    clock,
    log: silentLoggers()('http'),
    rateLimits: createRateLimits(DEFAULT_RATE_LIMITS, { clock }),
    maxBodyBytes: 1000,
    maxAnonymousBodyBytes: 1000,
    limits: { maxConnections: 10 },
  })
  return async (url: string) => {
    const answer = await app.inject({ url, headers: { authorization: 'Bearer wrong' } })
    return {
      status: answer.statusCode,
      cors: answer.headers['access-control-allow-origin'],
      body: answer.json(),
    }
  }
}

test('versions are listed one by one, whatever token comes', async () => {
  const { status, body } = await (await getter())('/_matrix/client/versions')

  assert.equal(status, 200)
  for (const version of ['r0.0.1', 'r0.6.1', 'v1.1', 'v1.11', 'v1.13', 'v1.16', 'v1.18'])
    assert.ok(body.versions.includes(version), version)
  const { unstable_features: features } = body
  assert.ok(Object.values(features).every((value) => value === true))
  for (const name of ['org.example.feature', 'org.matrix.msc3440.stable']) assert.ok(name in features, name)
})

test('clients are told the base URL, with what the operator adds', async () => {
  const { cors, body } = await (await getter())('/.well-known/matrix/client')

  assert.equal(cors, '*')
  assert.deepEqual(body, {
    'm.homeserver': { base_url: 'https://matrix.example.com/' },
    'm.identity_server': { base_url: 'https://id' },
  })
})

test('servers are told where to go only when configured', async () => {
  const off = await (await getter())('/.well-known/matrix/server')
  assert.deepEqual([off.status, off.body.errcode], [404, 'M_NOT_FOUND'])

  const on = async (serverName: string) =>
    (await (await getter({ serverName, serveServer: true }))('/.well-known/matrix/server')).body
  assert.deepEqual(await on('example.com'), { 'm.server': 'example.com:443' })
  assert.deepEqual(await on('example.com:8448'), { 'm.server': 'example.com:8448' })
  assert.deepEqual(await on('[::1]'), { 'm.server': '[::1]:443' })
})

test('the support contact is an address, a user, or a page', async () => {
  const support = async (adminContact: string | null) =>
    (await getter({ adminContact }))('/.well-known/matrix/support')

  assert.deepEqual((await support('mailto:a@example.com')).body, {
    contacts: [{ role: 'm.role.admin', email_address: 'a@example.com' }],
  })
  assert.deepEqual((await support('@a:example.com')).body, {
    contacts: [{ role: 'm.role.admin', matrix_id: '@a:example.com' }],
  })
  assert.deepEqual((await support('https://example.com/help')).body, {
    support_page: 'https://example.com/help',
  })
  assert.equal((await support(null)).status, 404)
})

test('the server version is all that is told, to anyone', async () => {
  const { status, body } = await (await getter())('/_synapse/admin/v1/server_version')

  assert.deepEqual([status, body], [200, { server_version: 'Ranvier 1.2.3' }])
})
