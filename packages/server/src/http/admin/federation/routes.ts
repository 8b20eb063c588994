import type { DestinationItem, DestinationList, DestinationRoomList } from '@ranvier/admin-api/federation'
import { DestinationRoomsQuery, DestinationsQuery } from '@ranvier/admin-api/openapi/queries/federation'
import type { Destination, Storage } from '@ranvier/storage'
import { badRequest, notFound } from '../../../errors.ts'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'

const PATH = '/_synapse/admin/v1/federation/destinations'
const listQuery = queryParams(DestinationsQuery)
const roomsQuery = queryParams(DestinationRoomsQuery)

/** `/_synapse/admin/v1/federation/destinations`: the servers this one sends to. */
export function federationRoutes({ storage }: { storage: Pick<Storage, 'read' | 'write'> }): Route[] {
  async function get(destination: string): Promise<Destination> {
    const known = await storage.read.destinations.find(destination)
    if (known === undefined) throw notFound('Destination')
    return known
  }

  return [
    adminRoute({
      method: 'GET',
      path: PATH,
      operationId: 'listDestinations',
      query: listQuery,
      async handler({
        query: { from, limit, dir, destination: name, order_by: orderBy },
      }): Promise<DestinationList> {
        const { destinations, total } = await storage.read.destinations.list({
          from,
          limit,
          dir,
          name,
          orderBy,
        })
        return {
          destinations: destinations.map(destinationShape),
          total,
          ...(from + limit < total && { next_token: String(from + destinations.length) }),
        }
      },
    }),
    adminRoute({
      method: 'GET',
      path: `${PATH}/:destination`,
      operationId: 'getDestination',
      handler: async ({ params: { destination } }) => destinationShape(await get(destination)),
    }),
    adminRoute({
      method: 'GET',
      path: `${PATH}/:destination/rooms`,
      operationId: 'listDestinationRooms',
      query: roomsQuery,
      async handler({ params: { destination }, query }): Promise<DestinationRoomList> {
        await get(destination)
        const { rooms, total } = await storage.read.destinations.roomsOf(destination, query)
        return {
          rooms: rooms.map(({ roomId, position }) => ({ room_id: roomId, stream_ordering: position })),
          total,
          ...(query.from + query.limit < total && { next_token: String(query.from + rooms.length) }),
        }
      },
    }),
    adminRoute({
      method: 'POST',
      path: `${PATH}/:destination/reset_connection`,
      operationId: 'resetDestination',
      async handler({ params: { destination } }) {
        await get(destination)
        if (!(await storage.write((tx) => tx.destinations.resetRetry(destination))))
          throw badRequest('The retry timing does not need to be reset for this destination.')
        return {}
      },
    }),
  ]
}

function destinationShape(each: Destination): DestinationItem {
  return {
    destination: each.destination,
    retry_last_ts: each.retryLastTs,
    retry_interval: each.retryIntervalMs,
    failure_ts: each.failureTs,
    last_successful_stream_ordering: each.lastSuccessfulPosition,
  }
}
