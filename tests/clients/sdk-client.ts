import assert from 'node:assert/strict'
import { once } from 'node:events'
import * as sdk from 'matrix-js-sdk'

const TIMEOUT_MS = 30_000

// The library leaves a timer of minutes behind for every request: it must not keep this process for as long.
const setRealTimeout = globalThis.setTimeout
globalThis.setTimeout = ((...args: Parameters<typeof setRealTimeout>) =>
  setRealTimeout(...args).unref()) as typeof setRealTimeout

const quiet = Object.fromEntries(
  ['trace', 'debug', 'info', 'warn', 'error'].map((level) => [level, () => {}]),
)
const logger = { ...quiet, getChild: () => logger } as unknown as sdk.MatrixClient['logger']

// Some of its parts log to the console whatever logger they are given.
for (const method of ['debug', 'log', 'info', 'warn', 'error'] as const) console[method] = () => {}

const started: sdk.MatrixClient[] = []

export type ClientOptions = Omit<sdk.ICreateClientOpts, 'baseUrl'> & {
  /** Starts end-to-end encryption (the Rust library, keys in memory) before the first sync. */
  encrypts?: boolean
  /** Keeps threads apart from the room's timeline. */
  threads?: boolean
  /** Syncs by what this makes instead of `/sync`. */
  slidingSync?: (client: sdk.MatrixClient) => NonNullable<sdk.IStartClientOpts['slidingSync']>
}

/** A client that has not started; without `login` it can only register and log in. */
export function clientOf(
  baseUrl: string,
  login?: { access_token?: string; user_id?: string; device_id?: string },
  { encrypts, threads, slidingSync, ...options }: ClientOptions = {},
): sdk.MatrixClient {
  return sdk.createClient({
    baseUrl,
    logger,
    ...options,
    ...(login === undefined
      ? {}
      : { accessToken: login.access_token!, userId: login.user_id!, deviceId: login.device_id! }),
  })
}

/** Registers as clients do: the first request learns which stages there are. */
export async function register(
  baseUrl: string,
  username: string,
  options: ClientOptions = {},
): Promise<sdk.MatrixClient> {
  const anonymous = clientOf(baseUrl)
  const session = await anonymous.registerRequest({ username, password: `pw-${username}` }).then(
    () => assert.fail('registration without any stage must not work'),
    (error: sdk.MatrixError) => error.data as unknown as { session: string; flows: { stages: string[] }[] },
  )
  assert.ok(session.flows.some((flow) => flow.stages.includes('m.login.dummy')))
  const login = await anonymous.registerRequest({
    username,
    password: `pw-${username}`,
    auth: { type: 'm.login.dummy', session: session.session },
  })
  return begin(baseUrl, login, options)
}

/** A new device of a user who registered. */
export async function logIn(
  baseUrl: string,
  user: string,
  options: ClientOptions = {},
): Promise<sdk.MatrixClient> {
  const login = await clientOf(baseUrl).loginRequest({
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user },
    password: `pw-${user}`,
  })
  return begin(baseUrl, login, options)
}

/** Starts to sync, and waits for the first answer and until others can encrypt for this device. */
async function begin(
  baseUrl: string,
  login: sdk.LoginResponse | sdk.RegisterResponse,
  options: ClientOptions,
): Promise<sdk.MatrixClient> {
  const { promise: published, resolve: hasPublished } = Promise.withResolvers<void>()
  const client = clientOf(baseUrl, login, {
    ...options,
    async fetchFn(input, init) {
      const answer = await fetch(input, init)
      if (answer.ok && new URL(String(input)).pathname.endsWith('/keys/upload')) hasPublished()
      return answer
    },
  })
  started.push(client)
  if (options.encrypts === true) await client.initRustCrypto({ useIndexedDB: false })
  const ready = until(() => client.isInitialSyncComplete(), client, sdk.ClientEvent.Sync)
  await client.startClient({
    initialSyncLimit: 20,
    lazyLoadMembers: true,
    threadSupport: options.threads === true,
    ...(options.slidingSync && { slidingSync: options.slidingSync(client) }),
  })
  await ready
  if (options.encrypts === true) await published
  return client
}

/** Every client that syncs stops: for the end of a group of tests. */
export function stopClients(): void {
  for (const client of started.splice(0)) client.stopClient()
}

/** Waits until `seen` is true, looking at once and whenever `emitter` emits one of `events`. */
export async function until(
  seen: () => boolean | Promise<boolean>,
  emitter: unknown,
  ...events: string[]
): Promise<void> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  for (;;) {
    const seenOne = new AbortController()
    const signal = AbortSignal.any([timeout, seenOne.signal])
    // Listened for before looking: looking may take a while.
    const next = Promise.race(events.map((event) => once(emitter as NodeJS.EventEmitter, event, { signal })))
    next.catch(() => {}) // nobody waits for it any more once `seen` is true
    try {
      if (await seen()) return
      await next
    } catch (cause) {
      if (!timeout.aborted) throw cause
      throw new Error(`waited in vain for ${events.join(' or ')} until ${seen}`, { cause })
    } finally {
      seenOne.abort()
    }
  }
}

export const membershipIn = (client: sdk.MatrixClient, roomId: string) =>
  client.getRoom(roomId)?.getMyMembership()

/** The texts of the room as its member reads them, oldest first; encrypted ones only once they are decrypted. */
export const texts = (client: sdk.MatrixClient, roomId: string): string[] =>
  (client.getRoom(roomId)?.getLiveTimeline().getEvents() ?? [])
    .filter((event) => event.getType() === 'm.room.message' && !event.isDecryptionFailure())
    .map((event) => event.getContent()['body'] as string)
