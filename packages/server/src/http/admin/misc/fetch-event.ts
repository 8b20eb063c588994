import type { FetchedEvent } from '@ranvier/admin-api/events'
import type { Storage } from '@ranvier/storage'
import { notFound } from '../../../errors.ts'
import { adminRoute, type Route } from '../../route.ts'

/**
 * `GET /_synapse/admin/v1/fetch_event/{eventId}`
 *
 * The event as it is stored, in the form servers exchange: also what a redaction has taken from everybody else, for as
 * long as it is kept.
 */
export function fetchEventRoute({ storage }: { storage: Pick<Storage, 'read'> }): Route {
  return adminRoute({
    method: 'GET',
    path: '/_synapse/admin/v1/fetch_event/:eventId',
    operationId: 'fetchEvent',
    async handler({ params: { eventId } }): Promise<FetchedEvent> {
      const [row] = await storage.read.rooms.eventsById([eventId])
      if (row === undefined) throw notFound('Event')
      return { event: { ...JSON.parse(row.pdu), event_id: row.eventId } }
    },
  })
}
