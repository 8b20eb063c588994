import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServerName, UserId } from '@ranvier/protocol/ids/brands'
import { openStorage, type Storage } from '@ranvier/storage'
import { type ManualClock, manualClock } from '../../../clock.ts'
import { unknownToken } from '../../../errors.ts'
import { jobRunner } from '../../../jobs/runner.ts'
import { silentLoggers } from '../../../logger.ts'
import { createMedia, type Media } from '../../../media/media.ts'
import type { MediaSettings } from '../../../media/settings.ts'
import { createRateLimits, DEFAULT_RATE_LIMITS } from '../../../rate-limit.ts'
import type { Requester } from '../../../requester.ts'
import { checkAdminAnswer } from '../../admin/answer-fixture.ts'
import { adminUserMediaRoutes } from '../../admin/media/user-media.ts'
import { createHttpServer, type HttpServer } from '../../server.ts'
import { mediaRoutes } from './routes.ts'

export type RequestBody = NonNullable<RequestInit['body']>

export interface Answer {
  status: number
  headers: Headers
  bytes: Buffer
  // Parsed JSON; what is in it is what a test asserts.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  json: any
}

/**
 * A media repository behind a real socket, with SQLite in a temporary folder unless `open` opens something else. For tests. The access token is the
 * localpart: `alice`, `bob`, `root` (an administrator), `suspended`, `guest`.
 */
export interface MediaTestServer extends AsyncDisposable {
  url: string
  clock: ManualClock
  storage: Storage
  media: Media
  storePath: string
  /** What was told to `onError`. */
  errors: unknown[]
  ask(
    method: string,
    path: string,
    options?: { as?: string; body?: RequestBody; headers?: Record<string, string> },
  ): Promise<Answer>
  /** Uploads as alice; the media id. */
  upload(body: RequestBody, type?: string, query?: string): Promise<string>
  /** Downloads as bob on the path for who has a token. */
  download(mediaId: string, query?: string): Promise<Answer>
  /** Every file below the store, sorted. */
  listFiles(): string[]
}

const MiB = 1024 * 1024

export async function mediaTestServer(
  more: Partial<MediaSettings> = {},
  open?: () => Promise<Storage>,
): Promise<MediaTestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'ranvier-media-test-'))
  const storage = await (open?.() ?? openStorage({ dialect: 'sqlite', file: join(folder, 'test.db') }))
  const clock = manualClock(Date.now()) // files have the machine's time
  const rateLimits = createRateLimits(DEFAULT_RATE_LIMITS, { clock })
  const serverName = 'test' as ServerName
  const storePath = join(folder, 'media')
  const errors: unknown[] = []
  const onError = (error: unknown) => void errors.push(error)
  const settings: MediaSettings = {
    serverName,
    enabled: true,
    storePath,
    maxUploadBytes: 30 * MiB,
    maxImagePixels: 4 * MiB,
    maxPendingUploads: 3,
    unusedExpirationMs: 3_600_000,
    authenticatedMedia: true,
    ...more,
  }
  const media = createMedia({ storage, clock, settings, rateLimits, onError })
  const kinds = [media.deletions.job, media.quarantines.job]
  const jobs = jobRunner({ storage, clock, kinds, onError })
  jobs.start()
  const isAdmin = async (userId: UserId) => userId === '@root:test'
  const userExists = async (userId: UserId) => userId !== '@nobody:test'
  const server: HttpServer = await createHttpServer({
    routes: [...mediaRoutes({ media, isAdmin }), ...adminUserMediaRoutes({ media, serverName, userExists })],
    authenticate: async (token) => requesterOf(token),
    isAdmin,
    clock,
    log: silentLoggers()('http'),
    rateLimits,
    maxBodyBytes: MiB,
    maxAnonymousBodyBytes: MiB,
    limits: { maxConnections: 50 },
  })
  const url = await server.listen({ host: '127.0.0.1', port: 0, xForwarded: false })

  const ask: MediaTestServer['ask'] = async (method, path, { as, body, headers = {} } = {}) => {
    const authorization = as === undefined ? {} : { authorization: `Bearer ${as}` }
    const response = await fetch(url + path, {
      method,
      headers: { ...headers, ...authorization },
      ...(body !== undefined && { body }),
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    const isJson = response.headers.get('content-type') === 'application/json'
    if (isJson) checkAdminAnswer(method, path, response.status, JSON.parse(bytes.toString()))
    return {
      status: response.status,
      headers: response.headers,
      bytes,
      json: isJson ? JSON.parse(bytes.toString()) : undefined,
    }
  }

  return {
    url,
    clock,
    storage,
    media,
    storePath,
    errors,
    ask,
    async upload(body, type = 'text/plain', query = '') {
      const answer = await ask('POST', `/_matrix/media/v3/upload${query}`, {
        as: 'alice',
        body,
        headers: { 'content-type': type },
      })
      if (answer.status !== 200) throw new Error(`upload: ${answer.status} ${answer.bytes.toString()}`)
      return (answer.json.content_uri as string).replace('mxc://test/', '')
    },
    download: (mediaId, query = '') =>
      ask('GET', `/_matrix/client/v1/media/download/test/${mediaId}${query}`, { as: 'bob' }),
    listFiles: () =>
      !existsSync(storePath)
        ? []
        : readdirSync(storePath, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map((entry) => join(entry.parentPath, entry.name).slice(storePath.length + 1))
            .sort(),
    async [Symbol.asyncDispose]() {
      await server.close()
      await jobs[Symbol.asyncDispose]()
      await media[Symbol.asyncDispose]()
      await storage[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true })
    },
  }
}

const NAMES = ['alice', 'bob', 'root', 'suspended', 'guest']

function requesterOf(token: string): Requester {
  if (!NAMES.includes(token)) throw unknownToken()
  return {
    userId: `@${token}:test` as UserId, // well formed: one of the names
    deviceId: 'DEV',
    tokenId: NAMES.indexOf(token) + 1,
    isGuest: token === 'guest',
    shadowBanned: false,
    suspended: token === 'suspended',
    locked: false,
    puppetedBy: null,
    appserviceId: null,
    accessTokenValidUntilMs: null,
  }
}
