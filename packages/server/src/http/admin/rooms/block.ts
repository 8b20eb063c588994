import { type RoomBlock, SetRoomBlock } from '@ranvier/admin-api/rooms'
import { adminRoute, type Route } from '../../route.ts'
import type { AdminRoomDeps } from './deps.ts'
import { legalRoomId } from './params.ts'

const PATH = '/_synapse/admin/v1/rooms/:roomId/block'
const params = { roomId: legalRoomId }

/** `GET` and `PUT /_synapse/admin/v1/rooms/{roomId}/block`. Rooms can be blocked before this server knows them. */
export function roomBlockRoutes({ reads, setBlocked }: AdminRoomDeps): Route[] {
  return [
    adminRoute({
      method: 'GET',
      path: PATH,
      operationId: 'getRoomBlock',
      params,
      async handler({ params: { roomId } }): Promise<RoomBlock> {
        const blocker = await reads.storage.read.roomBlocks.findBlocker(roomId)
        return blocker === undefined ? { block: false } : { block: true, user_id: blocker }
      },
    }),
    adminRoute({
      method: 'PUT',
      path: PATH,
      operationId: 'setRoomBlock',
      params,
      body: SetRoomBlock,
      async handler({ requester, params: { roomId }, body: { block } }): Promise<SetRoomBlock> {
        await setBlocked(requester.userId, roomId, block)
        return { block }
      },
    }),
  ]
}
