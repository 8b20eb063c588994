import { parse as parseForm } from 'node:querystring'
import type { Accounts } from '../../../accounts/accounts.ts'
import { badRequest, notFound } from '../../../errors.ts'
import { formText } from '../../form.ts'
import { type Query, requiredQueryString } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'
import type { Uia, UiaSession } from '../../uia.ts'
import type { StageName } from '../../uia-stages.ts'
import {
  captchaPage,
  donePage,
  emailPage,
  type StagePage,
  ssoPage,
  termsPage,
  tokenPage,
} from './fallback-pages.ts'

const PATH = '/_matrix/client/v3/auth/:type/fallback/web'

/** The pages on which a browser passes a stage its client does not know. Spec: CS API §Fallback */
export function fallbackRoutes(deps: {
  uia: Uia
  accounts: Pick<Accounts, 'config' | 'emailSessions' | 'consent'>
}): Route[] {
  const { uia } = deps
  const { captchaSiteKey, identityProviders } = deps.accounts.config
  const pages: Partial<Record<StageName, StagePage>> = {
    'm.login.dummy': { show: () => ({ auth: {} }) },
    'm.login.registration_token': tokenPage,
    'm.login.email.identity': emailPage(deps.accounts.emailSessions),
    ...(captchaSiteKey !== null && { 'm.login.recaptcha': captchaPage(captchaSiteKey) }),
    ...(identityProviders.length > 0 && { 'm.login.sso': ssoPage }),
    ...(deps.accounts.consent && { 'm.login.terms': termsPage(deps.accounts.consent) }),
  }
  const query = (given: Query) => requiredQueryString(given, 'session')

  function pageOf(type: string): { stage: StageName; page: StagePage } {
    const stage = (Object.keys(pages) as StageName[]).find((name) => name === type) // they are its keys
    const page = stage && pages[stage]
    if (stage === undefined || page === undefined) throw notFound('Authentication type')
    return { stage, page }
  }

  function sessionOf(sessionId: string): UiaSession {
    const session = uia.find(sessionId)
    if (session === undefined) throw badRequest('Unknown session ID')
    return session
  }

  return [
    clientRoute({
      method: 'GET',
      path: PATH,
      auth: 'none',
      params: { type: pageOf },
      query,
      async handler({ params: { type }, query: sessionId }) {
        const session = sessionOf(sessionId)
        if (session.completed.has(type.stage)) return donePage()
        const shown = type.page.show(session)
        if (!('auth' in shown)) return shown
        await uia.tryStage(session, type.stage, shown.auth)
        return donePage()
      },
    }),
    clientRoute({
      method: 'POST',
      path: PATH,
      auth: 'none',
      params: { type: pageOf },
      query,
      async handler({ params: { type }, query: sessionId, request }) {
        const session = sessionOf(sessionId)
        if (type.page.submit === undefined) throw badRequest('There is nothing to fill in for this')
        const form = parseForm(await formText(request))
        const field = (name: string) => {
          const value = form[name]
          return typeof value === 'string' ? value : ''
        }
        const outcome = await type.page.submit({ field, session, ip: request.ip })
        if (!('auth' in outcome)) return outcome
        const isPassed = await uia.tryStage(session, type.stage, outcome.auth)
        return isPassed ? donePage() : outcome.otherwise
      },
    }),
  ]
}
