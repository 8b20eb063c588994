import type { RoomEvent } from '@ranvier/protocol/event/types'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import { findRoomVersion } from '@ranvier/protocol/room-version/versions'
import {
  type Action,
  type CommittedAction,
  currentAction,
  outsideAction,
  runAction,
  type Storage,
  StorageUnavailableError,
} from '@ranvier/storage'
import { notFound } from '../errors.ts'
import { createSizedCache, type RecentCache } from '../recent-cache.ts'
import type { EventDraft } from './build-event.ts'
import { buildEvent } from './build-event.ts'
import type { RoomHead } from './room-head.ts'
import { RoomWriter, type WriterParts } from './room-writer.ts'

/** As many events as one commit of a room may hold before it is sent off and the next is begun. */
const MAX_DRAFT = 64
/** State entries kept per room; beyond, they are looked up again. */
const MAX_ENTRIES = 4_096
/** A room with more state entries in memory than these counts as several: what all take together is bounded. */
const ENTRIES_PER_ROOM = 20

interface Task {
  work: (room: RoomWriter) => Promise<unknown>
  /** The room itself is changed, not added to: nobody else may write, and what is known of it is read anew. */
  alone?: () => Promise<unknown>
  /** What it is part of. */
  action: Action | undefined
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}

interface Queue {
  tasks: Task[]
}

/**
 * One writer per room. Whoever wants to change a room waits in its queue; all that wait are prepared together, each on
 * what the one before added, and committed together with other rooms' events.
 */
export class RoomWriters {
  readonly #storage: Storage
  readonly #parts: WriterParts
  readonly #queues = new Map<RoomId, Queue>()
  readonly #heads: RecentCache<RoomId, RoomHead>
  #lastCreateTs = 0

