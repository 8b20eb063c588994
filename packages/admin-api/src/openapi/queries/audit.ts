import type { QueryParams } from '../query-params.ts'
import { DIRECTIONS, NEXT, PAGE } from './paging.ts'

const filters = {
  actor: { kind: 'string', description: 'Only what this administrator did (full user id)' },
  target: { kind: 'string', description: 'Only what was done to this user, room, file, …' },
  operation: { kind: 'string', description: 'Only calls of this `operationId`' },
  from_ts: { kind: 'int', description: 'Only actions that began at this time or later, ms since epoch' },
  to_ts: { kind: 'int', description: 'Only actions that began before this time, ms since epoch' },
} as const

/** `GET /_ranvier/admin/v1/audit` */
export const AuditQuery = {
  from: NEXT,
  limit: PAGE,
  dir: {
    kind: 'enum',
    values: DIRECTIONS,
    default: 'b',
    description: '`f`: oldest first, `b`: newest first',
  },
  ...filters,
} as const satisfies QueryParams

/** `GET /_ranvier/admin/v1/audit/export` */
export const AuditExportQuery = filters satisfies QueryParams
