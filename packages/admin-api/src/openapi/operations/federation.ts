import { Empty } from '../../common.ts'
import { DestinationItem, DestinationList, DestinationRoomList } from '../../federation.ts'
import type { ErrorRow, Operations } from '../operation.ts'
import { DestinationRoomsQuery, DestinationsQuery } from '../queries/federation.ts'

const tag = 'Federation'
const params = { destination: 'Name of the server' } as const
const unknown = [404, 'M_NOT_FOUND', 'Nothing was ever to be sent to this server'] as const satisfies ErrorRow

/** The servers this one sends to. */
export const federationOperations = {
  listDestinations: {
    method: 'GET',
    path: '/_synapse/admin/v1/federation/destinations',
    tag,
    area: 'federation',
    summary: 'The servers this one sends to, page by page',
    query: DestinationsQuery,
    answers: { 200: { when: 'A page', schema: DestinationList } },
    errors: [],
  },
  getDestination: {
    method: 'GET',
    path: '/_synapse/admin/v1/federation/destinations/:destination',
    tag,
    area: 'federation',
    summary: 'How it goes with sending to a server',
    params,
    answers: { 200: { when: 'The server', schema: DestinationItem } },
    errors: [unknown],
  },
  listDestinationRooms: {
    method: 'GET',
    path: '/_synapse/admin/v1/federation/destinations/:destination/rooms',
    tag,
    area: 'federation',
    summary: 'The rooms shared with a server, page by page',
    params,
    query: DestinationRoomsQuery,
    answers: { 200: { when: 'A page', schema: DestinationRoomList } },
    errors: [unknown],
  },
  resetDestination: {
    method: 'POST',
    path: '/_synapse/admin/v1/federation/destinations/:destination/reset_connection',
    tag,
    area: 'federation',
    summary: 'Try to reach a server again at once',
    params,
    answers: { 200: { when: 'Done', schema: Empty } },
    errors: [unknown, [400, 'M_UNKNOWN', 'Sending does not fail: there is nothing to reset']],
  },
} as const satisfies Operations
