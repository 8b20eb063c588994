import { Type } from '@ranvier/admin-api/schema'
import { isJsonObject } from '@ranvier/protocol/json'
import { parseJson } from '@ranvier/protocol/parse-json'
import type { DelayedEvent } from '@ranvier/storage'
import type { DelayedEvents } from '../../../rooms/delayed-events.ts'
import { type Query, queryInt } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'

const PATH = '/_matrix/client/unstable/org.matrix.msc4140/delayed_events'
const ACTIONS = ['restart', 'send', 'cancel'] as const

/** `org.matrix.msc4140.delay` in ms; `undefined`: the event is to be sent now. */
export const delayQuery = (query: Query) => ({ delayMs: queryInt(query, 'org.matrix.msc4140.delay') })

/**
 * Events that wait for their time (MSC4140): `GET …/delayed_events` and `…/{delayId}` for who scheduled them,
 * `POST …/{delayId}/restart`, `…/send` and `…/cancel`, or the action in the body, for whoever knows the id.
 */
export function delayedEventRoutes({ delayedEvents }: { delayedEvents: DelayedEvents }): Route[] {
  return [
    clientRoute({
      method: 'GET',
      path: PATH,
      auth: 'guest-ok',
      async handler({ requester }) {
        return { delayed_events: (await delayedEvents.list(requester.userId)).map(delayedJson) }
      },
    }),
    clientRoute({
      method: 'GET',
      path: `${PATH}/:delayId`,
      auth: 'guest-ok',
      async handler({ requester, params: { delayId } }) {
        return delayedJson(await delayedEvents.get(requester, delayId))
      },
    }),
    clientRoute({
      method: 'POST',
      path: `${PATH}/:delayId`,
      auth: 'none',
      body: Type.Object({ action: Type.Union(ACTIONS.map((action) => Type.Literal(action))) }),
      badTypeErrcode: 'M_INVALID_PARAM',
      async handler({ params: { delayId }, body }) {
        await delayedEvents.manage(delayId, body.action)
        return {}
      },
    }),
    ...ACTIONS.map((action) =>
      clientRoute({
        method: 'POST',
        path: `${PATH}/:delayId/${action}`,
        auth: 'none',
        async handler({ params }) {
          await delayedEvents.manage(params.delayId, action)
          return {}
        },
      }),
    ),
  ]
}

function delayedJson(event: DelayedEvent): object {
  const content = parseJson(event.content)
  return {
    delay_id: event.delayId,
    room_id: event.roomId,
    type: event.type,
    ...(event.stateKey === null ? {} : { state_key: event.stateKey }),
    delay: event.delayMs,
    running_since: event.runningSinceTs,
    content: isJsonObject(content) ? content : {},
  }
}
