import { FetchedEvent } from '../../events.ts'
import type { Operations } from '../operation.ts'

/** Single events. */
export const eventOperations = {
  fetchEvent: {
    method: 'GET',
    path: '/_synapse/admin/v1/fetch_event/:eventId',
    tag: 'Events',
    area: 'rooms',
    summary: 'An event of any room, as it is stored',
    params: { eventId: 'Id of the event' },
    answers: { 200: { when: 'The event', schema: FetchedEvent } },
    errors: [[404, 'M_NOT_FOUND', 'No such event']],
  },
} as const satisfies Operations
