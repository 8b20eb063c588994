import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Storage } from '@ranvier/storage'
import { MatrixError } from '../errors.ts'
import { defineJob, type JobKind } from '../jobs/define-job.ts'
import type { RedactForServer } from '../rooms/redact-for-server.ts'
import { PART_ROOMS } from './deactivate.ts'

const ROOMS_PER_STEP = 20

/** Rooms left so far, and those that could not be. */
interface PartProgress extends JsonObject {
  left: number
  failed: string[]
}

/**
 * The job that turns a deactivated account's invites and knocks down and leaves its rooms. Of an erased account the
 * names it had in a room are redacted first, while it is there to do so. A room that cannot be left does not stop the
 * others. Ends early when the account is opened again.
 */
export function partRoomsJob(deps: {
  storage: Pick<Storage, 'read' | 'write'>
  partRoom: (userId: UserId, roomId: RoomId) => Promise<void>
  redact: RedactForServer
  onError: (error: unknown, where: { userId: UserId; roomId: RoomId }) => void
}): JobKind {
  return defineJob<JsonObject, PartProgress>({
    name: PART_ROOMS,
    async step({ subject, signal }, _params, progress) {
      const userId = subject as UserId // jobs of this name are enqueued for an account
      const { left, failed } = progress ?? { left: 0, failed: [] }
      const account = await deps.storage.read.accounts.find(userId)
      if (account === undefined || !account.deactivated) return { progress: { left, failed }, done: true }
      const { members } = deps.storage.read
      const pending = await members.roomsOf(userId, ['invite', 'knock'])
      const rooms = [...pending, ...(await members.roomsOf(userId, ['join']))]
      const next = rooms.filter(({ roomId }) => !failed.includes(roomId)).slice(0, ROOMS_PER_STEP)
      const failedNow: string[] = []
      let leftNow = 0
      for (const { roomId, membership } of next) {
        if (signal.aborted) break
        try {
          if (account.erased && membership === 'join') await redactNames(deps, userId, roomId)
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

/** Takes display name and picture out of the member events the user has sent to the room. */
async function redactNames(
  deps: { storage: Pick<Storage, 'read'>; redact: RedactForServer },
  userId: UserId,
  roomId: RoomId,
): Promise<void> {
  const { roomState, rooms } = deps.storage.read
  const history = await roomState.history(roomId, 'm.room.member', userId)
  for (const { eventId, sender, redactedBy } of await rooms.eventsByNid(history.map(({ nid }) => nid))) {
    if (sender !== userId || redactedBy !== null) continue
    try {
      await deps.redact(roomId, { eventId, as: [userId] })
    } catch (error) {
      // A room that lets nobody redact is left all the same.
      if (!(error instanceof MatrixError)) throw error
    }
  }
}
