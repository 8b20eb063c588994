import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateSigningKey, parseVerifyKey, type ServerName, verifyJson } from '@ranvier/protocol'
import { canonicalJson } from '@ranvier/protocol/canonical-json'
import { manualClock } from '../../clock.ts'
import { unknownToken } from '../../errors.ts'
import { publishedKeys } from '../../federation/published-keys.ts'
import { silentLoggers } from '../../logger.ts'
import { createRateLimits, DEFAULT_RATE_LIMITS } from '../../rate-limit.ts'
import { createHttpServer } from '../server.ts'
import { serverKeyRoutes } from './server-keys.ts'
import { federationVersionRoute } from './version.ts'

const HOUR_MS = 3600_000
const serverName = 'example.com' as ServerName // well formed
const old = generateSigningKey()

async function federationServer() {
  const clock = manualClock()
  const signingKey = generateSigningKey()
  const oldSigningKeys = { 'ed25519:old': { publicKey: old.publicKey, expiredTs: 5 } }
  const { app } = await createHttpServer({
    routes: [
      ...serverKeyRoutes({ publishedKeys: publishedKeys({ serverName, signingKey, oldSigningKeys, clock }) }),
      federationVersionRoute({ version: '1.2.3' }),
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
  const get = async (url: string) => (await app.inject({ url })).body
  return { clock, signingKey, get }
}

test('the keys are published as canonical JSON, signed by themselves', async () => {
  const { clock, signingKey, get } = await federationServer()

  const text = await get('/_matrix/key/v2/server')

  const keys = JSON.parse(text)
  assert.equal(text, canonicalJson(keys))
  assert.equal(keys.server_name, serverName)
  assert.deepEqual(keys.verify_keys, { [signingKey.keyId]: { key: signingKey.publicKey } })
  assert.deepEqual(keys.old_verify_keys, { 'ed25519:old': { key: old.publicKey, expired_ts: 5 } })
  assert.equal(keys.valid_until_ts, clock.nowMs() + 24 * HOUR_MS)
  const findKey = (id: string) => parseVerifyKey(keys.verify_keys[id]?.key ?? '')
  assert.equal(verifyJson(keys, serverName, findKey), true)
  assert.equal(verifyJson({ ...keys, valid_until_ts: 1 }, serverName, findKey), false)
  assert.equal(await get(`/_matrix/key/v2/server/${signingKey.keyId}`), text)
})

test('what is published stays valid for twelve hours at least', async () => {
  const { clock, get } = await federationServer()
  const first = await get('/_matrix/key/v2/server')

  clock.advance(11 * HOUR_MS)
  assert.equal(await get('/_matrix/key/v2/server'), first)
  clock.advance(HOUR_MS)

  assert.equal(JSON.parse(await get('/_matrix/key/v2/server')).valid_until_ts, clock.nowMs() + 24 * HOUR_MS)
})

test('other servers are told what software this is', async () => {
  const { get } = await federationServer()

  assert.deepEqual(JSON.parse(await get('/_matrix/federation/v1/version')), {
    server: { name: 'Ranvier', version: '1.2.3' },
  })
})
