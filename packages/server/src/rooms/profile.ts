import { randomBytes } from 'node:crypto'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import { outsideAction, type Storage, type Transaction } from '@ranvier/storage'
import { MatrixError } from '../errors.ts'
import { defineJob, type JobKind } from '../jobs/define-job.ts'
import type { FindProfile } from './membership.ts'
import type { RoomWriters } from './room-writers.ts'

/** Kept in the database as the job's name. */
const SPREAD_PROFILE = 'spread-profile'
/** Rooms that hear of a new name before the user's client has its answer. They share a flush or two. */
const ROOMS_AT_ONCE = 50
const ROOMS_PER_STEP = 20
/** Longer than telling the first rooms takes. */
const GRACE_MS = 60_000

interface ProfileDeps {
  storage: Storage
  writers: RoomWriters
  findProfile: FindProfile
}

/**
 * Told in the transaction that changes a profile, so that what follows is certain with it. What it resolves with is to be
 * called when that has committed, and resolves when the user's first rooms have heard.
 */
export type PropagateProfile = (tx: Transaction, userId: UserId) => Promise<() => Promise<void>>

/**
 * Tells every room a user has joined what they are called now, one new member event a room. Other content of the
 * membership stays, but for who let them in: that was about the join itself. Rooms beyond the first fifty hear of it from
 * a job: nobody waits for two thousand. Spec: CS API §Events on change of profile information.
 *
 *     change of the profile + job | first rooms | end of the job + job for the others
 *
 * The first job runs only if we do not come to its end: all rooms hear from it then, those again that have heard, which
 * is nothing to them.
 */
export function propagateProfile(deps: ProfileDeps & { nowMs: () => number }): PropagateProfile {
  return async (tx, userId) => {
    const rooms = await tx.members.joinedRoomsPage(userId, { after: '', limit: ROOMS_AT_ONCE })
    const last = rooms.at(-1)
    if (last === undefined) return async () => {}
    const id = randomBytes(12).toString('base64url')
    const createdTs = deps.nowMs()
    const job = { subject: userId, params: { after: '' }, createdTs, dueTs: createdTs + GRACE_MS }
    // `ensure`, as the audit log has a row for the change of the profile; what every room hears of it follows.
    await tx.jobs.ensure(SPREAD_PROFILE, { ...job, id })
    return () =>
      outsideAction(async () => {
        await renameInAll(deps, userId, rooms)
        await deps.storage.write(async (end) => {
          const nowMs = deps.nowMs()
          const isOurs = await end.jobs.finish(id, { after: last, rooms: rooms.length }, nowMs)
          if (!isOurs || rooms.length < ROOMS_AT_ONCE) return
          await end.jobs.enqueue(SPREAD_PROFILE, { ...job, params: { after: last }, dueTs: nowMs })
        })
      })
  }
}

/** The job that goes on behind the room `after`, with what the user is called by then. */
export function spreadProfileJob(deps: ProfileDeps): JobKind {
  return defineJob<{ after: string }, { after: string; rooms: number }>({
    name: SPREAD_PROFILE,
    async step({ subject, batch }, params, progress) {
      const userId = subject as UserId // jobs of this name are enqueued for an account
      const { after, rooms } = progress ?? { ...params, rooms: 0 }
      const limit = batch(ROOMS_PER_STEP)
      const next = await deps.storage.read.members.joinedRoomsPage(userId, { after, limit })
      await renameInAll(deps, userId, next)
      return {
        progress: { after: next.at(-1) ?? after, rooms: rooms + next.length },
        done: next.length < limit,
      }
    },
  })
}

async function renameInAll(deps: ProfileDeps, userId: UserId, rooms: readonly RoomId[]): Promise<void> {
  const profile = (await deps.findProfile(userId)) ?? { displayName: null, avatarUrl: null }
  const content: JsonObject = {}
  if (profile.displayName !== null) content['displayname'] = profile.displayName
  if (profile.avatarUrl !== null) content['avatar_url'] = profile.avatarUrl
  const done = await Promise.allSettled(
    rooms.map((roomId) => renameIn(deps.writers, roomId, userId, content)),
  )
  const failed = done.find((each) => each.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

async function renameIn(
  writers: RoomWriters,
  roomId: RoomId,
  userId: UserId,
  profile: JsonObject,
): Promise<void> {
  try {
    await writers.write(roomId, async (room) => {
      const present = await room.state('m.room.member', userId)
      if (present?.content['membership'] !== 'join') return
      const { displayname, avatar_url, join_authorised_via_users_server, ...content } = present.content
      await room.append(
        { type: 'm.room.member', stateKey: userId, sender: userId, content: { ...content, ...profile } },
        { unlessSame: true },
      )
    })
  } catch (error) {
    // A room whose rules refuse the new event must not keep the others from hearing of it.
    if (!(error instanceof MatrixError)) throw error
  }
}

export type PartRoom = (userId: UserId, roomId: RoomId) => Promise<void>

/** Leaves one room, or turns its invite or knock down. Nothing happens if there is nothing to leave. */
export function partRoom(deps: { writers: RoomWriters }): PartRoom {
  return async (userId, roomId) => {
    await deps.writers.write(roomId, async (room) => {
      const membership = await room.membership(userId)
      if (membership !== 'join' && membership !== 'invite' && membership !== 'knock') return
      await room.append({
        type: 'm.room.member',
        stateKey: userId,
        sender: userId,
        content: { membership: 'leave' },
      })
    })
  }
}
