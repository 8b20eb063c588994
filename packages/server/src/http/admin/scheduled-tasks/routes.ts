import { ScheduledTasksQuery } from '@ranvier/admin-api/openapi/queries/background'
import type { ScheduledTask, ScheduledTaskList } from '@ranvier/admin-api/scheduled-tasks'
import { isJsonObject } from '@ranvier/protocol/json'
import type { Storage } from '@ranvier/storage'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'

const MOST_TASKS = 1_000
const listQuery = queryParams(ScheduledTasksQuery)

/** `GET /_synapse/admin/v1/scheduled_tasks`: the jobs of this server, earliest first; at most 1000. */
export function scheduledTasksRoute({ storage }: { storage: Pick<Storage, 'read'> }): Route {
  return adminRoute({
    method: 'GET',
    path: '/_synapse/admin/v1/scheduled_tasks',
    operationId: 'listScheduledTasks',
    query: listQuery,
    async handler({ query }): Promise<ScheduledTaskList> {
      const status = query.status ?? query.job_status
      const filter = {
        ...(query.action_name !== undefined && { name: query.action_name }),
        ...(query.resource_id !== undefined && { subject: query.resource_id }),
        ...(status !== undefined && { statuses: [status] }),
        ...(query.max_timestamp !== undefined && { maxDueTs: query.max_timestamp }),
      }
      const jobs = await storage.read.jobs.list(filter, MOST_TASKS)
      return { scheduled_tasks: jobs.map(taskShape) }
    },
  })
}

type Job = Awaited<ReturnType<Storage['read']['jobs']['list']>>[number]

function taskShape(job: Job): ScheduledTask {
  return {
    id: job.id,
    action: job.name,
    status: job.status,
    timestamp_ms: job.dueTs,
    resource_id: job.subject,
    result: isJsonObject(job.progress) ? job.progress : null,
    error: job.error,
  }
}
