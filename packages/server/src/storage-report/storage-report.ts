import type {
  ROOM_STORAGE_ORDERS,
  RoomStorage,
  Storage,
  StorageReportPage,
  USER_STORAGE_ORDERS,
  UserStorage,
} from '@ranvier/storage'
import { MEASURE_STORAGE_ID, type MeasureProgress } from './measure-job.ts'

/** What rooms and users take up, as it was measured last. */
export interface StorageReport {
  rooms(page: StorageReportPage<(typeof ROOM_STORAGE_ORDERS)[number]>): Promise<RoomStorage[]>
  users(page: StorageReportPage<(typeof USER_STORAGE_ORDERS)[number]>): Promise<UserStorage[]>
  /** When everything had been measured for the last time, ms since epoch; `null`: never yet. */
  completeTs(): Promise<number | null>
}

export function storageReport({ storage }: { storage: Pick<Storage, 'read'> }): StorageReport {
  return {
    rooms: (page) => storage.read.storageReport.rooms(page),
    users: (page) => storage.read.storageReport.users(page),
    async completeTs() {
      const job = await storage.read.jobs.find(MEASURE_STORAGE_ID)
      return (job?.progress as MeasureProgress | null | undefined)?.completeTs ?? null // its own steps have saved it
    },
  }
}
