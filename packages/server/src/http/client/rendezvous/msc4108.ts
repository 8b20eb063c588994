import { invalidParam, MatrixError, missingParam } from '../../../errors.ts'
import {
  MAX_RENDEZVOUS_BYTES,
  type Rendezvous,
  type RendezvousSessions,
} from '../../../rendezvous/rendezvous.ts'
import { HttpAnswer, json } from '../../answer.ts'
import type { HttpRequest } from '../../request.ts'
import { clientRoute, type Route } from '../../route.ts'

const base = '/_matrix/client/unstable/org.matrix.msc4108/rendezvous'

/** `/rendezvous` as plain text with entity tags. The address of a session is where it was made. MSC4108 (2024) */
export function msc4108Routes({
  sessions,
  publicBaseUrl,
}: {
  sessions: RendezvousSessions
  publicBaseUrl: string
}): Route[] {
  return [
    clientRoute({
      method: 'POST',
      path: base,
      auth: 'none',
      rateLimitByIp: 'rc_login.address',
      async handler({ request }) {
        const session = sessions.create(await textOf(request))
        const url = `${publicBaseUrl}${base.slice(1)}/${session.id}`
        return json(201, { url }, headersOf(session))
      },
    }),
    clientRoute({
      method: 'GET',
      path: `${base}/:id`,
      auth: 'none',
      handler({ params: { id }, request: { headers } }) {
        const session = sessions.get(id)
        const isSeen = headers['if-none-match'] === tagOf(session)
        const type = { 'content-type': 'text/plain' }
        return isSeen
          ? new HttpAnswer(304, headersOf(session), null)
          : new HttpAnswer(200, { ...headersOf(session), ...type }, session.data)
      },
    }),
    clientRoute({
      method: 'PUT',
      path: `${base}/:id`,
      auth: 'none',
      async handler({ params: { id }, request }) {
        const tag = request.headers['if-match']
        if (tag === undefined) throw missingParam('The header If-Match is needed')
        const session = sessions.replace(id, tag.replace(/^"|"$/g, ''), await textOf(request))
        if (session !== undefined) return new HttpAnswer(202, headersOf(session), null)
        throw new MatrixError(412, 'M_UNKNOWN', 'There is another message than the one you have read', {
          'org.matrix.msc4108.errcode': 'M_CONCURRENT_WRITE',
        })
      },
    }),
    clientRoute({
      method: 'DELETE',
      path: `${base}/:id`,
      auth: 'none',
      handler({ params: { id } }) {
        sessions.end(id)
        return new HttpAnswer(204, {}, null)
      },
    }),
  ]
}

const tagOf = ({ version }: Rendezvous) => `"${version}"`

function headersOf(session: Rendezvous): Record<string, string> {
  return {
    etag: tagOf(session),
    expires: new Date(session.expiresTs).toUTCString(),
    'last-modified': new Date(session.modifiedTs).toUTCString(),
    'cache-control': 'no-store, no-transform',
    pragma: 'no-cache',
  }
}

/** 413 for too much, 400 `M_INVALID_PARAM` for what is no text. */
async function textOf(request: HttpRequest): Promise<string> {
  if (request.headers['content-type']?.split(';', 1)[0]?.trim() !== 'text/plain')
    throw invalidParam('The message must be text/plain')
  const chunks: Buffer[] = []
  for await (const chunk of request.bodyStream(MAX_RENDEZVOUS_BYTES)) chunks.push(chunk)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw invalidParam('The message must be UTF-8')
  }
}
