import { RoomStorageList, UserStorageList } from '../../storage-report.ts'
import type { Operations } from '../operation.ts'
import { RoomStorageQuery, UserStorageQuery } from '../queries/storage-report.ts'
import { badToken } from './shared.ts'

const tag = 'Statistics'
const description = 'As it was measured in the background, once a day.'

/** What takes up space. Our own calls. */
export const storageReportOperations = {
  listRoomStorage: {
    method: 'GET',
    path: '/_ranvier/admin/v1/storage/rooms',
    tag,
    area: 'rooms',
    summary: 'What rooms take up',
    description,
    query: RoomStorageQuery,
    answers: { 200: { when: 'A page of rooms', schema: RoomStorageList } },
    errors: [badToken],
  },
  listUserStorage: {
    method: 'GET',
    path: '/_ranvier/admin/v1/storage/users',
    tag,
    area: 'users',
    summary: 'What users take up',
    description,
    query: UserStorageQuery,
    answers: { 200: { when: 'A page of users', schema: UserStorageList } },
    errors: [badToken],
  },
} as const satisfies Operations
