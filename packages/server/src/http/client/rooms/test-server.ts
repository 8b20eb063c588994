import { randomBytes } from 'node:crypto'
import { generateSigningKey } from '@ranvier/protocol/event/signing-key'
import type { EventId, RoomId, ServerName, UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import type { IdentityServers } from '../../../accounts/threepids/identity-server.ts'
import { manualClock } from '../../../clock.ts'
import { createAlias, deleteAlias } from '../../../directory/aliases.ts'
import { checkCanonicalAlias } from '../../../directory/canonical-alias.ts'
import { listRoomOfNetwork, publishRoom } from '../../../directory/publish-room.ts'
import { findAlias } from '../../../directory/resolve-alias.ts'
import { DirectoryQueue } from '../../../directory/users/index-queue.ts'
import { searchUsers, type UserSearchConfig } from '../../../directory/users/search.ts'
import { unknownToken } from '../../../errors.ts'
import { silentLoggers } from '../../../logger.ts'
import {
  createRateLimits,
  DEFAULT_RATE_LIMITS,
  type RateLimitConfig,
  type RateLimitKey,
} from '../../../rate-limit.ts'
import type { Requester } from '../../../requester.ts'
import { ClientTxns } from '../../../rooms/client-txns.ts'
import { DelayedEvents } from '../../../rooms/delayed-events.ts'
import { forgetRoom } from '../../../rooms/membership.ts'
import { roomReads } from '../../../rooms/reads/room-reads.ts'
import { RoomEvents } from '../../../rooms/room-events.ts'
import { RoomLimits } from '../../../rooms/room-limits.ts'
import { roomVerbs } from '../../../rooms/room-verbs.ts'
import { RoomWriters } from '../../../rooms/room-writers.ts'
import { searchEvents } from '../../../search/search-events.ts'
import { SearchIndex } from '../../../search/search-index.ts'
import { onBindRoute } from '../../federation/on-bind.ts'
import { createHttpServer } from '../../server.ts'
import { directoryRoutes } from '../directory/routes.ts'
import { searchRoute } from '../search/search.ts'
import { userSearchRoute } from '../user-directory/search.ts'
import { roomRoutes } from './routes.ts'

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any
}

/** Everything generous, so that tests meet a limit only where they ask for one. */
const UNLIMITED: RateLimitConfig = Object.fromEntries(
  Object.keys(DEFAULT_RATE_LIMITS).map((key) => [key, { perSecond: 1e6, burst: 1e6 }]),
) as Record<RateLimitKey, { perSecond: number; burst: number }>

export interface TestServerOptions {
  identityServers?: IdentityServers
  rateLimits?: Partial<RateLimitConfig>
  requesters?: Record<string, Partial<Requester>>
  config?: { blockNonAdminInvites?: boolean; publicListWithoutAuth?: boolean }
  maxEventDelayMs?: number
  userDirectory?: Partial<UserSearchConfig>
}

