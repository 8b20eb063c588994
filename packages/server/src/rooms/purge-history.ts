import { randomBytes } from 'node:crypto'
import type { EventId, RoomId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Storage } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { badRequest, notFound } from '../errors.ts'
import { defineJob, type JobKind } from '../jobs/define-job.ts'

/** Name of the job that takes away the past of a room. Its subject is the room. */
const PURGE_HISTORY = 'purge-history'
const EVENTS_PER_STEP = 200
const OLDEST = -(2 ** 53)

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

export type PurgeStatus = { status: 'active' | 'complete' } | { status: 'failed'; error: string }

/** Takes away what was said in a room before an event or a time. Synapse: admin_api/purge_history_api */
export interface PurgeHistory {
  /**
   * The id to ask for the state with. State, what the room's history ends with, the event itself and its peers in depth
   * stay; what users of this server have sent goes only with `deleteLocal`. 404 `M_NOT_FOUND` for an unknown event and
   * when nothing is older than the time (ms since epoch); 400 `M_UNKNOWN` for an event of another room, and while it is
   * being done already.
   */
  start(
    roomId: string,
    upTo: { eventId: string } | { ts: number },
    how: { deleteLocal: boolean },
  ): Promise<string>
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

  async function eventIdOf(roomId: string, upTo: { eventId: string } | { ts: number }): Promise<string> {
    if ('eventId' in upTo) return upTo.eventId
    const eventId = await storage.read.historyPurge.eventBefore(roomId, upTo.ts)
    if (eventId === undefined) throw notFound('An event before the time')
    return eventId
  }

  return {
    async start(roomId, upTo, { deleteLocal }) {
      const [event] = await storage.read.rooms.eventsById([await eventIdOf(roomId, upTo)])
      if (event === undefined) throw notFound('Event')
      if (event.roomId !== roomId) throw badRequest('Event is for wrong room.')
      if (event.position === null) throw badRequest('The event has no place in the history of the room')
      const params: Params = { position: event.position, depth: event.depth, deleteLocal }
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
      step({ subject, batch }, { position, depth, deleteLocal }, progress) {
        const roomId = subject as RoomId // jobs of this name are enqueued for a room
        const { after, deleted } = progress ?? { after: OLDEST, deleted: 0 }
        return async (tx) => {
          const room = await tx.rooms.findRoom(roomId)
          const limit = batch(EVENTS_PER_STEP)
          const range = { after, before: position, limit }
          const events = room === undefined ? [] : await tx.historyPurge.events(roomId, range)
          const kept: ReadonlySet<EventId> = new Set(room?.extremities)
          const old = events.filter(
            (event) =>
              event.stateKey === null &&
              event.depth < depth &&
              !kept.has(event.eventId) &&
              (deleteLocal || !isLocal(event.sender)),
          )
          await tx.historyPurge.delete(roomId, old)
          const next = { after: events.at(-1)?.position ?? after, deleted: deleted + old.length }
          return { progress: next, done: events.length < limit }
        }
      },
    }),
  }
}
