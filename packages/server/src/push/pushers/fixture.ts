import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { type ManualClock, manualClock, systemClock } from '../../clock.ts'
import { DEFAULT_BLOCKED_RANGES } from '../../outbound/address-policy.ts'
import { OutboundClient } from '../../outbound/client.ts'
import type { Requester } from '../../requester.ts'
import { type SyncFixture, syncFixture } from '../../sync/fixture.ts'
import { createPushers, type PushersConfig } from './pushers.ts'
import type { PusherWish } from './set-pusher.ts'

// Parts of tests: a push gateway, and pushers on rooms wired as the server wires them.

// biome-ignore lint/suspicious/noExplicitAny: tests look into notifications of every shape
export type TestNotification = any

/** A real push gateway on this machine. Notifications come in the order in which they were received. */
export async function testGateway() {
  const received: TestNotification[] = []
  const waiting: ((notification: TestNotification) => void)[] = []
  const held: ServerResponse[] = []
  let answer = () => ({ status: 200, body: '{"rejected":[]}' })
  let isHolding = false
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { notification } = JSON.parse(Buffer.concat(chunks).toString())
    if (isHolding) held.push(response)
    else {
      const { status, body } = answer()
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    }
    const waiter = waiting.shift()
    if (waiter === undefined) received.push({ path: `${request.method} ${request.url}`, ...notification })
    else waiter({ path: `${request.method} ${request.url}`, ...notification })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/_matrix/push/v1/notify`,
    /** Received, and not asked for by `next` yet. */
    received,
    next(): Promise<TestNotification> {
      const first = received.shift()
      if (first !== undefined) return Promise.resolve(first)
      return new Promise((resolve) => waiting.push(resolve))
    },
    answerWith(status: number, body: object | string = { rejected: [] }) {
      isHolding = false
      answer = () => ({ status, body: typeof body === 'string' ? body : JSON.stringify(body) })
    },
    /** Takes requests and does not answer them. */
    hold() {
      isHolding = true
    },
    release() {
      isHolding = false
      for (const response of held.splice(0)) response.end('{"rejected":[]}')
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
export type TestGateway = Awaited<ReturnType<typeof testGateway>>

/** A clock that tells when somebody begins to wait for so long. */
export function watchedClock(): ManualClock & { waitsFor(delayMs: number): Promise<void> } {
  const clock = manualClock()
  const set: number[] = []
  const watchers = new Map<number, () => void>()
  return {
    ...clock,
    setTimeout(fn, delayMs) {
      const watcher = watchers.get(delayMs)
      watchers.delete(delayMs)
      if (watcher === undefined) set.push(delayMs)
      else watcher()
      return clock.setTimeout(fn, delayMs)
    },
    waitsFor(delayMs) {
      const at = set.indexOf(delayMs)
      if (at === -1) return new Promise((resolve) => watchers.set(delayMs, resolve))
      set.splice(at, 1)
      return Promise.resolve()
    },
  }
}

const CONFIG: PushersConfig = {
  enabled: true,
  includeContent: true,
  groupUnreadCountByRoom: false,
  emailEnabled: false,
}

interface FixtureOptions {
  config?: Partial<PushersConfig>
  clock?: ReturnType<typeof watchedClock>
  allowed?: string[]
  users?: number
}

/** Rooms, sync and pushers on a storage. */
export async function pushFixture(storage: Storage, options: FixtureOptions = {}) {
  const clock = options.clock ?? watchedClock()
  const server = await syncFixture(storage, { clock })
  return { ...server, ...pushersOn(server, { ...options, clock }), clock }
}

export function pushersOn(server: SyncFixture, options: FixtureOptions) {
  const { storage, clock, reads, judging, unread } = server
  const errors: unknown[] = []
  const outbound = new OutboundClient({
    clock: systemClock(), // an answer that is under way does not come too late when a test moves time
    addresses: { blocked: DEFAULT_BLOCKED_RANGES, allowed: options.allowed ?? ['127.0.0.1'] },
    userAgent: 'Ranvier',
  })
  const pushers = createPushers({
    storage,
    clock,
    reads,
    judging,
    unread,
    outbound,
    config: { ...CONFIG, ...options.config },
    limits: { rooms: 100, users: options.users ?? 100 },
    onError: (error) => errors.push(error),
  })
  return {
    pushers,
    errors,
    async [Symbol.asyncDispose]() {
      await pushers[Symbol.asyncDispose]()
      await outbound[Symbol.asyncDispose]()
    },
  }
}

export const wishFor = (gateway: { url: string }, overrides: Partial<PusherWish> = {}): PusherWish => ({
  kind: 'http',
  appId: 'com.example.app',
  pushkey: 'key',
  appDisplayName: 'App',
  deviceDisplayName: 'Phone',
  profileTag: '',
  lang: 'en',
  data: { url: gateway.url },
  enabled: true,
  append: false,
  ...overrides,
})

/** Reads a room up to its newest event, as `POST /receipt` does. */
export async function readAll(server: SyncFixture, who: Requester, roomId: RoomId): Promise<void> {
  const [last] = await server.reads.roomEvents.timeline(roomId, { limit: 1, dir: 'b' })
  const { eventId, position } = last!.row
  await server.storage.write((tx) =>
    tx.receipts.advance({
      roomId,
      userId: who.userId,
      type: 'm.read',
      threadId: null,
      eventId,
      eventPosition: position!,
      ts: 1,
    }),
  )
}
