import { randomBytes } from 'node:crypto'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { Membership } from '@ranvier/storage'
import type { Clock } from '../../clock.ts'
import { unknownPos } from '../../errors.ts'
import type { SyncToken } from '../token.ts'
import type { RequiredStates } from './required-state.ts'

/** What a connection has been told of a room. Replaced, never changed. */
export interface SentRoom {
  /** Events up to here. */
  readonly events: number
  readonly membership: Membership
  /** So many of the newest events the client has, if there are as many. */
  readonly timelineLimit: number
  readonly required: RequiredStates
  /** While the room is out of sight: up to where the client has its receipts. */
  readonly receipts?: number
  /** The same of the user's data for the room. */
  readonly accountData?: number
}

/** Where a connection stands, as one answer left it. */
export interface ConnectionState {
  readonly token: SyncToken
  /** What the client asked for then. */
  readonly wish: string
  /** `lists` of the answer, without rooms. */
  readonly counts: string
  /** What that answer added to what had been sent before. */
  readonly sent: ReadonlyMap<RoomId, SentRoom>
}

export interface ConnectionLimits {
  /** Connections of one device; the least recently used goes first. */
  perDevice: number
  /** Connections of everybody. */
  total: number
  /** Rooms remembered for all connections together, some 150 bytes each; one counts for more where a client wants much of it. */
  rooms: number
  /** How long one is kept that nobody uses. */
  idleMs: number
}

interface Connection {
  readonly key: string
  readonly device: string
  /** Begins every `pos` of this connection, so that one of another run of the server is not taken for one of ours. */
  readonly name: string
  count: number
  usedMs: number
  /** The newest position the client is known to have. */
  confirmedPos: string | undefined
  /** What the client was told up to that position. */
  readonly confirmed: Map<RoomId, SentRoom>
  /** The states at that position and after each answer to it. At most one of the answers has arrived. */
  states: Map<string, ConnectionState>
}

/** A connection as one request finds it. */
export interface ConnectionView {
  readonly connection: Connection
  /** Where the request goes on; `undefined` for the first one of a connection. */
  readonly at: ConnectionState | undefined
  readonly pos: string | undefined
}

/** States that are kept: a client asks again when it believes an answer lost. */
const MAX_STATES = 4

/**
 * What each connection of simplified sliding sync has been told: in memory, bounded. A client whose connection was
 * forgotten, by a restart as well, hears `M_UNKNOWN_POS` and begins again. MSC4186
 */
export class SlidingConnections {
  readonly #clock: Clock
  readonly #limits: ConnectionLimits
  /** Least recently used first. */
  readonly #connections = new Map<string, Connection>()
  readonly #ofDevice = new Map<string, Set<Connection>>()
  #rooms = 0

  constructor(clock: Clock, limits: ConnectionLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  get size(): number {
    return this.#connections.size
  }

  /** Rooms remembered for all connections together, counted as {@link ConnectionLimits} has it. */
  get rooms(): number {
    return this.#rooms
  }

  /** Goes on at `pos`, or begins anew without one. 400 `M_UNKNOWN_POS` for a position that is not known any more. */
  open(userId: UserId, deviceId: string | null, connId: string, pos: string | undefined): ConnectionView {
    const key = JSON.stringify([userId, deviceId, connId])
    const known = this.#connections.get(key)
    if (pos === undefined) {
      if (known !== undefined) this.#forget(known)
      return { connection: this.#begin(key, JSON.stringify([userId, deviceId])), at: undefined, pos }
    }
    const at = known?.states.get(pos)
    if (known === undefined || at === undefined)
      throw unknownPos('This position is not known any more: begin again without one')
    this.#connections.delete(key)
    this.#connections.set(key, known)
    known.usedMs = this.#clock.nowMs()
    if (known.confirmedPos !== pos) this.#confirm(known, pos, at)
    return { connection: known, at: { ...at, sent: known.confirmed }, pos }
  }

  /** Keeps where an answer leaves the connection; the position to give the client. */
  add({ connection, at, pos }: ConnectionView, next: ConnectionState): string {
    const isSame = at !== undefined && next.sent.size === 0 && next.wish === at.wish
    if (isSame && pos !== undefined && sameToken(at.token, next.token)) return pos
    const newPos = `${connection.name}.${++connection.count}`
    // The connection was begun anew, or has gone on without this request: nobody will come back with its position.
    if (this.#connections.get(connection.key) !== connection || connection.confirmedPos !== pos) return newPos
    connection.states.set(newPos, next)
    this.#rooms += weightOf(next.sent)
    for (const [old, state] of connection.states) {
      if (connection.states.size <= MAX_STATES) break
      if (old === pos) continue
      connection.states.delete(old)
      this.#rooms -= weightOf(state.sent)
    }
    this.#makeRoom()
    return newPos
  }

  #begin(key: string, device: string): Connection {
    const connection: Connection = {
      key,
      device,
      name: randomBytes(9).toString('base64url'),
      count: 0,
      usedMs: this.#clock.nowMs(),
      confirmedPos: undefined,
      confirmed: new Map(),
      states: new Map(),
    }
    this.#connections.set(key, connection)
    let ofDevice = this.#ofDevice.get(device)
    if (ofDevice === undefined) this.#ofDevice.set(device, (ofDevice = new Set()))
    ofDevice.add(connection)
    const [oldest] = ofDevice
    if (ofDevice.size > this.#limits.perDevice) this.#forget(oldest!)
    this.#makeRoom()
    return connection
  }

  /** What an answer told is known to have arrived; the other answers never will. */
  #confirm(connection: Connection, pos: string, state: ConnectionState): void {
    for (const [roomId, sent] of state.sent) {
      const before = connection.confirmed.get(roomId)
      this.#rooms += roomWeight(sent) - (before === undefined ? 0 : roomWeight(before))
      connection.confirmed.set(roomId, sent)
    }
    for (const { sent } of connection.states.values()) this.#rooms -= weightOf(sent)
    connection.confirmedPos = pos
    connection.states = new Map([[pos, { ...state, sent: new Map() }]])
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection.key)
    const ofDevice = this.#ofDevice.get(connection.device)
    ofDevice?.delete(connection)
    if (ofDevice?.size === 0) this.#ofDevice.delete(connection.device)
    this.#rooms -= weightOf(connection.confirmed)
    for (const { sent } of connection.states.values()) this.#rooms -= weightOf(sent)
  }

  #makeRoom(): void {
    const idleSinceMs = this.#clock.nowMs() - this.#limits.idleMs
    for (const connection of this.#connections.values()) {
      const isFull = this.#connections.size > this.#limits.total || this.#rooms > this.#limits.rooms
      if ((!isFull && connection.usedMs >= idleSinceMs) || this.#connections.size === 1) break
      this.#forget(connection)
    }
  }
}

const CHARACTERS_PER_ROOM = 1_024

function roomWeight({ required }: SentRoom): number {
  return 1 + Math.floor(required.length / CHARACTERS_PER_ROOM)
}

function weightOf(sent: ReadonlyMap<RoomId, SentRoom>): number {
  let weight = 0
  for (const room of sent.values()) weight += roomWeight(room)
  return weight
}

function sameToken(a: SyncToken, b: SyncToken): boolean {
  return (Object.keys(a) as (keyof SyncToken)[]).every((key) => a[key] === b[key])
}
