import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { MatrixError } from '../../errors.ts'
import { defineJob, JobFailedError, type JobKind } from '../../jobs/define-job.ts'
import { actAs } from '../auto-join.ts'
import type { ChangeMembership } from '../membership.ts'
import type { PartRoom } from '../profile.ts'
import { DELETE_ROOM, type DeleteRoomParams, type DeleteRoomProgress } from './delete-room.ts'
import { makeNewRoom, type NewRoomDeps, sayWhy } from './new-room.ts'

export interface DeleteRoomDeps extends NewRoomDeps {
  storage: Pick<Storage, 'read' | 'write'>
  isLocal: (userId: string) => boolean
  partRoom: PartRoom
  /** The verb without what is asked of users. */
  changeMembership: ChangeMembership
}

const USERS_PER_STEP = 20
const ROWS_PER_STEP = 500
/** Between the last leave and the purge: clients that wait hear of the leave while there is a room to tell of. */
const PURGE_DELAY_MS = 2_000

type Stage = DeleteRoomProgress['stage']
type StageWork = (
  deps: DeleteRoomDeps,
  where: { deleteId: string; roomId: RoomId; params: DeleteRoomParams; signal: AbortSignal },
  progress: DeleteRoomProgress,
) => Promise<DeleteRoomProgress>

/**
 * The job that deletes a room: blocks it, makes the new one, lets everybody of this server leave as if they had done it
 * themselves, moves the aliases, and takes away all that is stored of it. Each stage can be repeated: a job that was
 * killed goes on where it was.
 */
export function deleteRoomJob(deps: DeleteRoomDeps): JobKind {
  return defineJob<DeleteRoomParams, DeleteRoomProgress>({
    name: DELETE_ROOM,
    async step({ id, subject, signal, nowMs, batch }, params, progress) {
      const roomId = subject as RoomId // jobs of this name are enqueued for a room
      if (progress === null) {
        const isKnown = (await deps.storage.read.rooms.findRoom(roomId)) !== undefined
        const stage: Stage = !isKnown ? 'purge' : params.newRoomUserId === null ? 'part' : 'new-room'
        return async (tx) => {
          if (params.block) await tx.roomBlocks.block(roomId, params.by)
          return { progress: beginning(stage) }
        }
      }
      const { stage } = progress
      if (stage === 'aliases')
        return async (tx) => {
          const { newRoomId } = progress.shutdown
          // The new room may have been deleted since it was made.
          const goesOn = newRoomId !== null && (await tx.rooms.findRoom(newRoomId)) !== undefined
          const localAliases = goesOn ? await tx.rooms.aliasesOf(roomId) : []
          if (goesOn) await tx.rooms.moveAliases(roomId, newRoomId)
          const shutdown = {
            ...progress.shutdown,
            localAliases: [...progress.shutdown.localAliases, ...localAliases],
          }
          const dueTs = shutdown.kicked.length === 0 ? nowMs : nowMs + PURGE_DELAY_MS
          return { progress: { ...progress, shutdown, stage: 'reports' }, done: !params.purge, dueTs }
        }
      if (stage === 'reports')
        return async (tx) => {
          const limit = batch(ROWS_PER_STEP)
          const deleted = await tx.roomDeletion.deleteReports(roomId, limit)
          return { progress: deleted < limit ? { ...progress, stage: 'purge' } : progress }
        }
      const isGone = stage === 'purge' && (await deps.storage.read.rooms.findRoom(roomId)) === undefined
      if (isGone)
        return async (tx) => {
          const deleted = params.purge ? await tx.roomDeletion.deleteRows(roomId, batch(ROWS_PER_STEP)) : 0
          return { progress, done: deleted === 0 }
        }
      return { progress: await WORK[stage](deps, { deleteId: id, roomId, params, signal }, progress) }
    },
  })
}

function beginning(stage: Stage): DeleteRoomProgress {
  const shutdown = { kicked: [], failed: [], localAliases: [], newRoomId: null }
  return { stage, shutdown, pending: [], after: '' }
}

const WORK: Record<Exclude<Stage, 'aliases' | 'reports'>, StageWork> = {
  'new-room': async (deps, { deleteId, params }, progress) => {
    const newRoomId = await makeNewRoom(deps, {
      deleteId,
      userId: params.newRoomUserId!,
      name: params.roomName,
      startedTs: params.startedTs,
    })
    return { ...progress, stage: 'part', shutdown: { ...progress.shutdown, newRoomId } }
  },

  part: async (deps, { roomId, params, signal }, progress) => {
    const { newRoomId } = progress.shutdown
    const kicked = [...progress.shutdown.kicked]
    const failed = [...progress.shutdown.failed]
    const pending = [...progress.pending]
    for (let next = pending[0]; next !== undefined && !signal.aborted; next = pending[0]) {
      const hasLeft = await moveUser(deps, roomId, next, newRoomId)
      pending.shift()
      const list = hasLeft ? kicked : failed
      if (!list.includes(next.userId)) list.push(next.userId)
    }
    const shutdown = { ...progress.shutdown, kicked, failed }
    if (pending.length > 0) return { ...progress, shutdown, pending }
    const found = await deps.storage.read.members.page(roomId, ['join', 'invite', 'knock'], {
      after: progress.after,
      limit: USERS_PER_STEP,
    })
    const after = found.at(-1)?.userId
    if (after === undefined) {
      if (newRoomId !== null)
        await sayWhy(deps, newRoomId, { userId: params.newRoomUserId!, message: params.message })
      return { ...progress, shutdown, pending, stage: 'aliases' }
    }
    const theirs = found.filter(({ userId }) => deps.isLocal(userId) && !failed.includes(userId))
    const nextPending = theirs.map(({ userId, membership }) => ({ userId, joined: membership === 'join' }))
    return { ...progress, shutdown, pending: nextPending, after }
  },

  /** The room goes while nobody can add to it: what is left of it then is nobody's. */
  purge: async (deps, { roomId, params }, progress) => {
    const { failed } = progress.shutdown
    const stillIn = await deps.writers.alone(roomId, () =>
      deps.storage.write(async (tx) => {
        const joined = (await tx.members.joinedIds(roomId)).filter(deps.isLocal)
        const isLeft = joined.every((userId) => failed.includes(userId))
        if (isLeft && (joined.length === 0 || params.forcePurge)) {
          await tx.roomDeletion.deleteRoom(roomId)
          return []
        }
        return joined
      }),
    )
    // Who came in meanwhile leaves too.
    if (stillIn.some((userId) => !failed.includes(userId))) return { ...progress, stage: 'part', after: '' }
    if (stillIn.length > 0)
      throw new JobFailedError(`Users are still joined to the room: ${stillIn.slice(0, 10).join(', ')}`)
    return progress
  },
}

/** False for who cannot leave. Doing it twice is doing it once. */
async function moveUser(
  deps: DeleteRoomDeps,
  roomId: RoomId,
  { userId, joined }: { userId: UserId; joined: boolean },
  newRoomId: RoomId | null,
): Promise<boolean> {
  try {
    await deps.partRoom(userId, roomId)
    await deps.storage.write((tx) => tx.members.forget(roomId, userId))
    if (newRoomId !== null && joined)
      await deps.changeMembership(actAs(userId), newRoomId, { target: userId, membership: 'join' })
    return true
  } catch (error) {
    if (error instanceof MatrixError) return false
    throw error
  }
}
