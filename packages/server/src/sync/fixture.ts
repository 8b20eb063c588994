import { randomBytes } from 'node:crypto'
import { generateSigningKey } from '@ranvier/protocol/event/signing-key'
import type { EventId, RoomId, ServerName, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Membership, Storage } from '@ranvier/storage'
import { type ManualClock, manualClock } from '../clock.ts'
import type { Requester } from '../requester.ts'
import { ClientTxns } from '../rooms/client-txns.ts'
import { createRoom, type NewRoom } from '../rooms/create-room.ts'
import { changeMembership, forgetRoom } from '../rooms/membership.ts'
import { roomReads } from '../rooms/reads/room-reads.ts'
import { RoomEvents } from '../rooms/room-events.ts'
import { RoomWriters } from '../rooms/room-writers.ts'
import { redactEvent, sendEvent, sendState } from '../rooms/send-event.ts'
import { parseSyncFilter } from './filter.ts'
import type { SyncRequest } from './sync.ts'
import { parseToken } from './token.ts'
import { wireSync } from './wire-sync.ts'

// Parts of tests: rooms and sync on a storage, wired as the server wires them.

export function requesterOf(name: string, overrides: Partial<Requester> = {}): Requester {
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
    ...overrides,
  }
}

// What an answer of `/sync` looks like to a test, as loosely as tests read it.
export interface TestEvent {
  type: string
  event_id: string
  sender: string
  origin_server_ts?: number
  state_key?: string
  content: JsonObject
  unsigned?: JsonObject
}
export interface TestRoom {
  timeline: { events: TestEvent[]; limited: boolean; prev_batch: string }
  state?: { events: TestEvent[] }
  state_after?: { events: TestEvent[] }
  ephemeral?: { events: TestEvent[] }
  account_data?: { events: TestEvent[] }
  summary?: Record<string, unknown>
  unread_notifications?: { notification_count: number; highlight_count: number }
  unread_thread_notifications?: Record<string, { notification_count: number; highlight_count: number }>
}
export interface TestAnswer {
  next_batch: string
  rooms?: {
    join?: Record<string, TestRoom>
    leave?: Record<string, TestRoom>
    invite?: Record<string, { invite_state: { events: TestEvent[] } }>
    knock?: Record<string, { knock_state: { events: TestEvent[] } }>
  }
  account_data?: { events: TestEvent[] }
  presence?: { events: TestEvent[] }
  to_device?: { events: TestEvent[] }
  device_lists?: { changed: string[]; left: string[] }
  device_one_time_keys_count: Record<string, number>
  device_unused_fallback_key_types: string[]
}

export interface TestSyncOptions {
  since?: string
  filter?: object
  fullState?: boolean
  stateKey?: SyncRequest['stateKey']
  timeoutMs?: number
  setPresence?: SyncRequest['setPresence']
  signal?: AbortSignal
}

