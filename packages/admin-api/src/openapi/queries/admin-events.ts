import type { QueryParams } from '../query-params.ts'

/** `GET /_ranvier/admin/v1/events` */
export const AdminEventsQuery = {
  since: { kind: 'string', description: 'Id of the last event seen. Default: only what happens from now on' },
} as const satisfies QueryParams
