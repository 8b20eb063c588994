import { RoomStateQuery } from '@ranvier/admin-api/openapi/queries/rooms'
import type { RoomDetails, RoomMembers } from '@ranvier/admin-api/rooms'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { RoomRow } from '@ranvier/storage'
import { notFound } from '../../../errors.ts'
import { readStateEntries } from '../../../rooms/reads/read-state.ts'
import { eventListAnswer } from '../../client/rooms/event-texts.ts'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'
import type { AdminRoomDeps } from './deps.ts'
import { roomDetails } from './shape.ts'

const readStateQuery = queryParams(RoomStateQuery)

/** A room as it is now: `GET /_synapse/admin/v1/rooms/{roomId}`, `…/members`, `…/state`. */
export function roomDetailRoutes(deps: AdminRoomDeps): Route[] {
  const { rooms, roomList, members } = deps.reads.storage.read
  return [
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/rooms/:roomId',
      operationId: 'getRoom',
      async handler({ params: { roomId } }): Promise<RoomDetails> {
        const room = await getRoom(roomId)
        return roomDetails(room, await roomList.extras(roomId))
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/rooms/:roomId/members',
      operationId: 'getRoomMembers',
      async handler({ params: { roomId } }): Promise<RoomMembers> {
        await getRoom(roomId)
        const joined = await members.joinedIds(roomId)
        return { members: joined, total: joined.length }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/rooms/:roomId/state',
      operationId: 'getRoomState',
      query: readStateQuery,
      async handler({ requester, params: { roomId }, query: { type } }) {
        await getRoom(roomId)
        const entries = await readStateEntries(deps.reads, requester.userId, roomId)
        const shown = type ? entries.filter((entry) => entry.type === type) : entries
        const found = { nids: shown.map(({ nid }) => nid) }
        // The room exists, so its id is one.
        return eventListAnswer(deps, requester, roomId as RoomId, found, ['{"state":', '}'])
      },
    }),
  ]

  async function getRoom(roomId: string): Promise<RoomRow> {
    const room = await rooms.findRoom(roomId)
    if (room === undefined) throw notFound('Room')
    return room
  }
}
