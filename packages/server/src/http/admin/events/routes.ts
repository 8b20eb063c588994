import { Readable } from 'node:stream'
import { AdminEventsQuery } from '@ranvier/admin-api/openapi/queries/admin-events'
import type { AdminEvent, AdminEvents } from '../../../admin-events/admin-events.ts'
import { parsePlace, placeText } from '../../../admin-events/place.ts'
import { invalidParam } from '../../../errors.ts'
import { bytes } from '../../answer.ts'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'

export interface AdminEventRoutesDeps {
  adminEvents: AdminEvents
  /** How long a reader may take nothing before the stream is cut. Default 30 s. */
  unreadStreamMs?: number
}

/** Longer than between two heartbeats: whoever reads takes something in that time. */
const UNREAD_MS = 30_000

/** `GET /_ranvier/admin/v1/events`: server-sent events. A reader that stops reading is dropped: see `send.ts`. */
export function adminEventsRoute({ adminEvents, unreadStreamMs = UNREAD_MS }: AdminEventRoutesDeps): Route {
  return adminRoute({
    method: 'GET',
    path: '/_ranvier/admin/v1/events',
    operationId: 'streamEvents',
    query: queryParams(AdminEventsQuery),
    async handler({ requester, query, request }) {
      const header = request.headers['last-event-id']
      const since = typeof header === 'string' ? header : query.since
      const place = since === undefined ? await adminEvents.now() : parsePlace(since)
      if (place === undefined) throw invalidParam('What you have seen last is named by the id of an event')
      const { events, close } = adminEvents.listen(requester, place, request.signal)
      // Where it begins is told at once, so that who is cut off before the first event misses nothing.
      const body = Readable.from(texts(`id: ${placeText(place)}\n\n`, events), { objectMode: false })
      body.once('close', close)
      const headers = {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no', // proxies would wait for more
      }
      return bytes(body, headers, { unreadMs: unreadStreamMs })
    },
  })
}

async function* texts(
  beginning: string,
  events: AsyncGenerator<AdminEvent | undefined>,
): AsyncGenerator<string> {
  try {
    yield beginning
    for await (const each of events)
      yield each === undefined
        ? ':\n\n'
        : `id: ${placeText(each.place)}\nevent: ${each.event}\ndata: ${JSON.stringify(each.data)}\n\n`
  } finally {
    await events.return(undefined)
  }
}
