import { MediaStatisticsList, RoomSizes } from '../../statistics.ts'
import type { Operations } from '../operation.ts'
import type { QueryParams } from '../query-params.ts'

/** `GET /v1/statistics/users/media` */
export const MediaStatisticsQuery = {
  from: { kind: 'int', default: 0, description: 'Where the page begins: `next_token` of the page before' },
  limit: { kind: 'int', default: 100, description: 'Most users of a page' },
  order_by: {
    kind: 'enum',
    values: ['user_id', 'displayname', 'media_count', 'media_length'],
    default: 'user_id',
    description: 'What the users are ordered by; equal ones go by ascending `user_id`',
  },
  dir: { kind: 'enum', values: ['f', 'b'], default: 'f', description: '`f`: ascending, `b`: descending' },
  from_ts: { kind: 'int', default: 0, description: 'Only files uploaded from then on, ms since epoch' },
  until_ts: { kind: 'int', description: 'Only files uploaded until then, inclusive, ms since epoch' },
  search_term: {
    kind: 'string',
    description: 'Only users whose localpart or display name contains this, in any letter case',
  },
} as const satisfies QueryParams

const tag = 'Statistics'

/** Who and what takes the space. */
export const statisticsOperations = {
  listMediaStatistics: {
    method: 'GET',
    path: '/_synapse/admin/v1/statistics/users/media',
    tag,
    summary: 'How much each user has uploaded',
    query: MediaStatisticsQuery,
    answers: { 200: { when: 'A page', schema: MediaStatisticsList } },
    errors: [[400, 'M_INVALID_PARAM', '`until_ts` is not greater than `from_ts`, or `search_term` is empty']],
  },
  listLargestRooms: {
    method: 'GET',
    path: '/_synapse/admin/v1/statistics/database/rooms',
    tag,
    summary: 'The rooms that take most space in the database',
    answers: { 200: { when: 'The rooms', schema: RoomSizes } },
    errors: [[400, 'M_UNKNOWN', 'The database is not PostgreSQL']],
  },
} as const satisfies Operations
