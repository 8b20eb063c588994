import { type RedactStatus, type RedactUserAnswer, RedactUserBody } from '@ranvier/admin-api/redactions'
import type { UserRedactions } from '../../../moderation/redact-user.ts'
import { adminRoute, type Route } from '../../route.ts'
import { userIdParam } from '../../user-params.ts'

export interface RedactionRoutesDeps {
  redactions: UserRedactions
}

/**
 * `POST /_synapse/admin/v1/user/{userId}/redact` and `GET /_synapse/admin/v1/user/redact_status/{redactId}`
 *
 * - any user, of this server or not; the work goes on in the background, and after a restart
 * - what was redacted before is passed over; what cannot be is told at the end, with the reason
 */
export function redactionRoutes({ redactions }: RedactionRoutesDeps): Route[] {
  return [
    adminRoute({
      method: 'POST',
      path: '/_synapse/admin/v1/user/:userId/redact',
      operationId: 'redactUser',
      params: { userId: userIdParam },
      body: RedactUserBody,
      async handler({ requester, params: { userId }, body }): Promise<RedactUserAnswer> {
        const wish = {
          rooms: body.rooms,
          reason: body.reason ?? undefined,
          limit: body.limit ?? undefined,
          useAdmin: body.use_admin ?? undefined,
        }
        const range = { beforeTs: body.before_ts ?? undefined, afterTs: body.after_ts ?? undefined }
        return { redact_id: await redactions.start(requester.userId, userId, { ...wish, ...range }) }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/user/redact_status/:redactId',
      operationId: 'getRedactStatus',
      async handler({ params: { redactId } }): Promise<RedactStatus> {
        const state = await redactions.status(redactId)
        if (state.status !== 'complete') return state
        return { status: state.status, failed_redactions: state.failed }
      },
    }),
  ]
}
