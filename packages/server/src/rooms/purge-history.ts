import { randomBytes } from 'node:crypto'
import type { EventId, RoomId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { PurgeableEvent, Storage } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { badRequest, notFound } from '../errors.ts'
import { defineJob, type JobKind } from '../jobs/define-job.ts'

/** Name of the job that takes away the past of a room. Its subject is the room. */
const PURGE_HISTORY = 'purge-history'
const EVENTS_PER_STEP = 200
const OLDEST = Number.MIN_SAFE_INTEGER

interface Params extends JsonObject {
  /** Events before this position and below this depth may go. */
  position: number
  depth: number
  deleteLocal: boolean
}

interface Progress extends JsonObject {
  /** Up to here everything has been looked at. */
  after: number
  deleted: number
}

/** So many of the oldest events are looked at for a preview. */
const EVENTS_PREVIEWED = 20_000

/** What a purge would take away. */
export interface PurgePreview {
  /** What is older than this would go. */
  eventId: EventId
  inProgress: boolean
  events: number
  /** False: there is more history than was looked at. */
  exact: boolean
  /** By the total that is kept of the room. */
  atMost: number
}

type UpTo = { eventId: string } | { ts: number }

export type PurgeStatus = { status: 'active' | 'complete' } | { status: 'failed'; error: string }

/** Takes away what was said in a room before an event or a time. Synapse: admin_api/purge_history_api */
export interface PurgeHistory {
  /**
   * The id to ask for the state with. State, what the room's history ends with, the event itself and its peers in depth
   * stay; what users of this server have sent goes only with `deleteLocal`. 404 `M_NOT_FOUND` for an unknown event and
   * when nothing is older than the time (ms since epoch); 400 `M_UNKNOWN` for an event of another room, and while it is
   * being done already.
   */
  start(roomId: string, upTo: UpTo, how: { deleteLocal: boolean }): Promise<string>
  /** What `start` would take away; refuses what it would refuse, but for a purge in progress. */
  preview(roomId: string, upTo: UpTo, how: { deleteLocal: boolean }): Promise<PurgePreview>
  /** 404 `M_NOT_FOUND` for an unknown id. */
  status(purgeId: string): Promise<PurgeStatus>
  job: JobKind
}

export function purgeHistory(deps: {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
  isLocal: (userId: string) => boolean
}): PurgeHistory {
  const { storage, clock, isLocal } = deps

  async function eventIdOf(roomId: string, upTo: UpTo): Promise<string> {
    if ('eventId' in upTo) return upTo.eventId
    const eventId = await storage.read.historyPurge.eventBefore(roomId, upTo.ts)
    if (eventId === undefined) throw notFound('An event before the time')
    return eventId
  }

  async function paramsOf(roomId: string, upTo: UpTo, deleteLocal: boolean) {
    const [event] = await storage.read.rooms.eventsById([await eventIdOf(roomId, upTo)])
    if (event === undefined) throw notFound('Event')
    if (event.roomId !== roomId) throw badRequest('Event is for wrong room.')
    if (event.position === null) throw badRequest('The event has no place in the history of the room')
    const params: Params = { position: event.position, depth: event.depth, deleteLocal }
    return { eventId: event.eventId, params }
  }

  /** Those that go. */
  function oldOnes(
    events: readonly PurgeableEvent[],
    room: { extremities: readonly EventId[] } | undefined,
    { depth, deleteLocal }: Params,
  ): PurgeableEvent[] {
    const kept: ReadonlySet<EventId> = new Set(room?.extremities)
    return events.filter(
      (event) =>
        event.stateKey === null &&
        event.depth < depth &&
        !kept.has(event.eventId) &&
        (deleteLocal || !isLocal(event.sender)),
    )
  }

  return {
    async preview(roomId, upTo, { deleteLocal }) {
      const { eventId, params } = await paramsOf(roomId, upTo, deleteLocal)
      const { historyPurge, rooms, jobs } = storage.read
      const room = await rooms.findRoom(roomId)
      let [after, looked, events] = [OLDEST, 0, 0]
      for (;;) {
        const range = { after, before: params.position, limit: EVENTS_PER_STEP }
        const page = await historyPurge.events(roomId, range)
        events += oldOnes(page, room, params).length
        looked += page.length
        after = page.at(-1)?.position ?? after
        const isEnd = page.length < EVENTS_PER_STEP
        if (!isEnd && looked < EVENTS_PREVIEWED) continue
        const inProgress = (await jobs.findLive(PURGE_HISTORY, roomId)) !== undefined
        const atMost = isEnd ? events : Math.max(events, room?.eventCount ?? 0)
        return { eventId, inProgress, events, exact: isEnd, atMost }
      }
    },
    async start(roomId, upTo, { deleteLocal }) {
      const { params } = await paramsOf(roomId, upTo, deleteLocal)
      const id = randomBytes(12).toString('base64url')
      return storage.write(async (tx) => {
        if ((await tx.jobs.findLive(PURGE_HISTORY, roomId)) !== undefined)
          throw badRequest(`History purge already in progress for ${roomId}`)
        return tx.jobs.enqueue(PURGE_HISTORY, { id, subject: roomId, params, createdTs: clock.nowMs() })
      })
    },
    async status(purgeId) {
      const job = await storage.read.jobs.find(purgeId)
      if (job?.name !== PURGE_HISTORY) throw notFound(`Purge ${purgeId.slice(0, 100)}`)
      if (job.status === 'scheduled' || job.status === 'active') return { status: 'active' }
      if (job.status === 'complete') return { status: 'complete' }
      return { status: 'failed', error: job.error ?? job.status }
    },
    job: defineJob<Params, Progress>({
      name: PURGE_HISTORY,
      step({ subject, batch }, params, progress) {
        const roomId = subject as RoomId // jobs of this name are enqueued for a room
        const { after, deleted } = progress ?? { after: OLDEST, deleted: 0 }
        return async (tx) => {
          const room = await tx.rooms.findRoom(roomId)
          const limit = batch(EVENTS_PER_STEP)
          const range = { after, before: params.position, limit }
          const events = room === undefined ? [] : await tx.historyPurge.events(roomId, range)
          const old = oldOnes(events, room, params)
          await tx.historyPurge.delete(roomId, old)
          const next = { after: events.at(-1)?.position ?? after, deleted: deleted + old.length }
          return { progress: next, done: events.length < limit }
        }
      },
    }),
  }
}
