import { UserReportsQuery } from '@ranvier/admin-api/openapi/queries/reports'
import type { UserReportItem, UserReportList } from '@ranvier/admin-api/reports'
import type { UserReport } from '@ranvier/storage'
import type { Reports } from '../../../moderation/reports.ts'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'
import { reportIdParam } from '../event-reports/report-id.ts'

const PATH = '/_synapse/admin/v1/user_reports'
const listQuery = queryParams(UserReportsQuery)
const params = { reportId: reportIdParam }

/** `/_synapse/admin/v1/user_reports`: users other users have complained about. */
export function userReportRoutes({ reports }: { reports: Reports }): Route[] {
  return [
    adminRoute({
      method: 'GET',
      path: PATH,
      operationId: 'listUserReports',
      query: listQuery,
      async handler({ query: { from, limit, dir, ...filter } }): Promise<UserReportList> {
        const { reports: found, total } = await reports.listUserReports(
          { userId: filter.user_id, targetUserId: filter.target_user_id },
          { from, limit, dir },
        )
        return {
          user_reports: found.map(reportShape),
          total,
          ...(from + limit < total && { next_token: from + found.length }),
        }
      },
    }),
    adminRoute({
      method: 'GET',
      path: `${PATH}/:reportId`,
      operationId: 'getUserReport',
      params,
      handler: async ({ params: { reportId } }) => reportShape(await reports.getUserReport(reportId)),
    }),
    adminRoute({
      method: 'DELETE',
      path: `${PATH}/:reportId`,
      operationId: 'deleteUserReport',
      params,
      async handler({ params: { reportId } }) {
        await reports.deleteUserReport(reportId)
        return {}
      },
    }),
  ]
}

function reportShape(report: UserReport): UserReportItem {
  return {
    id: report.id,
    received_ts: report.receivedTs,
    target_user_id: report.targetUserId,
    user_id: report.userId,
    reason: report.reason,
  }
}
