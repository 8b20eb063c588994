import { signJson } from '@ranvier/protocol/event/sign'
import { generateSigningKey, type SigningKey } from '@ranvier/protocol/event/signing-key'
import type { UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Storage } from '@ranvier/storage'
import { createAccounts } from '../../../accounts/accounts.ts'
import { clientDataDependents } from '../../../client-data/dependents.ts'
import { sendToDevice } from '../../../client-data/send-to-device.ts'
import { manualClock } from '../../../clock.ts'
import { jobRunner } from '../../../jobs/runner.ts'
import { dehydratedDevices } from '../../../keys/dehydrated-devices.ts'
import { createKeys } from '../../../keys/keys.ts'
import { silentLoggers } from '../../../logger.ts'
import { createRateLimits, DEFAULT_RATE_LIMITS } from '../../../rate-limit.ts'
import { ClientTxns } from '../../../rooms/client-txns.ts'
import { RoomEvents } from '../../../rooms/room-events.ts'
import { testConfig } from '../../accounts-fixture.ts'
import { createHttpServer } from '../../server.ts'
import { createUia } from '../../uia.ts'
import { createStages } from '../../uia-stages.ts'
import { deviceRoutes } from '../devices/routes.ts'
import { toDeviceRoutes } from '../to-device/routes.ts'
import { keyRoutes } from './routes.ts'

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any
}

/** Somebody logged in on a device, with the key the device signs with. */
export interface KeyOwner {
  name: string
  userId: UserId
  deviceId: string
  token: string
  signing: SigningKey
}

/** The routes of keys and devices on a storage. For tests. */
export async function keyServer(storage: Storage) {
  const clock = manualClock()
  const isLocal = (userId: string) => userId.endsWith(':test')
  const unlimited = { perSecond: 1e6, burst: 1e6 }
  const rateLimits = createRateLimits(
    Object.fromEntries(
      Object.keys(DEFAULT_RATE_LIMITS).map((key) => [key, unlimited]),
    ) as typeof DEFAULT_RATE_LIMITS,
    { clock },
  )
  const fail = (error: unknown) => {
    throw error
  }
  const keys = createKeys({
    storage,
    clock,
    roomEvents: new RoomEvents(storage, { bytes: 100_000, rooms: 10 }),
    isLocal,
  })
  const dependents = [keys.dependents, clientDataDependents]
  const accounts = createAccounts({
    storage,
    clock,
    config: testConfig,
    rateLimits,
    dependents,
    propagateProfile: async () => async () => {},
    onError: fail,
  })
  const uia = createUia({ clock, stages: createStages(accounts), sessionLifetimeMs: 3_600_000, reuseMs: 0 })
  const jobs = jobRunner({ storage, clock, kinds: keys.jobs, onError: fail })
  const http = await createHttpServer({
    routes: [
      ...keyRoutes({ keys, dehydratedDevices: dehydratedDevices({ storage, clock, dependents }), uia }),
      ...deviceRoutes({ accounts, uia }),
      ...toDeviceRoutes({
        sendToDevice: sendToDevice({ storage, txns: new ClientTxns(storage), clock, isLocal }),
      }),
    ],
    limits: { maxConnections: 10 },
    authenticate: accounts.authenticate,
    isAdmin: accounts.isAdmin,
    clock,
    log: silentLoggers()('http'),
    rateLimits,
    maxBodyBytes: 10_000_000,
    maxAnonymousBodyBytes: 10_000,
  })

  async function call(by: KeyOwner, method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await http.app.inject({
      method: method as 'GET',
      url: path.startsWith('/_') ? path : `/_matrix/client/v3${path}`,
      headers: { authorization: `Bearer ${by.token}` },
      ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return { status: answer.statusCode, body: answer.json() }
  }

  /** As `call`, for what must succeed. */
  async function ok(by: KeyOwner, method: string, path: string, body?: unknown) {
    const answer = await call(by, method, path, body)
    if (answer.status !== 200)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  return {
    storage,
    clock,
    keys,
    accounts,
    jobs,
    call,
    ok,
    /** Makes an account with password `pw-<name>` and logs it in. */
    async user(name: string): Promise<KeyOwner> {
      const { userId, session } = await accounts.register({
        localpart: name,
        password: `pw-${name}`,
        admin: false,
        device: { initialDisplayName: `${name}'s phone` },
      })
      const { deviceId, accessToken } = session!
      return { name, userId, deviceId, token: accessToken, signing: namedKey(deviceId) }
    },
    /** Position of the last change of anybody's device list. */
    listPosition: async () => (await storage.positions()).device_lists,
    async [Symbol.asyncDispose]() {
      await http.close()
      await jobs[Symbol.asyncDispose]()
      await accounts[Symbol.asyncDispose]()
    },
  }
}

export function namedKey(name: string): SigningKey {
  return { ...generateSigningKey(), keyId: `ed25519:${name}` }
}

/** A key named by itself, as cross-signing keys are. */
export function crossKey(): SigningKey {
  const key = generateSigningKey()
  return { ...key, keyId: `ed25519:${key.publicKey}` }
}

export function deviceKeysOf(owner: KeyOwner, more: JsonObject = {}) {
  const { userId, deviceId, signing } = owner
  const keys = { [`curve25519:${deviceId}`]: 'curve', [signing.keyId]: signing.publicKey }
  const algorithms = ['m.olm.v1.curve25519-aes-sha2', 'm.megolm.v1.aes-sha2']
  return signJson({ user_id: userId, device_id: deviceId, algorithms, keys, ...more }, userId, signing)
}

export function oneTimeKeys(owner: KeyOwner, ...ids: string[]): JsonObject {
  return Object.fromEntries(
    ids.map((id) => [
      `signed_curve25519:${id}`,
      signJson({ key: `public-${id}` }, owner.userId, owner.signing),
    ]),
  ) as unknown as JsonObject // signatures are JSON
}

export function crossSigningKey(owner: KeyOwner, usage: string, key: SigningKey, signedBy?: SigningKey) {
  const json = { user_id: owner.userId, usage: [usage], keys: { [key.keyId]: key.publicKey } }
  return signedBy === undefined ? json : signJson(json, owner.userId, signedBy)
}

/** A whole set of cross-signing keys, and the request that publishes it. */
export function crossSigningSet(owner: KeyOwner) {
  const [master, selfSigning, userSigning] = [crossKey(), crossKey(), crossKey()]
  const body = {
    master_key: crossSigningKey(owner, 'master', master),
    self_signing_key: crossSigningKey(owner, 'self_signing', selfSigning, master),
    user_signing_key: crossSigningKey(owner, 'user_signing', userSigning, master),
  }
  return { master, selfSigning, userSigning, body }
}
