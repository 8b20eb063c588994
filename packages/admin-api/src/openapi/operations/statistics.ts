import { MediaStatisticsList, RoomSizes } from '../../statistics.ts'
import type { Operations } from '../operation.ts'
import { MediaStatisticsQuery } from '../queries/statistics.ts'

const tag = 'Statistics'

/** Who and what takes the space. */
export const statisticsOperations = {
  listMediaStatistics: {
    method: 'GET',
    path: '/_synapse/admin/v1/statistics/users/media',
    tag,
    area: 'media',
    summary: 'How much each user has uploaded',
    query: MediaStatisticsQuery,
    answers: { 200: { when: 'A page', schema: MediaStatisticsList } },
    errors: [[400, 'M_INVALID_PARAM', '`until_ts` is not greater than `from_ts`, or `search_term` is empty']],
  },
  listLargestRooms: {
    method: 'GET',
    path: '/_synapse/admin/v1/statistics/database/rooms',
    tag,
    area: 'rooms',
    summary: 'The rooms that take most space in the database',
    answers: { 200: { when: 'The rooms', schema: RoomSizes } },
    errors: [[400, 'M_UNKNOWN', 'The database is not PostgreSQL']],
  },
} as const satisfies Operations
