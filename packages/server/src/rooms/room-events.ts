import { redactPdu } from '@ranvier/protocol/event/redact'
import type { Pdu, RoomEvent } from '@ranvier/protocol/event/types'
import { roomEvent } from '@ranvier/protocol/event/wrap'
import type { EventId } from '@ranvier/protocol/ids/brands'
import type { RoomVersionRules } from '@ranvier/protocol/room-version/types'
import { findRoomVersion } from '@ranvier/protocol/room-version/versions'
import {
  type CommittedEvent,
  type EventRow,
  HISTORY_PURGED,
  ROOM_PURGED,
  type Storage,
  type TimelineRange,
} from '@ranvier/storage'
import { notFound } from '../errors.ts'
import { AT_ONCE, inSteps } from '../in-steps.ts'
import { createRecentCache, createSizedCache, type RecentCache } from '../recent-cache.ts'
import { clientBody } from './reads/client-body.ts'

/** An event in memory. A redaction replaces it by another. */
export interface LoadedEvent {
  /** Without its text, which is the larger half and says what `event` says. */
  readonly row: Omit<EventRow, 'pdu'>
  /** The pruned form if it has been redacted. */
  readonly event: RoomEvent
  /** JSON text as clients see it, up to where `room_id` and `unsigned` follow: see `reads/render.ts`. Made once. */
  readonly body: string
}

interface HotTimeline {
  /** Positions of events, ascending, without holes up to the newest of the room. The events may be out of memory. */
  nids: number[]
}

const HOT_EVENTS = 64
/** Of fewer it does not matter whether they are read. */
const MANY = 10
const ACCEPTED = 0
/** Of the time that a read can take. */
const REDACTIONS = 5_000
/** What an event takes beside its texts, and what its texts take as objects, per character. Measured. */
const EVENT_BYTES = 1_000
const BYTES_PER_CHARACTER = 4

/** Loads events, each parsed and serialised once while it is in memory. Recent events of busy rooms need no database. */
export class RoomEvents {
  readonly #storage: Storage
  readonly #byNid: RecentCache<number, LoadedEvent>
  /** Of those in memory. */
  readonly #nidOf = new Map<EventId, number>()
  readonly #hot: RecentCache<string, HotTimeline>
  /** A row that was read before its redaction must not be kept after it. */
  readonly #redactedLately = createRecentCache<EventId, true>(REDACTIONS)
  readonly #versions = createRecentCache<string, RoomVersionRules>(20_000)