  constructor(storage: Storage, parts: Omit<WriterParts, 'loadEntry'>, limits: { rooms: number }) {
    this.#storage = storage
    this.#heads = createSizedCache(limits.rooms * ENTRIES_PER_ROOM, ({ state }) =>
      Math.max(ENTRIES_PER_ROOM, state.size),
    )
    this.#parts = {
      ...parts,
      loadEntry: async (roomId, type, stateKey): Promise<RoomEvent | undefined> => {
        const row = await storage.read.roomState.entry(roomId, type, stateKey)
        return row && (await parts.roomEvents.fromRow(row)).event
      },
    }
  }

  /**
   * Runs `work` with the permission to add to the room; resolves with its value when what it added is on disk.
   * Throws 404 `M_NOT_FOUND` for a room this server does not know, and what `work` throws: then nothing was added.
   */
  write<T>(roomId: RoomId, work: (room: RoomWriter) => Promise<T>): Promise<T> {
    return this.#enqueue(roomId, { work })
  }

  /**
   * Runs `work` while nothing is added to the room: all that was asked for before has been, and all that is asked for
   * later finds the room as `work` has left it, or 404 if it has left none. The room need not exist.
   */
  alone<T>(roomId: RoomId, work: () => Promise<T>): Promise<T> {
    return this.#enqueue(roomId, { work: async () => {}, alone: work })
  }

  #enqueue<T>(roomId: RoomId, wanted: Pick<Task, 'work' | 'alone'>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const task: Task = {
        ...wanted,
        action: currentAction(),
        resolve: resolve as (value: unknown) => void,
        reject,
      }
      const queue = this.#queues.get(roomId)
      if (queue !== undefined) {
        queue.tasks.push(task)
        return
      }
      const fresh: Queue = { tasks: [task] }
      this.#queues.set(roomId, fresh)
      // Who comes later is served in the same run: it belongs to nobody's action.
      outsideAction(() => void this.#run(roomId, fresh))
    })
  }

  /** Makes a room: its create event, then what `work` adds, in one commit. */
  async create<T>(
    options: { version: string; published: boolean; create: EventDraft; roomId: RoomId | undefined },
    work: (room: RoomWriter) => Promise<T>,
  ): Promise<{ roomId: RoomId; value: T }> {
    const rules = findRoomVersion(options.version)
    if (rules === undefined) throw new Error(`unknown room version ${options.version}`)
    const { identity, nowMs, opaqueId } = this.#parts
    // Where the room id is the create event's hash, two equal events of one millisecond would be one room.
    this.#lastCreateTs = Math.max(nowMs(), this.#lastCreateTs + 1)
    const originServerTs = this.#lastCreateTs
    const built = buildEvent(
      options.create,
      { rules, roomId: options.roomId, prevEvents: [], authEvents: [], depth: 1, originServerTs },
      identity,
      opaqueId,
    )
    const { roomId } = built.event
    const head: RoomHead = { roomId, rules, extremities: [], depth: 0, snapshot: 0, state: new Map() }
    const room = new RoomWriter(
      // Nothing of the new room is stored: what the draft does not hold is not there.
      { ...this.#parts, loadEntry: async () => undefined },
      head,
    )
    await room.appendCreate(built.event, built.pdu)
    const value = await work(room)
    const commit = room.commit({
      version: options.version,
      creator: options.create.sender,
      createdTs: nowMs(),
      published: options.published,
    })
    const action = currentAction()
    if (action !== undefined) commit.actions = [{ action, changes: room.changesSince(0) }]
    await this.#storage.commitRoom(commit)
    return { roomId, value }
  }

  async #run(roomId: RoomId, queue: Queue): Promise<void> {
    while (queue.tasks.length > 0) {
      const batch = queue.tasks
      queue.tasks = []
      try {
        while (batch.length > 0) {
          if (batch[0]!.alone !== undefined) await this.#runAlone(roomId, batch.shift()!)
          else await this.#runBatch(await this.#head(roomId), batch)
        }
      } catch (error) {
        // There is no such room, or it cannot be read. Who does not add to it may know what to do.
        queue.tasks.unshift(...batch.filter(({ alone }) => alone !== undefined))
        for (const task of batch) if (task.alone === undefined) task.reject(error)
      }
    }
    this.#queues.delete(roomId)
  }

  async #runAlone(roomId: RoomId, task: Task): Promise<void> {
    try {
      task.resolve(await inAction(task.action, () => task.alone!()))
    } catch (error) {
      task.reject(error)
    } finally {
      this.#heads.delete(roomId)
    }
  }

  /** Prepares tasks from the front of `batch` and commits what they added. */
  async #runBatch(head: RoomHead, batch: Task[]): Promise<void> {
    const room = new RoomWriter(this.#parts, head)
    const knownEntries = head.state.size
    const done: (() => void)[] = []
    const waiting: Task[] = []
    const actions: CommittedAction[] = []
    while (batch.length > 0 && batch[0]!.alone === undefined && room.eventCount < MAX_DRAFT) {
      const task = batch.shift()!
      try {
        const before = room.eventCount
        const { action } = task
        const value = await inAction(action, () => room.attempt(() => task.work(room)))
        if (action !== undefined && room.eventCount > before)
          actions.push({ action, changes: room.changesSince(before) })
        waiting.push(task)
        done.push(() => task.resolve(value))
      } catch (error) {
        task.reject(error)
      }
    }
    if (room.eventCount > 0) {
      try {
        const commit = room.commit()
        if (actions.length > 0) commit.actions = actions
        const { snapshot } = await this.#storage.commitRoom(commit)
        room.applyTo(head, snapshot)
      } catch (error) {
        // What is in memory may not be what was stored: begin from the database again.
        this.#heads.delete(head.roomId)
        // It may have happened all the same, and would then happen twice.
        if (waiting.length === 1 || error instanceof StorageUnavailableError) {
          for (const task of waiting) task.reject(error)
          return
        }
        // One of them brought something that cannot be stored. Alone, each gets its own answer.
        for (const task of waiting) {
          try {
            await this.#runBatch(await this.#head(head.roomId), [task])
          } catch (failure) {
            // The room cannot be read now: nobody else would answer who waits here.
            task.reject(failure)
          }
        }
        return
      }
    }
    if (head.state.size > MAX_ENTRIES) head.state.clear()
    // It has grown by what was looked up. Set again alone, it would be counted as it was.
    if (head.state.size !== knownEntries && this.#heads.peek(head.roomId) === head) {
      this.#heads.delete(head.roomId)
      this.#heads.set(head.roomId, head)
    }
    for (const settle of done) settle()
  }

  async #head(roomId: RoomId): Promise<RoomHead> {
    const known = this.#heads.get(roomId)
    if (known !== undefined) return known
    const room = await this.#storage.read.rooms.findRoom(roomId)
    if (room === undefined) throw notFound(`Room ${roomId}`)
    const rules = findRoomVersion(room.version)
    if (rules === undefined)
      throw new Error(`room ${roomId} has version ${room.version}, which is unknown here`)
    const loaded = await this.#parts.roomEvents.byId(room.extremities)
    const head: RoomHead = {
      roomId,
      rules,
      extremities: room.extremities.map((eventId) => loaded.get(eventId)!.event),
      depth: room.depth,
      snapshot: room.snapshot,
      state: new Map(),
    }
    this.#heads.set(roomId, head)
    return head
  }
}

function inAction<T>(action: Action | undefined, work: () => Promise<T>): Promise<T> {
  return action === undefined ? work() : runAction(action, work)
}
