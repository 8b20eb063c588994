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
