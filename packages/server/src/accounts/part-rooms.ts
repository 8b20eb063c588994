import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Storage } from '@ranvier/storage'
import { defineJob, type JobKind } from '../jobs/define-job.ts'
import { PART_ROOMS } from './deactivate.ts'

const ROOMS_PER_STEP = 20

/** Rooms left so far, and those that could not be. */
interface PartProgress extends JsonObject {
  left: number
  failed: string[]
}

/**
 * The job that leaves a deactivated account's rooms and turns its invites and knocks down. A room that cannot be left
 * does not stop the others. Ends early when the account is opened again.
 */
export function partRoomsJob(deps: {
  storage: Pick<Storage, 'read' | 'write'>
  partRoom: (userId: UserId, roomId: RoomId) => Promise<void>
  onError: (error: unknown, where: { userId: UserId; roomId: RoomId }) => void
}): JobKind {
  return defineJob<JsonObject, PartProgress>({
    name: PART_ROOMS,
    async step({ subject, signal }, _params, progress) {
      const userId = subject as UserId // jobs of this name are enqueued for an account
      const { left, failed } = progress ?? { left: 0, failed: [] }
      const account = await deps.storage.read.accounts.find(userId)
      if (account === undefined || !account.deactivated) return { progress: { left, failed }, done: true }
      const rooms = await deps.storage.read.members.roomsOf(userId, ['join', 'invite', 'knock'])
      const next = rooms.filter(({ roomId }) => !failed.includes(roomId)).slice(0, ROOMS_PER_STEP)
      const failedNow: string[] = []
      let leftNow = 0
      for (const { roomId } of next) {
        if (signal.aborted) break
        try {
          await deps.partRoom(userId, roomId)
          await deps.storage.write((tx) => tx.members.forget(roomId, userId))
          leftNow++
        } catch (error) {
          deps.onError(error, { userId, roomId })
          failedNow.push(roomId)
        }
      }
      return {
        progress: { left: left + leftNow, failed: [...failed, ...failedNow] },
        done: next.length < ROOMS_PER_STEP && !signal.aborted,
      }
    },
  })
}
