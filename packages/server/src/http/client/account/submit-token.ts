import {
  type EmailPurpose,
  type EmailSessions,
  type LinkProof,
  SUBMIT_PATHS,
} from '../../../accounts/threepids/email-sessions.ts'
import { MatrixError } from '../../../errors.ts'
import { type HttpAnswer, redirect } from '../../answer.ts'
import { page } from '../../page.ts'
import { type Query, requiredQueryString } from '../../query.ts'
import { clientRoute, type Route, route } from '../../route.ts'

/**
 * Where the links in mail lead. Programs that look through mail open links too: what may change a password asks for a
 * click, as Synapse does.
 */
export function submitTokenRoutes({ emailSessions }: { emailSessions: EmailSessions }): Route[] {
  async function submit(purpose: EmailPurpose, proof: LinkProof): Promise<HttpAnswer> {
    try {
      const { nextLink } = await emailSessions.submit(purpose, proof)
      return nextLink === null
        ? page('Confirmed', '<p>Your address is confirmed. Go back to where you were asked for it.</p>')
        : redirect(nextLink)
    } catch (error) {
      if (!(error instanceof MatrixError)) throw error
      return page('Not confirmed', '<p>This link is not valid, or no longer. Ask for a new mail.</p>', {
        status: error.status,
      })
    }
  }

  const open = (['add', 'register'] as const).map((purpose) =>
    clientRoute({
      method: 'GET',
      path: SUBMIT_PATHS[purpose],
      auth: 'none',
      query: proofOf,
      handler: ({ query }) => submit(purpose, query),
    }),
  )
  const path = SUBMIT_PATHS.password
  return [
    ...open,
    route({
      method: 'GET',
      path,
      auth: 'none',
      query: proofOf,
      // The form posts to its own address, which holds the proof: nothing of it is written into the page.
      handler: () =>
        page(
          'Set a new password?',
          '<p>If it was not you who asked for it, close this page.</p><form method="post"><button>It was me</button></form>',
        ),
    }),
    route({
      method: 'POST',
      path,
      auth: 'none',
      query: proofOf,
      handler: ({ query }) => submit('password', query),
    }),
  ]
}

function proofOf(query: Query): LinkProof {
  return {
    sid: requiredQueryString(query, 'sid'),
    clientSecret: requiredQueryString(query, 'client_secret'),
    token: requiredQueryString(query, 'token'),
  }
}
