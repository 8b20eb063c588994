import { AdminEventShape } from '../../admin-events.ts'
import type { Operations } from '../operation.ts'
import { AdminEventsQuery } from '../queries/admin-events.ts'

/** What happens, as it happens. */
export const adminEventOperations = {
  streamEvents: {
    method: 'GET',
    path: '/_ranvier/admin/v1/events',
    tag: 'Event stream',
    area: 'audit',
    summary: 'What happens on the server, as server-sent events',
    description:
      'Registrations, reports, log-ins of administrators, the audit log, and how jobs go on. The header `Last-Event-ID` does the same as `since` and goes before it. A comment comes every 15 seconds when nothing happens. Who reads nothing for 30 seconds is cut off, and can go on from the last event.',
    query: AdminEventsQuery,
    stream: 'events',
    answers: { 200: { when: 'Events, for as long as you listen', schema: AdminEventShape } },
    errors: [
      [400, 'M_INVALID_PARAM', '`since` is not the id of an event'],
      [429, 'M_LIMIT_EXCEEDED', 'Too many are listening'],
    ],
  },
} as const satisfies Operations
