import type { JsonObject } from '@ranvier/protocol/json'
import type { RoomMeasure } from '@ranvier/storage'
import { defineJob, type JobKind } from '../jobs/define-job.ts'

/** Its id in the database: there is one for ever. */
export const MEASURE_STORAGE_ID = 'measure-storage'
const ROOMS_PER_LOOK = 100
const ROWS_PER_STEP = 500
const USERS_PER_STEP = 50
const A_DAY_MS = 24 * 3_600_000

/** How far the walk through rooms and then users has come. */
export interface MeasureProgress extends JsonObject {
  part: 'rooms' | 'users'
  /** Id of the last room or user that is done or begun. */
  after: string
  /** The room in progress. */
  room: (RoomMeasure & JsonObject) | null
  /** When the last walk ended, ms since epoch; null: none has. */
  completeTs: number | null
}

const BEGINNING = { part: 'rooms', after: '', room: null } as const

/** Once a day: what rooms that have changed, and all users, take up. Bytes are added up a few hundred rows a step. */
export function measureStorageJob(): JobKind {
  return defineJob<Record<string, never>, MeasureProgress>({
    name: MEASURE_STORAGE_ID,
    step({ nowMs, batch }, _params, progress) {
      const at: MeasureProgress = progress ?? { ...BEGINNING, completeTs: null }
      return async ({ storageReport }) => {
        if (at.room !== null) {
          const { measure, done } = await storageReport.measureMore(at.room, batch(ROWS_PER_STEP), nowMs)
          return { progress: { ...at, room: done ? null : { ...measure } } }
        }
        if (at.part === 'rooms') {
          const { measure, after } = await storageReport.nextRoom(at.after, ROOMS_PER_LOOK)
          if (after === undefined) return { progress: { ...at, part: 'users', after: '' } }
          return { progress: { ...at, after, room: measure === undefined ? null : { ...measure } } }
        }
        const last = await storageReport.measureUsers(at.after, batch(USERS_PER_STEP), nowMs)
        if (last !== undefined) return { progress: { ...at, after: last } }
        return { progress: { ...BEGINNING, completeTs: nowMs }, dueTs: nowMs + A_DAY_MS }
      }
    },
  })
}
