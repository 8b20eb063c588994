import { UNSUBSCRIBE_PATH, type Unsubscribe } from '../../../push/pushers/unsubscribe.ts'
import { page } from '../../page.ts'
import { type Query, requiredQueryString } from '../../query.ts'
import { type Route, route } from '../../route.ts'

/**
 * `/_synapse/client/unsubscribe`: where the link in notification mails leads. Programs that look through mail open links
 * too, so a browser is asked first; mail programs post at once (RFC 8058).
 */
export function unsubscribeRoutes({ unsubscribe }: { unsubscribe: Unsubscribe }): Route[] {
  return [
    route({
      method: 'GET',
      path: UNSUBSCRIBE_PATH,
      auth: 'none',
      query: linkOf,
      // The form posts to its own address, which holds the proof.
      handler: () =>
        page('No more mail?', '<form method="post"><button>Send me no more notifications</button></form>'),
    }),
    route({
      method: 'POST',
      path: UNSUBSCRIBE_PATH,
      auth: 'none',
      query: linkOf,
      async handler({ query }) {
        return (await unsubscribe(query))
          ? page('Done', '<p>You get no more notifications at this address.</p>')
          : page('Not done', '<p>This link is not valid.</p>', { status: 403 })
      },
    }),
  ]
}

function linkOf(query: Query) {
  return {
    token: requiredQueryString(query, 'access_token'),
    appId: requiredQueryString(query, 'app_id'),
    pushkey: requiredQueryString(query, 'pushkey'),
  }
}
