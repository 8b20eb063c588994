import { randomBytes } from 'node:crypto'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Storage, Transaction } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { badRequest, notFound } from '../errors.ts'

/** Name of the job that redacts what a user has sent. Its subject is the user. */
export const REDACT_USER = 'redact-user'
const DEFAULT_LIMIT = 1_000 // Synapse: admin_api/user_admin_api §Redact all the events of a user

/** What is to be redacted. Times are ms since epoch, inclusive. */
export interface RedactionWish {
  /** None: every room the user is in or banned from. */
  rooms: readonly string[]
  reason?: string | undefined
  /** Events per room, newest first; 0 or absent: 1000. */
  limit?: number | undefined
  /** Redacts as the administrator instead of as the user. */
  useAdmin?: boolean | undefined
  beforeTs?: number | undefined
  afterTs?: number | undefined
}

export interface RedactUserParams extends JsonObject {
  by: UserId
  rooms: RoomId[]
  limit: number
  useAdmin: boolean
  reason: string | null
  beforeTs: number | null
  afterTs: number | null
}

export interface RedactUserProgress extends JsonObject {
  /** Still to do, the one in progress first. */
  rooms: RoomId[]
  /** In the first room: events below this position are still to be looked at; null: not begun. */
  before: number | null
  /** In the first room: events redacted, or tried to. */
  tried: number
  redacted: number
  /** Why, by event. */
  failed: { [eventId: string]: string }
}

export type RedactionStatus =
  | { status: 'scheduled' | 'active' }
  | { status: 'complete'; failed: Readonly<Record<string, string>> }
  | { status: 'failed'; error: string }

/** Redacts all that a user has sent, in the background. Synapse: admin_api/user_admin_api §Redact all the events of a user */
export interface UserRedactions {
  /** The id to ask for the state with. 400 `M_UNKNOWN` for a negative limit, and while it is being done already. */
  start(by: UserId, userId: UserId, wish: RedactionWish): Promise<string>
  /** 404 `M_NOT_FOUND` for an unknown id. */
  status(redactId: string): Promise<RedactionStatus>
}

export function userRedactions(deps: {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
}): UserRedactions {
  return {
    start: (by, userId, wish) =>
      deps.storage.write((tx) => startRedactionIn(tx, by, userId, wish, deps.clock.nowMs())),
    async status(redactId) {
      const job = await deps.storage.read.jobs.find(redactId)
      if (job?.name !== REDACT_USER) throw notFound(`Redaction ${redactId}`)
      if (job.status === 'scheduled' || job.status === 'active') return { status: job.status }
      if (job.status !== 'complete') return { status: 'failed', error: job.error ?? job.status }
      const progress = job.progress as RedactUserProgress // a job that has ended has been begun
      return { status: 'complete', failed: progress.failed }
    },
  }
}

/** As `UserRedactions.start`, together with what else the transaction does. */
export async function startRedactionIn(
  tx: Transaction,
  by: UserId,
  userId: UserId,
  wish: RedactionWish,
  nowMs: number,
): Promise<string> {
  if ((wish.limit ?? 0) < 0) throw badRequest('limit must be a non-negative integer')
  const params: RedactUserParams = {
    by,
    rooms: [...new Set(wish.rooms)] as RoomId[], // rooms that are none are found out by the job
    limit: wish.limit || DEFAULT_LIMIT,
    useAdmin: wish.useAdmin ?? false,
    reason: wish.reason ?? null,
    beforeTs: wish.beforeTs ?? null,
    afterTs: wish.afterTs ?? null,
  }
  if ((await tx.jobs.findLive(REDACT_USER, userId)) !== undefined)
    throw badRequest(`Redact already in progress for user ${userId}`)
  const id = randomBytes(12).toString('base64url')
  return tx.jobs.enqueue(REDACT_USER, { id, subject: userId, params, createdTs: nowMs })
}
