import { randomBytes } from 'node:crypto'
import type { RoomId, ServerName, UserId } from '@ranvier/protocol/ids/brands'
import { parseUserId } from '@ranvier/protocol/ids/user-id'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Storage } from '@ranvier/storage'
import type { Job } from '@ranvier/storage/stores/jobs/jobs'
import type { Clock } from '../../clock.ts'
import { badRequest, notFound } from '../../errors.ts'
import { waitForJob } from '../../jobs/job-ends.ts'

/** Name of the job that deletes a room. Its subject is the room. */
export const DELETE_ROOM = 'delete-room'
const MAX_LISTED = 1_000

// Synapse: admin_api/rooms §Delete Room API
const DEFAULT_NAME = 'Content Violation Notification'
const DEFAULT_MESSAGE =
  'Sharing illegal content on this server is not permitted and rooms in violation will be blocked.'

export interface DeletionWish {
  /** Makes a new room for those who are in this one. */
  newRoomUserId?: string | undefined
  roomName?: string | undefined
  message?: string | undefined
  block?: boolean | undefined
  /** Default true. False: the room is only emptied of the users of this server. */
  purge?: boolean | undefined
  /** Purges even when somebody of this server could not be made to leave. */
  forcePurge?: boolean | undefined
}

export interface DeleteRoomParams extends JsonObject {
  by: UserId
  newRoomUserId: UserId | null
  roomName: string
  message: string
  block: boolean
  purge: boolean
  forcePurge: boolean
  startedTs: number
}

/** What became of the members of this server. */
export interface Shutdown extends JsonObject {
  kicked: UserId[]
  failed: UserId[]
  /** Moved to the new room. */
  localAliases: string[]
  newRoomId: RoomId | null
}

export interface DeleteRoomProgress extends JsonObject {
  stage: 'new-room' | 'part' | 'aliases' | 'reports' | 'purge'
  shutdown: Shutdown
  /** Who is made to leave now, the others' turn being over; noted before it happens, so that nobody is lost. */
  pending: { userId: UserId; joined: boolean }[]
  /** Who comes next are those behind this user id. */
  after: string
}

export interface RoomDeletion {
  deleteId: string
  roomId: RoomId
  status: 'scheduled' | 'active' | 'complete' | 'failed'
  /** null: not begun. */
  shutdown: Shutdown | null
  /** When failed: why. */
  error: string | null
}

/** Deletes rooms in the background. They need not exist: then there is nothing to delete, but something to block. */
export interface RoomDeletions {
  /** The id to ask for the state with. 400 `M_UNKNOWN` for a user of another server, and while the room is being deleted. */
  start(by: UserId, roomId: RoomId, wish: DeletionWish): Promise<string>
  /** As `start`, but resolves with the end of it, after that of a deletion in progress. Given up when `signal` says so. */
  run(by: UserId, roomId: RoomId, wish: DeletionWish, signal: AbortSignal): Promise<RoomDeletion>
  /** Those of the room of the last seven days; none: 404 `M_NOT_FOUND`. */
  list(roomId: RoomId): Promise<RoomDeletion[]>
  /** 404 `M_NOT_FOUND` for an unknown id. */
  get(deleteId: string): Promise<RoomDeletion>
}

export function roomDeletions(deps: {
  storage: Pick<Storage, 'read' | 'write' | 'subscribe'>
  clock: Clock
  serverName: ServerName
}): RoomDeletions {
  const { storage, clock, serverName } = deps
  const wait = waitForJob(storage)

  async function begin(by: UserId, roomId: RoomId, wish: DeletionWish): Promise<string | { busy: string }> {
    const params = paramsOf(by, wish, serverName, clock.nowMs())
    return storage.write(async (tx) => {
      const live = await tx.jobs.findLive(DELETE_ROOM, roomId)
      if (live !== undefined) return { busy: live.id }
      const id = randomBytes(12).toString('base64url')
      return tx.jobs.enqueue(DELETE_ROOM, { id, subject: roomId, params, createdTs: params.startedTs })
    })
  }

  return {
    async start(by, roomId, wish) {
      const begun = await begin(by, roomId, wish)
      if (typeof begun !== 'string') throw badRequest(`Purge already in progress for ${roomId}`)
      return begun
    },
    async run(by, roomId, wish, signal) {
      for (;;) {
        const begun = await begin(by, roomId, wish)
        if (typeof begun === 'string') return deletionOf(await wait(begun, signal))
        await wait(begun.busy, signal)
      }
    },
    async list(roomId) {
      const jobs = await storage.read.jobs.list({ name: DELETE_ROOM, subject: roomId }, MAX_LISTED)
      if (jobs.length === 0) throw notFound('Deletion of that room')
      return jobs.map(deletionOf)
    },
    async get(deleteId) {
      const job = await storage.read.jobs.find(deleteId)
      if (job?.name !== DELETE_ROOM) throw notFound('Deletion')
      return deletionOf(job)
    },
  }
}

/** Throws what {@link RoomDeletions.start} does for a wish that cannot be granted. */
export function checkWish(wish: DeletionWish, serverName: ServerName): void {
  const { newRoomUserId } = wish
  if (newRoomUserId !== undefined && parseUserId(newRoomUserId)?.server !== serverName)
    throw badRequest(`User must be our own: ${newRoomUserId.slice(0, 255)}`)
}

function paramsOf(
  by: UserId,
  wish: DeletionWish,
  serverName: ServerName,
  startedTs: number,
): DeleteRoomParams {
  checkWish(wish, serverName)
  return {
    by,
    newRoomUserId: (wish.newRoomUserId as UserId | undefined) ?? null, // just parsed
    roomName: wish.roomName ?? DEFAULT_NAME,
    message: wish.message ?? DEFAULT_MESSAGE,
    block: wish.block ?? false,
    purge: wish.purge ?? true,
    forcePurge: wish.forcePurge ?? false,
    startedTs,
  }
}

function deletionOf(job: Job): RoomDeletion {
  const progress = job.progress as DeleteRoomProgress | null // what the job's own steps have saved
  const hasFailed = job.status === 'failed' || job.status === 'cancelled'
  return {
    deleteId: job.id,
    roomId: job.subject as RoomId, // jobs of this name are enqueued for a room
    status: job.status === 'cancelled' ? 'failed' : job.status,
    shutdown: progress?.shutdown ?? null,
    error: hasFailed ? (job.error ?? job.status) : null,
  }
}