/** The routes of rooms and directory on a storage, wired as the server wires them. Tokens are names: `alice`. */
export async function testServer(storage: Storage, options: TestServerOptions = {}) {
  const clock = manualClock()
  const nowMs = () => clock.nowMs()
  const serverName = 'test' as ServerName
  const opaqueId = () => randomBytes(12).toString('base64url')
  const newRoomId = () => `!${opaqueId()}:test` as RoomId
  const roomEvents = new RoomEvents(storage, { bytes: 1_000_000, rooms: 100 })
  const identity = { serverName, key: generateSigningKey() }
  const writers = new RoomWriters(storage, { identity, roomEvents, nowMs, opaqueId }, { rooms: 100 })
  const reads = roomReads(storage, roomEvents, { events: 1_000, rooms: 100 })
  const { visibility } = reads
  const rateLimits = createRateLimits({ ...UNLIMITED, ...options.rateLimits }, { clock })
  const isAdmin = async (userId: UserId) => userId === '@admin:test'
  const find = findAlias({ storage, serverName })
  const config = {
    blockNonAdminInvites: false,
    publicListWithoutAuth: false,
    enableListSearch: true,
    requireMembershipForAliases: true,
    aliasCreationRules: [{ userId: '*', roomId: '*', alias: '*', action: 'allow' as const }],
    listPublicationRules: [{ userId: '*', roomId: '*', alias: '*', action: 'allow' as const }],
    ...options.config,
  }
  const limits = new RoomLimits(storage, rateLimits)
  const userDirectory = {
    enabled: true,
    searchAllUsers: false,
    preferLocalUsers: false,
    showLockedUsers: false,
    ...options.userDirectory,
  }
  const directoryQueue = new DirectoryQueue({
    storage,
    clock,
    serverName,
    onError: (error) => {
      throw error
    },
  })
  const verbs = roomVerbs({
    storage,
    writers,
    roomEvents,
    txns: new ClientTxns(storage),
    nowMs,
    limits,
    isAdmin,
    isLocal: (userId) => userId.endsWith(':test'),
    ...(options.identityServers && { identityServers: options.identityServers }),
    findProfile: async (userId) => ({ displayName: userId.slice(1, userId.indexOf(':')), avatarUrl: null }),
    checkCanonicalAlias: checkCanonicalAlias({ findAlias: find }),
    defaultVersion: '11',
    newRoomId,
    config,
    shadowBan: {
      pretendToWork: async () => {},
      fakeEventId: () => `$${opaqueId()}` as EventId,
      fakeRoomId: newRoomId,
    },
  })
  const errors: unknown[] = []
  const delayedEvents = new DelayedEvents({
    storage,
    clock,
    txns: new ClientTxns(storage),
    verbs,
    limits,
    rateLimits,
    maxDelayMs: options.maxEventDelayMs ?? 0,
    onError: (error) => errors.push(error),
  })
  const aliases = { storage, roomEvents, isAdmin, writers, serverName, nowMs, config }
  const searchIndex = new SearchIndex({
    storage,
    clock,
    onError: (error) => {
      throw error
    },
  })
  const http = await createHttpServer({
    routes: [
      onBindRoute({ takeUp: verbs.takeUpAddressInvite }),
      searchRoute({ reads, clock, searchEvents: searchEvents({ reads, index: searchIndex }) }),
      ...roomRoutes({
        reads,
        clock,
        verbs,
        delayedEvents,
        forgetRoom: forgetRoom({ storage }),
        findAlias: find,
        serverName,
      }),
      ...directoryRoutes({
        storage,
        serverName,
        config,
        findAlias: find,
        createAlias: createAlias(aliases),
        deleteAlias: deleteAlias(aliases),
        listRoom: listRoomOfNetwork({ storage }),
        publishRoom: publishRoom(aliases),
      }),
      userSearchRoute({ limits, searchUsers: searchUsers({ storage, config: userDirectory }) }),
    ],
    authenticate: async (token) => requester(token, options.requesters?.[token]),
    isAdmin,
    clock,
    log: silentLoggers()('http'),
    rateLimits,
    maxBodyBytes: 1_000_000,
    maxAnonymousBodyBytes: 10_000,
    limits: { maxConnections: 10 },
  })

  async function call(token: string | null, method: string, path: string, body?: unknown): Promise<Answer> {
    clock.advance(1)
    const response = await http.app.inject({
      method: method as 'GET',
      url: path.startsWith('/_matrix/') ? path : `/_matrix/client/v3${path}`,
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    return { status: response.statusCode, body: JSON.parse(response.body) }
  }

  /** As {@link call}, for what must succeed. */
  async function ok(token: string | null, method: string, path: string, body?: unknown) {
    const answer = await call(token, method, path, body)
    if (answer.status !== 200)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  let txns = 0
  const room = (roomId: string) => `/rooms/${encodeURIComponent(roomId)}`
  return {
    storage,
    clock,
    visibility,
    roomEvents,
    directoryQueue,
    searchIndex,
    delayedEvents,
    errors,
    call,
    ok,
    room,
    create: async (token: string, body: object = {}): Promise<string> =>
      (await ok(token, 'POST', '/createRoom', { preset: 'public_chat', ...body })).room_id,
    join: (token: string, roomId: string) => ok(token, 'POST', `/join/${encodeURIComponent(roomId)}`),
    leave: (token: string, roomId: string) => ok(token, 'POST', `${room(roomId)}/leave`),
    invite: (token: string, roomId: string, name: string) =>
      ok(token, 'POST', `${room(roomId)}/invite`, { user_id: `@${name}:test` }),
    say: async (token: string, roomId: string, body: string): Promise<string> =>
      (
        await ok(token, 'PUT', `${room(roomId)}/send/m.room.message/${++txns}`, {
          msgtype: 'm.text',
          body,
        })
      ).event_id,
    set: async (token: string, roomId: string, type: string, content: object, key = ''): Promise<string> =>
      (await ok(token, 'PUT', `${room(roomId)}/state/${type}/${encodeURIComponent(key)}`, content)).event_id,
    /** The texts of the messages in a page of events. */
    texts: (events: { type: string; content: { body?: string } }[]): (string | undefined)[] =>
      events.filter(({ type }) => type === 'm.room.message').map(({ content }) => content.body),
    async [Symbol.asyncDispose]() {
      await http.close()
      await searchIndex[Symbol.asyncDispose]()
      await delayedEvents[Symbol.asyncDispose]()
      await directoryQueue[Symbol.asyncDispose]()
    },
  }
}

export type TestServer = Awaited<ReturnType<typeof testServer>>

function requester(name: string, more: Partial<Requester> = {}): Requester {
  if (name === 'nobody') throw unknownToken()
  return {
    userId: `@${name}:test` as UserId,
    deviceId: `${name}-device`,
    tokenId: 1,
    isGuest: false,
    shadowBanned: false,
    suspended: false,
    locked: false,
    puppetedBy: null,
    appserviceId: null,
    accessTokenValidUntilMs: null,
    ...more,
  }
}
