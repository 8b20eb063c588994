import type { QueryParams } from '../query-params.ts'

const status = {
  kind: 'enum',
  values: ['scheduled', 'active', 'complete', 'failed', 'cancelled'],
  description: 'Only tasks in this state',
} as const

/** `GET /v1/scheduled_tasks` */
export const ScheduledTasksQuery = {
  action_name: { kind: 'string', description: 'Only tasks that do this' },
  resource_id: { kind: 'string', description: 'Only tasks about this user or room' },
  status,
  job_status: { ...status, description: 'The same as `status`, which goes before it' },
  max_timestamp: { kind: 'int', description: 'Only tasks due then or before, ms since epoch' },
} as const satisfies QueryParams
