import { canReplace, relationOf } from '@ranvier/protocol/event/relation'
import type { EventId } from '@ranvier/protocol/ids/brands'
import type { CommittedEvent, Related, Storage } from '@ranvier/storage'
import { createRecentCache, type RecentCache } from '../recent-cache.ts'
import type { LoadedEvent, RoomEvents } from '../rooms/room-events.ts'

/** What relates to one event, whoever asks. */
export interface RelationSummary {
  /** Valid replacements, the newest first. */
  readonly replacements: readonly Related[]
  /** Oldest first. */
  readonly references: readonly Related[]
  readonly thread: Thread | undefined
}

export interface Thread {
  readonly replies: number
  /** The newest first. */
  readonly newest: readonly Related[]
  /** Who has been asked about, and whether they have replied. */
  readonly repliedBy: Map<string, boolean>
}

/** Kept of each kind: for who may not see the newest there is one behind it. */
const NEWEST = 10
/** As many references are bundled with an event; beyond, clients page through them. */
const MAX_REFERENCES = 1_000

interface Known {
  /** Stands for the room as it was when this was read. */
  readonly room: object
  /** `undefined`: nothing relates to the event. */
  readonly summary: Promise<RelationSummary | undefined> | undefined
}

/**
 * What relates to which event, as far as somebody asked lately. A new event has no relations: that is known without
 * looking, so that events on their way to clients cost nothing here.
 */
export class Relations {
  readonly #storage: Storage
  readonly #roomEvents: RoomEvents
  readonly #known: RecentCache<EventId, Known>
  readonly #rooms: RecentCache<string, object>

  constructor(storage: Storage, roomEvents: RoomEvents, limits: { events: number; rooms: number }) {
    this.#storage = storage
    this.#roomEvents = roomEvents
    this.#known = createRecentCache(limits.events)
    this.#rooms = createRecentCache(limits.rooms)
    storage.subscribe((facts) => {
      for (const { stream, key, detail } of facts)
        if (stream === 'events') this.#changed(key, detail as CommittedEvent | undefined)
    })
  }

  /** Those of the events to which anything relates, by their numbers. State has no relations. */
  async of(events: readonly LoadedEvent[]): Promise<Map<number, RelationSummary>> {
    const pending: [number, Promise<RelationSummary | undefined>][] = []
    const missing: LoadedEvent[] = []
    for (const loaded of events) {
      if (loaded.row.stateKey !== null) continue
      const known = this.#known.get(loaded.row.eventId)
      if (known === undefined || known.room !== this.#room(loaded.row.roomId)) missing.push(loaded)
      else if (known.summary !== undefined) pending.push([loaded.row.nid, known.summary])
    }
    if (missing.length > 0) pending.push(...this.#read(missing))
    const found = new Map<number, RelationSummary>()
    for (const [nid, summary] of pending) {
      const read = await summary
      if (read !== undefined) found.set(nid, read)
    }
    return found
  }

  /** Whether the user has replied in the thread that begins at `root`. */
  async hasReplied(root: LoadedEvent, thread: Thread, userId: string): Promise<boolean> {
    let replied = thread.repliedBy.get(userId)
    if (replied === undefined) {
      replied = (await this.#storage.read.relations.countReplies(root.row, [userId])) > 0
      thread.repliedBy.set(userId, replied)
    }
    return replied
  }

  #read(events: readonly LoadedEvent[]): [number, Promise<RelationSummary | undefined>][] {
    const ids = events.map(({ row }) => row.eventId)
    const related = this.#storage.read.relations.haveRelations(ids).then((found) => new Set(found))
    return events.map((loaded) => {
      const { eventId, roomId, nid } = loaded.row
      const summary = related.then((found) => (found.has(eventId) ? this.#load(loaded) : undefined))
      const known: Known = { room: this.#room(roomId), summary }
      this.#known.set(eventId, known)
      const settle = (keep: boolean) => {
        // What a fact has replaced meanwhile is not put back.
        if (this.#known.peek(eventId) !== known) return
        if (keep) this.#known.set(eventId, { room: known.room, summary: undefined })
        else this.#known.delete(eventId)
      }
      summary.then(
        (read) => read === undefined && settle(true),
        () => settle(false),
      )
      return [nid, summary]
    })
  }

  async #load(loaded: LoadedEvent): Promise<RelationSummary | undefined> {
    const { relations } = this.#storage.read
    const { row, event } = loaded
    const [candidates, references, thread] = await Promise.all([
      relations.replacements(row, NEWEST),
      relations.children(row, 'm.reference', { limit: MAX_REFERENCES, dir: 'f' }),
      // Spec: CS API §Threading: what has a relation itself is no root.
      relationOf(event) === undefined ? this.#loadThread(loaded) : undefined,
    ])
    const events = await this.#roomEvents.byNid(candidates.map(({ nid }) => nid))
    const replacements = candidates.filter(({ nid }) => {
      const candidate = events.get(nid)
      return candidate !== undefined && canReplace(candidate.event, event)
    })
    if (replacements.length + references.length === 0 && thread === undefined) return undefined
    return { replacements, references, thread }
  }

  async #loadThread({ row }: LoadedEvent): Promise<Thread | undefined> {
    const { relations } = this.#storage.read
    const thread = await relations.thread(row.roomId, row.eventId)
    if (thread === undefined) return undefined
    const newest = await relations.children(row, 'm.thread', { limit: NEWEST, dir: 'b' })
    return { replies: thread.replies, newest, repliedBy: new Map() }
  }

  #room(roomId: string): object {
    let room = this.#rooms.get(roomId)
    if (room === undefined) this.#rooms.set(roomId, (room = {}))
    return room
  }

  #changed(roomId: string, committed: CommittedEvent | undefined): void {
    // Another process, or a purge, says only that something happened: all that is known of the room may be stale.
    if (committed === undefined) {
      this.#rooms.delete(roomId)
      return
    }
    const { row, event, unrelated } = committed
    if (row.stateKey === null) this.#known.set(row.eventId, { room: this.#room(roomId), summary: undefined })
    const relation = relationOf(event)
    if (relation !== undefined) this.#known.delete(relation.eventId)
    if (unrelated !== undefined) this.#known.delete(unrelated)
  }
}