  /** `bytes` of events, roughly, and where the timelines of `rooms` rooms end. */
  constructor(storage: Storage, limits: { bytes: number; rooms: number }) {
    this.#storage = storage
    this.#byNid = createSizedCache(Math.max(1, limits.bytes), bytesOf, ({ row }) =>
      this.#nidOf.delete(row.eventId),
    )
    this.#hot = createRecentCache(limits.rooms)
    storage.subscribe((facts) => {
      for (const fact of facts) {
        if (fact.stream !== 'events') continue
        if (fact.change === ROOM_PURGED || fact.change === HISTORY_PURGED) this.#purged(fact.key)
        else if (fact.detail !== undefined) this.#committed(fact.detail as CommittedEvent)
      }
    })
  }

  /** The rules of a room. Throws 404 when it was purged, perhaps after its events were read. */
  async rulesOf(roomId: string): Promise<RoomVersionRules> {
    const rules = await this.#findRules(roomId)
    if (rules === undefined) throw notFound('Room')
    return rules
  }

  /** `undefined`: there is no such room. */
  async #findRules(roomId: string): Promise<RoomVersionRules | undefined> {
    const known = this.#versions.get(roomId)
    if (known !== undefined) return known
    const room = await this.#storage.read.rooms.findRoom(roomId)
    if (room === undefined) return undefined
    const rules = findRoomVersion(room.version)
    if (rules === undefined) throw new Error(`room ${roomId} has no known version`)
    this.#versions.set(roomId, rules)
    return rules
  }

  /** Numbers no event has are left out, as are events of a room that is purged meanwhile. */
  async byNid(nids: readonly number[]): Promise<Map<number, LoadedEvent>> {
    const found = new Map<number, LoadedEvent>()
    const missing: number[] = []
    for (const nid of nids) {
      const loaded = this.#byNid.get(nid)
      if (loaded === undefined) missing.push(nid)
      else found.set(nid, loaded)
    }
    if (missing.length <= AT_ONCE) await this.#readInto(found, missing)
    else for await (const some of inSteps(missing)) await this.#readInto(found, some)
    return found
  }

  async #readInto(found: Map<number, LoadedEvent>, nids: readonly number[]): Promise<void> {
    for (const row of await this.#storage.read.rooms.eventsByNid(nids))
      if (await this.#findRules(row.roomId)) found.set(row.nid, await this.fromRow(row))
  }

  /** Unknown ids are left out, as are events of a room that is purged meanwhile. */
  async byId(eventIds: readonly EventId[]): Promise<Map<EventId, LoadedEvent>> {
    const found = new Map<EventId, LoadedEvent>()
    const missing: EventId[] = []
    for (const eventId of eventIds) {
      const nid = this.#nidOf.get(eventId)
      const loaded = nid === undefined ? undefined : this.#byNid.get(nid)
      if (loaded === undefined) missing.push(eventId)
      else found.set(eventId, loaded)
    }
    for (const row of await this.#storage.read.rooms.eventsById(missing))
      if (await this.#findRules(row.roomId)) found.set(row.eventId, await this.fromRow(row))
    return found
  }

  async find(eventId: EventId): Promise<LoadedEvent | undefined> {
    return (await this.byId([eventId])).get(eventId)
  }

  /** Accepted events of the room between two positions; see `TimelineRange`. */
  async timeline(roomId: string, range: TimelineRange): Promise<LoadedEvent[]> {
    const hot = this.#hot.get(roomId)
    if (hot !== undefined) {
      const inMemory = this.#allOf(sliceHot(hot.nids, range))
      if (inMemory !== undefined) return inMemory
    }
    const known = await this.#knownTimeline(roomId, range)
    if (known !== undefined) return known
    const rows = await this.#storage.read.rooms.timeline(roomId, range)
    // Of a room that was purged since the rows were read, nothing is left.
    if (rows.length > 0 && (await this.#findRules(roomId)) === undefined) return []
    return Promise.all(rows.map((row) => this.fromRow(row)))
  }

  /**
   * The same from memory, if all are there. That is likely where one reads on: rows and texts of a hundred events take six
   * times as long to read as their positions.
   */
  async #knownTimeline(roomId: string, range: TimelineRange): Promise<LoadedEvent[] | undefined> {
    const begin = range.dir === 'b' ? range.upTo : range.after
    if (begin === undefined || range.limit < MANY || !this.#isRecent(begin)) return undefined
    const known = this.#allOf(await this.#storage.read.rooms.timelineNids(roomId, range))
    return known?.every(({ row }) => row.status === ACCEPTED) ? known : undefined
  }

  /** Whether events of any room about there are in memory. */
  #isRecent(position: number): boolean {
    return this.#byNid.has(position) || this.#byNid.has(position + 1)
  }

  /** The event of a row that has just been read. */
  async fromRow(row: EventRow): Promise<LoadedEvent> {
    const known = this.#byNid.get(row.nid)
    if (known !== undefined && known.row.redactedBy === row.redactedBy) return known
    const rules = await this.rulesOf(row.roomId)
    const { pdu: text, ...kept } = row
    const stored = JSON.parse(text) as Pdu
    const pdu = row.redactedBy === null ? stored : redactPdu(stored, rules)
    const event = roomEvent(pdu, rules, { eventId: row.eventId, roomId: row.roomId })
    const loaded: LoadedEvent = { row: kept, event, body: clientBody(event) }
    if (row.redactedBy !== null || !this.#redactedLately.has(row.eventId)) this.#remember(loaded)
    return loaded
  }

  /** All of them, or `undefined`: some are no longer in memory. */
  #allOf(nids: readonly number[] | undefined): LoadedEvent[] | undefined {
    if (nids === undefined) return undefined
    const found: LoadedEvent[] = []
    for (const nid of nids) {
      const loaded = this.#byNid.get(nid)
      if (loaded === undefined) return undefined
      found.push(loaded)
    }
    return found
  }

  #remember(loaded: LoadedEvent): void {
    this.#byNid.set(loaded.row.nid, loaded)
    // An event may be larger than all that is kept.
    if (this.#byNid.has(loaded.row.nid)) this.#nidOf.set(loaded.row.eventId, loaded.row.nid)
  }

  #committed(committed: CommittedEvent): void {
    const { event, redacts } = committed
    const { pdu: _, ...row } = committed.row
    const loaded: LoadedEvent = { row, event, body: clientBody(event) }
    this.#remember(loaded)
    let hot = this.#hot.get(row.roomId)
    if (hot === undefined) {
      hot = { nids: [] }
      this.#hot.set(row.roomId, hot)
    }
    hot.nids.push(row.nid)
    if (hot.nids.length > 2 * HOT_EVENTS) hot.nids.splice(0, HOT_EVENTS)
    if (redacts !== undefined) this.#redacted(redacts)
  }

  /** Nothing of the room may be answered from memory any more. */
  #purged(roomId: string): void {
    this.#hot.delete(roomId)
    this.#versions.delete(roomId)
    for (const [nid, { row }] of [...this.#byNid.entries()])
      if (row.roomId === roomId) this.#byNid.delete(nid)
  }

  /** Forgets the full form; the next reader loads the pruned one. */
  #redacted(eventId: EventId): void {
    const nid = this.#nidOf.get(eventId)
    this.#redactedLately.set(eventId, true)
    if (nid !== undefined) this.#byNid.delete(nid)
  }
}

/** The answer from memory, `undefined` when it reaches further back than memory does. */
function sliceHot(nids: number[], range: TimelineRange): number[] | undefined {
  const oldest = nids[0]
  if (oldest === undefined) return undefined
  const { after = Number.NEGATIVE_INFINITY, upTo = Number.POSITIVE_INFINITY, limit, dir } = range
  const reachesBack = after >= oldest - 1
  if (dir === 'f') {
    if (!reachesBack) return undefined
    const from = firstAbove(nids, after)
    const to = firstAbove(nids, upTo)
    return nids.slice(from, Math.min(to, from + limit))
  }
  const to = firstAbove(nids, upTo)
  const from = Math.max(firstAbove(nids, after), to - limit)
  if (to - from < limit && !reachesBack) return undefined
  return nids.slice(from, to).reverse()
}

/** Roughly what an event takes in memory. */
const bytesOf = ({ body }: LoadedEvent): number => EVENT_BYTES + BYTES_PER_CHARACTER * body.length

/** Index of the first number above `position`. */
function firstAbove(nids: readonly number[], position: number): number {
  let low = 0
  let high = nids.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (nids[middle]! > position) high = middle
    else low = middle + 1
  }
  return low
}
