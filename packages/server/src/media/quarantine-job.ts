import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Storage, Transaction } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { defineJob, dueFirst, type JobKind, type StepResult } from '../jobs/define-job.ts'
import { waitForJob } from '../jobs/job-ends.ts'
import { parseMxc } from './media-id.ts'
import { mediaIn } from './room-media.ts'

/** Name of the job that hides all files of a user or a room, which is its subject. */
export const QUARANTINE_MEDIA = 'quarantine-media'
const FILES_PER_STEP = 100
const EVENTS_PER_STEP = 200

/**
 * Quarantines that may take long: jobs, which go on after a restart. Protected files are spared. How many files they
 * reached, when they have ended; who stops waiting by `signal` stops nothing.
 */
export interface MediaQuarantines {
  /** All that a user has uploaded. */
  ofUser(by: UserId, userId: string, signal: AbortSignal): Promise<number>
  /** What unencrypted events of a room name, but for those sent since it began. */
  ofRoom(by: UserId, roomId: string, signal: AbortSignal): Promise<number>
  job: JobKind
}

interface Params extends JsonObject {
  by: UserId
  of: 'user' | 'room'
}

interface Progress extends JsonObject {
  quarantined: number
  /** Of a room: what comes next is at this position or before it. */
  upTo: number | null
}

export function mediaQuarantines(deps: {
  storage: Pick<Storage, 'read' | 'write' | 'subscribe'>
  clock: Clock
  settings: { serverName: string }
}): MediaQuarantines {
  const { storage, clock } = deps
  const wait = waitForJob(storage)

  async function run(params: Params, subject: string, signal: AbortSignal): Promise<number> {
    const createdTs = clock.nowMs()
    const id = await storage.write((tx) =>
      tx.jobs.enqueue(QUARANTINE_MEDIA, { subject, params, createdTs, dueTs: dueFirst(createdTs) }),
    )
    const { status, progress, error } = await wait(id, signal)
    if (status !== 'complete')
      throw new Error(`the quarantine of media ${id} has ended as ${status}: ${error}`)
    return (progress as Progress).quarantined // its last step has saved it
  }

  async function ofUserIn(tx: Transaction, by: UserId, userId: string, limit: number, at: Progress) {
    const files = await tx.media.listQuarantinable(userId, limit)
    if (files.length > 0) at.quarantined += await tx.media.quarantine(files, by)
    return { progress: at, done: files.length < limit }
  }

  async function ofRoomStep(by: UserId, roomId: string, limit: number, at: Progress) {
    const events = await storage.read.rooms.timeline(roomId as RoomId, {
      limit,
      dir: 'b',
      ...(at.upTo !== null && { upTo: at.upTo }),
    })
    const ours = events
      .flatMap(({ pdu }) => mediaIn(pdu))
      .flatMap((uri) => parseMxc(uri) ?? [])
      .filter(({ serverName }) => serverName === deps.settings.serverName)
    const files = [...new Set(ours.map(({ mediaId }) => mediaId))]
    const upTo = events.length < limit ? null : events.at(-1)!.position! - 1 // what is in a timeline has a position
    return async (tx: Transaction): Promise<StepResult<Progress>> => {
      const reached = files.length === 0 ? 0 : await tx.media.quarantine(files, by)
      return { progress: { quarantined: at.quarantined + reached, upTo }, done: upTo === null }
    }
  }

  return {
    async ofUser(by, userId, signal) {
      const { files } = await storage.read.media.totalsOf(userId)
      return files === 0 ? 0 : run({ by, of: 'user' }, userId, signal)
    },
    async ofRoom(by, roomId, signal) {
      const room = await storage.read.rooms.findRoom(roomId as RoomId)
      return room === undefined ? 0 : run({ by, of: 'room' }, roomId, signal)
    },
    job: defineJob<Params, Progress>({
      name: QUARANTINE_MEDIA,
      isAwaited: true,
      step({ subject, batch }, { by, of }, progress) {
        const at = progress ?? { quarantined: 0, upTo: null }
        if (of === 'room') return ofRoomStep(by, subject!, batch(EVENTS_PER_STEP), at)
        return (tx) => ofUserIn(tx, by, subject!, batch(FILES_PER_STEP), { ...at })
      },
    }),
  }
}
