import {
  BackgroundUpdatesEnabled,
  BackgroundUpdatesStatus,
  SetBackgroundUpdatesBody,
  StartJobBody,
} from '../../background-updates.ts'
import { ScheduledTaskList } from '../../scheduled-tasks.ts'
import type { Operations } from '../operation.ts'
import { ScheduledTasksQuery } from '../queries/background.ts'
import { done } from './shared.ts'

const tag = 'Background work'

/** What the server does by itself. */
export const backgroundOperations = {
  getBackgroundUpdatesStatus: {
    method: 'GET',
    path: '/_synapse/admin/v1/background_updates/status',
    tag,
    area: 'server',
    summary: 'Whether background updates are paused, and how far the current one is',
    answers: { 200: { when: 'The state', schema: BackgroundUpdatesStatus } },
    errors: [],
  },
  getBackgroundUpdatesEnabled: {
    method: 'GET',
    path: '/_synapse/admin/v1/background_updates/enabled',
    tag,
    area: 'server',
    summary: 'Whether background updates are paused',
    answers: { 200: { when: 'The state', schema: BackgroundUpdatesEnabled } },
    errors: [],
  },
  setBackgroundUpdatesEnabled: {
    method: 'POST',
    path: '/_synapse/admin/v1/background_updates/enabled',
    tag,
    area: 'server',
    summary: 'Pause background updates, or let them go on',
    body: SetBackgroundUpdatesBody,
    answers: { 200: { when: 'The state', schema: BackgroundUpdatesEnabled } },
    errors: [[400, 'M_UNKNOWN', '`enabled` is no boolean']],
  },
  startBackgroundUpdate: {
    method: 'POST',
    path: '/_synapse/admin/v1/background_updates/start_job',
    tag,
    area: 'server',
    summary: 'Make derived data anew',
    body: StartJobBody,
    answers: done,
    errors: [[400, 'M_UNKNOWN', 'There is no such job, or it is at work already']],
  },
  listScheduledTasks: {
    method: 'GET',
    path: '/_synapse/admin/v1/scheduled_tasks',
    tag,
    area: 'server',
    summary: 'Work that goes on in the background, and what became of it',
    description: 'What has ended is forgotten after seven days.',
    query: ScheduledTasksQuery,
    answers: { 200: { when: 'The tasks', schema: ScheduledTaskList } },
    errors: [],
  },
} as const satisfies Operations
