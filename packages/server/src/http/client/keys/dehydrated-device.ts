import { Type } from '@ranvier/admin-api/schema'
import type { JsonObject } from '@ranvier/protocol/json'
import { invalidParam } from '../../../errors.ts'
import type { DehydratedDevices, DehydratedMessages } from '../../../keys/dehydrated-devices.ts'
import { rawJson } from '../../answer.ts'
import { queryInt, queryString } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'
import { DehydratedDeviceBody } from './shapes.ts'

const PATH = '/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device'
const MAX_EVENTS = 100 // Synapse: as many as one answer of `/sync` has

/** The caller's dehydrated device, and what was sent to it. MSC3814 */
export function dehydratedDeviceRoutes(deps: { dehydratedDevices: DehydratedDevices }): Route[] {
  return [...deviceRoutes(deps), ...eventRoutes(deps)]
}

function deviceRoutes({ dehydratedDevices }: { dehydratedDevices: DehydratedDevices }): Route[] {
  return [
    clientRoute({
      method: 'PUT',
      path: PATH,
      auth: 'user',
      body: DehydratedDeviceBody,
      async handler({ requester, body }) {
        await dehydratedDevices.put(requester, {
          deviceId: body.device_id,
          deviceData: body.device_data,
          displayName: body.initial_device_display_name ?? undefined,
          keys: {
            deviceKeys: body.device_keys as JsonObject, // parsed JSON, here and below
            oneTimeKeys: (body.one_time_keys ?? {}) as JsonObject,
            fallbackKeys: (body.fallback_keys ?? {}) as JsonObject,
          },
        })
        return { device_id: body.device_id }
      },
    }),
    clientRoute({
      method: 'GET',
      path: PATH,
      auth: 'user',
      async handler({ requester }) {
        const { deviceId, deviceData } = await dehydratedDevices.get(requester.userId)
        return rawJson(`{"device_id":${JSON.stringify(deviceId)},"device_data":${deviceData}}`)
      },
    }),
    clientRoute({
      method: 'DELETE',
      path: PATH,
      auth: 'user',
      handler: async ({ requester }) => ({ device_id: await dehydratedDevices.delete(requester.userId) }),
    }),
  ]
}

function eventRoutes({ dehydratedDevices }: { dehydratedDevices: DehydratedDevices }): Route[] {
  const path = `${PATH}/:deviceId/events`
  const limitOf = (query: Parameters<typeof queryInt>[0]) =>
    Math.min(queryInt(query, 'limit', { default: MAX_EVENTS, min: 1 }), MAX_EVENTS)
  return [
    // As matrix-rust-sdk asks: the end is an answer without events, and every answer has a token.
    clientRoute({
      method: 'POST',
      path,
      auth: 'user',
      body: Type.Object({ next_batch: Type.Optional(Type.Union([Type.String(), Type.Null()])) }),
      emptyBody: true,
      query: limitOf,
      async handler({ requester, params: { deviceId }, query: limit, body }) {
        const after = positionOf(body.next_batch ?? undefined, 'next_batch')
        const page = await dehydratedDevices.events(requester.userId, deviceId, { after, limit })
        return rawJson(eventsText(page, true))
      },
    }),
    // As matrix-js-sdk asks: the end is an answer without a token.
    clientRoute({
      method: 'GET',
      path,
      auth: 'user',
      query: (query) => ({ limit: limitOf(query), after: positionOf(queryString(query, 'from'), 'from') }),
      async handler({ requester, params: { deviceId }, query }) {
        const page = await dehydratedDevices.events(requester.userId, deviceId, query)
        return rawJson(eventsText(page, !page.isLast))
      },
    }),
  ]
}

function eventsText({ events, next }: DehydratedMessages, withToken: boolean): string {
  return `{"events":[${events.join(',')}]${withToken ? `,"next_batch":"d${next}"` : ''}}`
}

/** Throws 400 `M_INVALID_PARAM` for anything but a token of {@link eventsText}; without one, the beginning. */
function positionOf(token: string | undefined, parameter: string): number {
  if (token === undefined) return 0
  if (!/^d[0-9]{1,15}$/.test(token)) throw invalidParam(`'${parameter}' is not a token of this server`)
  return Number(token.slice(1))
}
