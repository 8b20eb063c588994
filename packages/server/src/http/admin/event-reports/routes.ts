import { EventReportsQuery } from '@ranvier/admin-api/openapi/queries/reports'
import type { EventReportDetails, EventReportItem, EventReportList } from '@ranvier/admin-api/reports'
import type { EventReport } from '@ranvier/storage'
import type { Reports } from '../../../moderation/reports.ts'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'
import { reportIdParam } from './report-id.ts'

export interface EventReportRoutesDeps {
  reports: Reports
}

const PATH = '/_synapse/admin/v1/event_reports'
const listQuery = queryParams(EventReportsQuery)
const params = { reportId: reportIdParam }

/** `/_synapse/admin/v1/event_reports`: events users have complained about. */
export function eventReportRoutes({ reports }: EventReportRoutesDeps): Route[] {
  return [
    adminRoute({
      method: 'GET',
      path: PATH,
      operationId: 'listEventReports',
      query: listQuery,
      async handler({ query: { from, limit, dir, ...filter } }): Promise<EventReportList> {
        const { reports: found, total } = await reports.listEventReports(
          { userId: filter.user_id, roomId: filter.room_id, sender: filter.event_sender_user_id },
          { from, limit, dir },
        )
        return {
          event_reports: found.map(reportShape),
          total,
          ...(from + limit < total && { next_token: from + found.length }),
        }
      },
    }),
    adminRoute({
      method: 'GET',
      path: `${PATH}/:reportId`,
      operationId: 'getEventReport',
      params,
      async handler({ params: { reportId } }): Promise<EventReportDetails> {
        const { report, event } = await reports.getEventReport(reportId)
        return { ...reportShape(report), event_json: event }
      },
    }),
    adminRoute({
      method: 'DELETE',
      path: `${PATH}/:reportId`,
      operationId: 'deleteEventReport',
      params,
      async handler({ params: { reportId } }) {
        await reports.deleteEventReport(reportId)
        return {}
      },
    }),
  ]
}

function reportShape(report: EventReport): EventReportItem {
  return {
    id: report.id,
    received_ts: report.receivedTs,
    room_id: report.roomId,
    event_id: report.eventId,
    user_id: report.userId,
    reason: report.reason,
    score: report.score,
    sender: report.sender,
    canonical_alias: report.canonicalAlias,
    name: report.roomName,
  }
}
