import type { QueryParams } from '../query-params.ts'
import { DIRECTIONS, NEXT, PAGE } from './paging.ts'

const DIR = {
  kind: 'enum',
  values: DIRECTIONS,
  default: 'b',
  description: '`b`: the largest first, `f`: the smallest first',
} as const

/** `GET /_ranvier/admin/v1/storage/rooms` */
export const RoomStorageQuery = {
  order_by: {
    kind: 'enum',
    values: ['events', 'event_bytes', 'snapshots', 'state_bytes'],
    default: 'event_bytes',
    description: 'What the rooms are ordered by; equal ones go by id',
  },
  dir: DIR,
  from: NEXT,
  limit: PAGE,
} as const satisfies QueryParams

/** `GET /_ranvier/admin/v1/storage/users` */
export const UserStorageQuery = {
  order_by: {
    kind: 'enum',
    values: ['media_files', 'media_bytes', 'devices', 'joined_rooms', 'account_data_bytes', 'backed_up_keys'],
    default: 'media_bytes',
    description: 'What the users are ordered by; equal ones go by id',
  },
  dir: DIR,
  from: NEXT,
  limit: PAGE,
} as const satisfies QueryParams
