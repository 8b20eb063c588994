import { parse as parseForm } from 'node:querystring'
import { badRequest, notFound } from '../../../errors.ts'
import type { HttpAnswer } from '../../answer.ts'
import { page } from '../../page.ts'
import { requiredQueryString } from '../../query.ts'
import type { HttpRequest } from '../../request.ts'
import { clientRoute, type Route } from '../../route.ts'
import type { Uia, UiaSession } from '../../uia.ts'
import type { StageName } from '../../uia-stages.ts'

const MAX_FORM_BYTES = 10_000
const PATH = '/_matrix/client/v3/auth/:type/fallback/web'

// Spec: CS API §Fallback: how the page tells the client that it is done.
const DONE_SCRIPT = `if (window.onAuthDone) window.onAuthDone()
else if (window.opener && window.opener.postMessage) window.opener.postMessage('authDone', '*')`

/** The pages on which a browser passes a stage its client does not know. */
export function fallbackRoutes({ uia }: { uia: Uia }): Route[] {
  const query = (given: Parameters<typeof requiredQueryString>[0]) => requiredQueryString(given, 'session')
  return [
    clientRoute({
      method: 'GET',
      path: PATH,
      auth: 'none',
      params: { type: stageParam },
      query,
      async handler({ params: { type }, query: sessionId }) {
        const session = sessionOf(uia, sessionId)
        if (type === 'm.login.dummy') await uia.tryStage(session, type, {})
        return session.completed.has(type) ? donePage() : tokenPage('')
      },
    }),
    clientRoute({
      method: 'POST',
      path: PATH,
      auth: 'none',
      params: { type: stageParam },
      query,
      async handler({ params: { type }, query: sessionId, request }) {
        const session = sessionOf(uia, sessionId)
        const { token } = parseForm(await bodyText(request))
        const isPassed = await uia.tryStage(session, type, { token: typeof token === 'string' ? token : '' })
        return isPassed ? donePage() : tokenPage('This token is not valid.')
      },
    }),
  ]
}

function stageParam(raw: string): Extract<StageName, 'm.login.dummy' | 'm.login.registration_token'> {
  if (raw === 'm.login.dummy' || raw === 'm.login.registration_token') return raw
  throw notFound('Authentication type')
}

function sessionOf(uia: Uia, sessionId: string): UiaSession {
  const session = uia.find(sessionId)
  if (session === undefined) throw badRequest('Unknown session ID')
  return session
}

async function bodyText(request: HttpRequest): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request.bodyStream(MAX_FORM_BYTES)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function tokenPage(problem: string): HttpAnswer {
  // The form posts to its own address, session included: nothing a client sent is written into the page.
  return page(
    'Registration token',
    `<p>${problem}</p><form method="post"><label>Token <input name="token" autofocus required></label>
<button>Continue</button></form>`,
  )
}

function donePage(): HttpAnswer {
  return page('Thank you', '<p>You may now close this window and return to the application.</p>', {
    script: DONE_SCRIPT,
  })
}
