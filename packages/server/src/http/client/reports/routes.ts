import { Type } from '@ranvier/admin-api/schema'
import type { Reports } from '../../../moderation/reports.ts'
import { clientRoute, type Route } from '../../route.ts'
import { eventIdParam, roomIdParam, userIdParam } from '../rooms/params.ts'

const EventReportBody = Type.Object({
  reason: Type.Optional(Type.String()),
  score: Type.Optional(Type.Integer()),
})
const ReportBody = Type.Object({ reason: Type.String() })

/** Complaints to the administrators of this server. Spec: CS API §Reporting Content */
export function reportRoutes({ reports }: { reports: Reports }): Route[] {
  return [
    clientRoute({
      method: 'POST',
      path: '/_matrix/client/v3/rooms/:roomId/report/:eventId',
      auth: 'user',
      params: { roomId: roomIdParam, eventId: eventIdParam },
      body: EventReportBody,
      async handler({ requester, params: { roomId, eventId }, body: { reason = null, score = null } }) {
        await reports.reportEvent(requester, roomId, eventId, { reason, score })
        return {}
      },
    }),
    clientRoute({
      method: 'POST',
      path: '/_matrix/client/v3/rooms/:roomId/report',
      auth: 'user',
      params: { roomId: roomIdParam },
      body: ReportBody,
      async handler({ requester, params: { roomId }, body: { reason } }) {
        await reports.reportRoom(requester, roomId, reason)
        return {}
      },
    }),
    clientRoute({
      method: 'POST',
      path: '/_matrix/client/v3/users/:userId/report',
      auth: 'user',
      params: { userId: userIdParam },
      body: ReportBody,
      async handler({ requester, params: { userId }, body: { reason } }) {
        await reports.reportUser(requester, userId, reason)
        return {}
      },
    }),
  ]
}
