import { Type } from '@ranvier/admin-api/schema'
import { MatrixError } from '../../../errors.ts'
import type { Rendezvous, RendezvousSessions } from '../../../rendezvous/rendezvous.ts'
import { clientRoute, type Route } from '../../route.ts'

const base = '/_matrix/client/unstable/io.element.msc4388/rendezvous'

/** `/rendezvous` as JSON. Nobody needs an account: who is to be logged in has none yet. MSC4388 */
export function msc4388Routes({ sessions }: { sessions: RendezvousSessions }): Route[] {
  const seen = (session: Rendezvous) => ({
    sequence_token: session.version,
    expires_in_ms: sessions.expiresInMs(session),
  })
  return [
    clientRoute({ method: 'GET', path: base, auth: 'none', handler: () => ({ create_available: true }) }),
    clientRoute({
      method: 'POST',
      path: base,
      auth: 'none',
      rateLimitByIp: 'rc_login.address',
      body: Type.Object({ data: Type.String() }),
      handler({ body: { data } }) {
        const session = sessions.create(data)
        return { id: session.id, ...seen(session) }
      },
    }),
    clientRoute({
      method: 'GET',
      path: `${base}/:id`,
      auth: 'none',
      handler({ params: { id } }) {
        const session = sessions.get(id)
        return { data: session.data, ...seen(session) }
      },
    }),
    clientRoute({
      method: 'PUT',
      path: `${base}/:id`,
      auth: 'none',
      body: Type.Object({ sequence_token: Type.String(), data: Type.String() }),
      handler({ params: { id }, body }) {
        const session = sessions.replace(id, body.sequence_token, body.data)
        if (session === undefined)
          throw new MatrixError(
            409,
            'IO_ELEMENT_MSC4388_CONCURRENT_WRITE',
            'There is another message than the one you have read',
          )
        return { sequence_token: session.version }
      },
    }),
    clientRoute({
      method: 'DELETE',
      path: `${base}/:id`,
      auth: 'none',
      handler({ params: { id } }) {
        sessions.end(id)
        return {}
      },
    }),
  ]
}
