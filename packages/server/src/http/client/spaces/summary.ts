import type { FindAlias } from '../../../directory/resolve-alias.ts'
import { notFound } from '../../../errors.ts'
import { allowedRoomIds, mayPreview } from '../../../rooms/reads/preview.ts'
import { clientRoute, type Route } from '../../route.ts'
import type { RoomReadRoutesDeps } from '../rooms/event-texts.ts'
import { resolveRoom, roomIdOrAliasParam } from '../rooms/room-or-alias.ts'
import { roomSummary } from './room-summary.ts'

/**
 * `GET /v1/room_summary/{roomIdOrAlias}`: a room to somebody who thinks of joining it. 404 `M_NOT_FOUND` also for a room
 * the requester may not know of. Works without a token for rooms everybody may know of.
 */
export function roomSummaryRoute({
  reads,
  findAlias,
}: Pick<RoomReadRoutesDeps, 'reads'> & { findAlias: FindAlias }): Route {
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v1/room_summary/:roomIdOrAlias',
    aliases: [
      '/_matrix/client/unstable/im.nheko.summary/summary/:roomIdOrAlias',
      '/_matrix/client/unstable/im.nheko.summary/rooms/:roomIdOrAlias/summary',
    ],
    auth: 'optional',
    params: { roomIdOrAlias: roomIdOrAliasParam },
    async handler({ requester, params }) {
      const roomId = await resolveRoom(findAlias, params.roomIdOrAlias)
      const userId = requester?.userId ?? null
      const room = await reads.storage.read.rooms.findRoom(roomId)
      if (room === undefined || !(await mayPreview(reads, userId, room))) throw notFound('Room')
      const member = userId === null ? undefined : await reads.storage.read.members.find(roomId, userId)
      const summary = roomSummary(room, await allowedRoomIds(reads, room))
      return {
        ...summary,
        // MSC3266: as clients from before v1.15 of the specification read them.
        'im.nheko.summary.room_version': room.version,
        'im.nheko.summary.version': room.version,
        ...(room.encryption !== null && { 'im.nheko.summary.encryption': room.encryption }),
        ...(userId !== null && { membership: member?.membership ?? 'leave' }),
      }
    },
  })
}
