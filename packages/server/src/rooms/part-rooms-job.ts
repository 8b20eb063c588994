import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { MatrixError } from '../errors.ts'
import { defineJob, type JobKind } from '../jobs/define-job.ts'
import type { PartRoom } from './profile.ts'

/** Rooms left in one step. Each is an event that others see. */
const ROOMS_A_STEP = 10

/**
 * Leaves every room of a deactivated account, turns down its invites and takes back its knocks. What has been left is
 * no longer found, so killed at any moment it goes on with the rest.
 */
export function partRoomsJob(deps: { storage: Storage; partRoom: PartRoom }): JobKind {
  return defineJob<{ userId: UserId }, { parted: number; refused: string[] }>({
    name: 'part-rooms',
    async step(_context, { userId }, progress) {
      const done = progress ?? { parted: 0, refused: [] }
      const rooms = await deps.storage.read.members.roomsOf(userId, ['join', 'invite', 'knock'])
      const left = rooms.filter(({ roomId }) => !done.refused.includes(roomId))
      for (const { roomId } of left.slice(0, ROOMS_A_STEP)) {
        try {
          await deps.partRoom(userId, roomId)
          done.parted++
        } catch (error) {
          // A room that refuses must not hold the others up.
          if (!(error instanceof MatrixError)) throw error
          done.refused.push(roomId)
        }
      }
      return { progress: done, done: left.length <= ROOMS_A_STEP }
    },
  })
}
