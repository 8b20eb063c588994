import type { RoomDeletionPreview } from '@ranvier/admin-api/previews'
import {
  DeleteRoomBody,
  type DeleteRoomStarted,
  type DeleteRoomStatus,
  type DeleteRoomStatuses,
  type ShutdownRoom,
} from '@ranvier/admin-api/rooms'
import { badRequest } from '../../../errors.ts'
import type { DeletionWish, RoomDeletion, Shutdown } from '../../../rooms/admin/delete-room.ts'
import type { DeletionPreview } from '../../../rooms/admin/preview-deletion.ts'
import { adminRoute, type Route } from '../../route.ts'
import type { AdminRoomDeps } from './deps.ts'
import { legalRoomId } from './params.ts'

const params = { roomId: legalRoomId }

/**
 * `DELETE /_synapse/admin/v1/rooms/{roomId}` answers when the room is gone; `DELETE /_synapse/admin/v2/rooms/{roomId}` at
 * once, with an id to ask for the state with. `POST /_ranvier/admin/v1/rooms/{roomId}/delete/preview` only says what would go.
 */
export function deleteRoomRoutes({ deletions, previewDeletion }: AdminRoomDeps): Route[] {
  return [
    adminRoute({
      method: 'DELETE',
      path: '/_synapse/admin/v1/rooms/:roomId',
      operationId: 'deleteRoomV1',
      params,
      body: DeleteRoomBody,
      async handler({ requester, params: { roomId }, body, request }): Promise<ShutdownRoom> {
        const { userId } = requester
        const { status, shutdown, error } = await deletions.run(userId, roomId, wishOf(body), request.signal)
        if (status !== 'complete' || shutdown === null) throw badRequest(error ?? 'The room was not deleted')
        return shutdownShape(shutdown)
      },
    }),
    adminRoute({
      method: 'DELETE',
      path: '/_synapse/admin/v2/rooms/:roomId',
      operationId: 'deleteRoom',
      params,
      body: DeleteRoomBody,
      handler: async ({ requester, params: { roomId }, body }): Promise<DeleteRoomStarted> => ({
        delete_id: await deletions.start(requester.userId, roomId, wishOf(body)),
      }),
    }),
    adminRoute({
      method: 'POST',
      path: '/_ranvier/admin/v1/rooms/:roomId/delete/preview',
      operationId: 'previewRoomDeletion',
      params,
      body: DeleteRoomBody,
      emptyBody: true,
      handler: async ({ params: { roomId }, body }) =>
        previewShape(roomId, await previewDeletion(roomId, wishOf(body))),
    }),
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v2/rooms/:roomId/delete_status',
      operationId: 'listRoomDeletions',
      params,
      handler: async ({ params: { roomId } }): Promise<DeleteRoomStatuses> => ({
        results: (await deletions.list(roomId)).map(statusShape),
      }),
    }),
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v2/rooms/delete_status/:deleteId',
      operationId: 'getRoomDeletion',
      handler: async ({ params: { deleteId } }): Promise<DeleteRoomStatus> =>
        statusShape(await deletions.get(deleteId)),
    }),
  ]
}

function wishOf(body: DeleteRoomBody): DeletionWish {
  const { block, purge } = body
  const newRoom = {
    newRoomUserId: body.new_room_user_id ?? undefined,
    roomName: body.room_name ?? undefined,
    message: body.message ?? undefined,
  }
  return { ...newRoom, block, purge, forcePurge: body.force_purge }
}

function previewShape(roomId: string, preview: DeletionPreview): RoomDeletionPreview {
  return {
    room_id: roomId,
    known: preview.known,
    blocked: preview.blocked,
    in_progress: preview.inProgress,
    joined_local: preview.joinedLocal,
    pending_local: preview.pendingLocal,
    joined_remote: preview.joinedRemote,
    members_exact: preview.membersExact,
    aliases: preview.aliases,
    events: preview.events,
    state_events: preview.stateEvents,
  }
}

function shutdownShape({ kicked, failed, localAliases, newRoomId }: Shutdown): ShutdownRoom {
  return {
    kicked_users: kicked,
    failed_to_kick_users: failed,
    local_aliases: localAliases,
    new_room_id: newRoomId,
  }
}

function statusShape({ deleteId, roomId, status, shutdown, error }: RoomDeletion): DeleteRoomStatus {
  return {
    delete_id: deleteId,
    room_id: roomId,
    status,
    shutdown_room: shutdown && shutdownShape(shutdown),
    ...(error !== null && { error }),
  }
}
