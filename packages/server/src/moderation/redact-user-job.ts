import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { EventRow, Storage } from '@ranvier/storage'
import { MatrixError } from '../errors.ts'
import { defineJob, type JobKind } from '../jobs/define-job.ts'
import type { RedactForServer } from '../rooms/redact-for-server.ts'
import { REDACT_USER, type RedactUserParams, type RedactUserProgress } from './redact-user.ts'

const REDACTIONS_PER_STEP = 50
const EVENTS_PER_STEP = 2_000
const MAX_FAILURES = 10_000 // kept with the job, and answered as one JSON object
const OLDEST = Number.MIN_SAFE_INTEGER
const NEWEST = Number.MAX_SAFE_INTEGER

interface Deps {
  storage: Pick<Storage, 'read'>
  redact: RedactForServer
  isLocal: (userId: string) => boolean
}

/**
 * The job that redacts what a user has sent, room after room, newest first. An event that cannot be redacted is noted
 * and stops nothing. Killed and begun again, it passes over what is redacted already.
 */
export function redactUserJob(deps: Deps): JobKind {
  return defineJob<RedactUserParams, RedactUserProgress>({
    name: REDACT_USER,
    async step({ subject, signal }, params, progress) {
      const userId = subject as UserId // jobs of this name are enqueued for a user
      if (progress === null) return { progress: await firstProgress(deps, userId, params) }
      const roomId = progress.rooms[0]
      if (roomId === undefined) return { progress, done: true }
      const next = await redactSome(deps, { userId, roomId, params, progress, signal })
      return { progress: next, done: next.rooms.length === 0 }
    },
  })
}

async function firstProgress(
  { storage }: Deps,
  userId: UserId,
  params: RedactUserParams,
): Promise<RedactUserProgress> {
  const rooms =
    params.rooms.length > 0
      ? params.rooms
      : (await storage.read.members.roomsOf(userId, ['join', 'ban'])).map(({ roomId }) => roomId)
  return { rooms, before: null, tried: 0, redacted: 0, failed: {} }
}

interface Work {
  userId: UserId
  roomId: RoomId
  params: RedactUserParams
  progress: RedactUserProgress
  signal: AbortSignal
}

async function redactSome(deps: Deps, work: Work): Promise<RedactUserProgress> {
  const { userId, roomId, params, signal } = work
  const { tried, redacted, failed, before } = work.progress
  const room = await deps.storage.read.rooms.findRoom(roomId)
  if (room === undefined)
    return nextRoom({ ...work.progress, failed: { ...failed, [roomId]: 'Unknown room' } })
  const window = await windowOf(deps, userId, roomId, room.creator)
  const { events, reached } = await deps.storage.read.roomActivity.eventsOf(roomId, userId, {
    after: window.after,
    before: before ?? window.before,
    scan: EVENTS_PER_STEP,
  })
  const left = Math.min(REDACTIONS_PER_STEP, params.limit - tried)
  const wanted = events.filter((row) => isWanted(row, params))
  const some = wanted.slice(0, left)
  const now = { tried, redacted, failed: { ...failed } }
  let lastPosition = before ?? window.before
  for (const row of some) {
    if (signal.aborted) return { ...work.progress, ...now, before: lastPosition }
    now.tried++
    const failure = await tryRedact(deps, userId, row, params)
    if (failure === undefined) now.redacted++
    else if (Object.keys(now.failed).length < MAX_FAILURES) now.failed[row.eventId] = failure
    lastPosition = row.position!
  }
  const next = { ...work.progress, ...now }
  if (now.tried >= params.limit) return nextRoom(next)
  if (wanted.length > some.length) return { ...next, before: lastPosition }
  return reached === undefined ? nextRoom(next) : { ...next, before: reached }
}

function nextRoom(progress: RedactUserProgress): RedactUserProgress {
  return { ...progress, rooms: progress.rooms.slice(1), before: null, tried: 0 }
}

/** The positions between which the user can have sent something: from coming to going, both inclusive. */
async function windowOf(deps: Deps, userId: UserId, roomId: RoomId, creator: UserId) {
  const { roomState, members } = deps.storage.read
  const history = await roomState.history(roomId, 'm.room.member', userId)
  const isHere = (await members.find(roomId, userId))?.membership === 'join'
  const [first] = history
  const last = history.at(-1)
  // Of a room from elsewhere there may be history from before it came to us, which our state does not tell of.
  const isOurs = deps.isLocal(creator)
  return {
    after: isOurs && first !== undefined ? first.position - 1 : OLDEST,
    before: isHere || last === undefined ? NEWEST : last.position + 1,
  }
}

function isWanted(row: EventRow, { beforeTs, afterTs }: RedactUserParams): boolean {
  if (row.redactedBy !== null) return false
  if (beforeTs !== null && row.originServerTs > beforeTs) return false
  if (afterTs !== null && row.originServerTs < afterTs) return false
  if (row.type === 'm.room.message' || row.type === 'm.room.encrypted') return true
  if (row.type !== 'm.room.member') return false
  const { content } = JSON.parse(row.pdu) as { content: JsonObject } // it was accepted into the room
  return content['membership'] === 'join'
}

/** Why it was not redacted, if it was not. */
async function tryRedact(
  { redact, isLocal }: Deps,
  userId: UserId,
  row: EventRow,
  params: RedactUserParams,
): Promise<string | undefined> {
  const asUser = isLocal(userId) && !params.useAdmin
  try {
    await redact(row.roomId, {
      eventId: row.eventId,
      reason: params.reason ?? undefined,
      as: asUser ? [userId, params.by] : [params.by],
      // Who has left cannot take anything back any more: somebody else has to.
      orModerator: asUser,
    })
    return undefined
  } catch (error) {
    if (error instanceof MatrixError) return error.message
    throw error
  }
}
