import type { QueryParams } from '../query-params.ts'

const page = {
  from: { kind: 'int', default: 0, description: 'Where the page begins: `next_token` of the page before' },
  limit: { kind: 'int', default: 100, description: 'Most reports of a page' },
  dir: {
    kind: 'enum',
    values: ['f', 'b'],
    default: 'b',
    description: '`f`: oldest first, `b`: newest first',
  },
} as const

/** `GET /v1/event_reports` */
export const EventReportsQuery = {
  ...page,
  user_id: { kind: 'string', description: 'Only reports by users whose full id contains this' },
  room_id: { kind: 'string', description: 'Only reports about rooms whose id contains this' },
  event_sender_user_id: { kind: 'string', description: 'Only reports about events this user has sent' },
} as const satisfies QueryParams

/** `GET /v1/user_reports` */
export const UserReportsQuery = {
  ...page,
  user_id: { kind: 'string', description: 'Only reports by users whose full id contains this' },
  target_user_id: { kind: 'string', description: 'Only reports about users whose full id contains this' },
} as const satisfies QueryParams