export async function syncFixture(
  storage: Storage,
  options: {
    clock?: ManualClock
    presence?: boolean
    keyCounts?: Parameters<typeof wireSync>[0]['keyCounts']
    longPolls?: Parameters<typeof wireSync>[0]['limits']['longPolls']
    activeUsers?: number
    maxChanged?: number
    /** Rooms whose state is kept. */
    rooms?: number
  } = {},
) {
  const clock = options.clock ?? manualClock()
  const roomEvents = new RoomEvents(storage, { bytes: 1_000_000, rooms: 100 })
  const opaqueId = () => randomBytes(12).toString('base64url')
  const identity = { serverName: 'test' as ServerName, key: generateSigningKey() }
  const nowMs = () => clock.nowMs()
  const writers = new RoomWriters(
    storage,
    { identity, roomEvents, nowMs, opaqueId },
    { rooms: options.rooms ?? 100 },
  )
  const names = new Map<string, string>()
  const findProfile = async (userId: UserId) => ({ displayName: names.get(userId) ?? null, avatarUrl: null })
  const isLocal = (userId: string) => userId.endsWith(':test')
  const membership = changeMembership({ writers, storage, findProfile, isLocal })
  const create = createRoom({
    storage,
    writers,
    findProfile,
    isLocal,
    defaultVersion: '11',
    newRoomId: () => `!${opaqueId()}:test` as RoomId,
  })
  const txns = new ClientTxns(storage)
  const send = {
    storage,
    writers,
    roomEvents,
    txns,
    limits: { message: async () => {} },
    changeMembership: membership,
    nowMs,
    checkCanonicalAlias: async () => {},
  }
  const reads = roomReads(storage, roomEvents, { events: 1_000, rooms: 100 })
  const errors: unknown[] = []
  const wired = await wireSync({
    storage,
    clock,
    reads,
    presenceEnabled: options.presence ?? false,
    keyCounts: options.keyCounts ?? (() => ({ oneTimeKeys: {}, unusedFallbackKeyTypes: [] })),
    limits: {
      activeUsers: options.activeUsers ?? 1_000,
      ...(options.maxChanged !== undefined && { maxChanged: options.maxChanged }),
      rooms: 100,
      longPolls: options.longPolls ?? { perDevice: 4, perUser: 20, total: 10_000 },
    },
    onError: (error) => errors.push(error),
  })

  return {
    ...wired,
    clock,
    storage,
    reads,
    txns,
    names,
    errors,
    create: (by: Requester, room: Partial<NewRoom> = {}) =>
      create(by, {
        published: false,
        preset: 'public_chat',
        invite: [],
        isDirect: false,
        creationContent: {},
        initialState: [],
        ...room,
      }),
    change: (by: Requester, roomId: RoomId, target: Requester, to: Membership) =>
      membership(by, roomId, { target: target.userId, membership: to }),
    join: (by: Requester, roomId: RoomId) =>
      membership(by, roomId, { target: by.userId, membership: 'join' }),
    leave: (by: Requester, roomId: RoomId) =>
      membership(by, roomId, { target: by.userId, membership: 'leave' }),
    forget: (by: Requester, roomId: RoomId) => forgetRoom({ storage })(by.userId, roomId),
    send: (by: Requester, roomId: RoomId, content: JsonObject, type = 'm.room.message') =>
      sendEvent(send)(by, roomId, { type, content, txnId: opaqueId() }),
    say: (by: Requester, roomId: RoomId, body: string, more: JsonObject = {}) =>
      sendEvent(send)(by, roomId, {
        type: 'm.room.message',
        content: { msgtype: 'm.text', body, ...more },
        txnId: opaqueId(),
      }),
    set: (by: Requester, roomId: RoomId, type: string, content: JsonObject, stateKey = '') =>
      sendState(send)(by, roomId, { type, stateKey, content }),
    redact: (by: Requester, roomId: RoomId, eventId: EventId) =>
      redactEvent(send)(by, roomId, { eventId, content: {}, txnId: opaqueId() }),
    async syncAs(who: Requester, request: TestSyncOptions = {}): Promise<TestAnswer> {
      const text = await wired.sync(who, {
        since: request.since === undefined ? undefined : parseToken(request.since),
        filter: parseSyncFilter(request.filter ?? {}),
        fullState: request.fullState ?? false,
        stateKey: request.stateKey ?? 'state',
        timeoutMs: request.timeoutMs ?? 0,
        setPresence: request.setPresence ?? 'online',
        caller: { signal: request.signal ?? new AbortController().signal },
      })
      return JSON.parse(typeof text === 'string' ? text : text.join('')) as TestAnswer
    },
  }
}
export type SyncFixture = Awaited<ReturnType<typeof syncFixture>>

/** Longer than a database in another process takes on a machine with ten times more work than cores. */
const GIVE_UP_MS = 30_000

/** Until so many requests wait: everything before is done by then. */
export async function untilWaiting(server: SyncFixture, count: number): Promise<void> {
  const giveUpMs = performance.now() + GIVE_UP_MS
  while (server.waiters.size !== count) {
    if (performance.now() > giveUpMs) throw new Error(`${server.waiters.size} requests wait, not ${count}`)
    await new Promise(setImmediate)
  }
}

export const bodies = (room: TestRoom | undefined) =>
  room?.timeline.events.flatMap((event) => (event.type === 'm.room.message' ? [event.content['body']] : []))

/** What a client holds of a room: applies answers as the specification tells clients to. */
export class ClientRoom {
  state = new Map<string, string>()

  apply(room: TestRoom, isWhole: boolean): void {
    if (isWhole) this.state = new Map()
    if (room.state_after !== undefined) this.#take(room.state_after.events)
    else {
      this.#take(room.state?.events ?? [])
      this.#take(room.timeline.events)
    }
  }

  #take(events: readonly TestEvent[]): void {
    for (const event of events)
      if (event.state_key !== undefined) this.state.set(`${event.type} ${event.state_key}`, event.event_id)
  }
}

/** The state of a room as the server has it. */
export async function serverState(storage: Storage, roomId: string): Promise<Map<string, string>> {
  const rows = await storage.read.roomState.currentState(roomId)
  return new Map(rows.map((row) => [`${row.type} ${row.stateKey}`, row.eventId]))
}

/** The same storage, with a list of what is read from it. */
export function watched(storage: Storage): { storage: Storage; reads: string[] } {
  const reads: string[] = []
  const watchStore = (name: string, store: object) =>
    new Proxy(store, {
      get(target, property) {
        const value = Reflect.get(target, property) as unknown
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          reads.push(`${name}.${String(property)}`)
          return value.apply(target, args)
        }
      },
    })
  const stores = Object.fromEntries(
    Object.entries(storage.read).map(([name, store]) => [name, watchStore(name, store as object)]),
  )
  return { storage: { ...storage, read: stores as unknown as Storage['read'] }, reads }
}

/** A random number generator one can repeat. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
