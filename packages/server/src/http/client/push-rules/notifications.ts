import { invalidParam } from '../../../errors.ts'
import { listNotifications, type NotificationParts } from '../../../push/notifications.ts'
import { renderForUser } from '../../../rooms/reads/render.ts'
import { rawJson } from '../../answer.ts'
import { type Query, queryInt, queryString } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100

/**
 * `GET /notifications`
 *
 * - a page may hold less than `limit`, even nothing, and still have a `next_token`: what one request looks at is bounded
 */
export function notificationsRoute(deps: { notifications: NotificationParts; nowMs: () => number }): Route {
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/notifications',
    auth: 'user',
    query: (query) => ({
      before: fromOf(query),
      limit: Math.min(Math.max(1, queryInt(query, 'limit', { default: DEFAULT_LIMIT })), MAX_LIMIT),
      onlyHighlights: queryString(query, 'only') === 'highlight',
    }),
    async handler({ requester: { userId, deviceId }, query }) {
      const page = await listNotifications(deps.notifications, userId, query)
      const events = page.notifications.map(({ loaded }) => loaded)
      const texts = await renderForUser(deps.notifications.reads, events, {
        userId,
        deviceId,
        nowMs: deps.nowMs(),
        withoutRoomId: true,
      })
      const items = page.notifications.map(({ loaded: { row }, actions, read }, i) => {
        const rest = JSON.stringify({ actions, read, room_id: row.roomId, ts: row.receivedTs })
        return `${rest.slice(0, -1)},"event":${texts[i]}}`
      })
      const next = page.next === undefined ? '' : `,"next_token":"${page.next.toString(36)}"`
      return rawJson(`{"notifications":[${items.join(',')}]${next}}`)
    },
  })
}

const NEWEST = Number.MAX_SAFE_INTEGER

/** A token of ours is a position in base 36. */
function fromOf(query: Query): number {
  const token = queryString(query, 'from')
  if (token === undefined || token === '') return NEWEST
  const before = /^[0-9a-z]{1,11}$/.test(token) ? Number.parseInt(token, 36) : Number.NaN
  if (!Number.isSafeInteger(before)) throw invalidParam("'from' is not a token of this server")
  return before
}
