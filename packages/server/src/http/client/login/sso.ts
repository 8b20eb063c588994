import { badRequest, forbidden, MatrixError, missingParam } from '../../../errors.ts'
import { escapeHtml } from '../../../mail/mail.ts'
import type { EndSessions } from '../../../sso/end-sessions.ts'
import { checkRedirect, type SsoLogin, type SsoOutcome } from '../../../sso/sso-login.ts'
import { HttpAnswer } from '../../answer.ts'
import { formText } from '../../form.ts'
import { page } from '../../page.ts'
import { type Query, queryString, requiredQueryString } from '../../query.ts'
import type { HttpRequest } from '../../request.ts'
import { clientRoute, type Route, route } from '../../route.ts'
import type { Uia } from '../../uia.ts'
import { donePage } from '../registration/fallback-pages.ts'
import { backchannelLogoutRoute } from './backchannel-logout.ts'

/** Where providers send users back to. Synapse's. */
export const OIDC_CALLBACK = '/_synapse/client/oidc/callback'
/** Where a CAS server sends users back to, as a path of the oldest kind: Synapse's, and what such servers let pass. */
export const CAS_CALLBACK = '/_matrix/client/r0/login/cas/ticket'
/** Where users say what their account is to be called. Synapse's. */
export const PICK_USERNAME = '/_synapse/client/pick_username/account_details'
/** Where the page of the stage `m.login.sso` leads. */
export const SSO_PROOF = '/_synapse/client/oidc/prove'
const REDIRECT = '/_matrix/client/v3/login/sso/redirect'
const COOKIE = 'ranvier_sso'

/** `GET /login/sso/redirect`, `…/{idpId}`, and where a provider sends the browser back to. Pages for people. */
export function ssoRoutes({
  sso,
  uia,
  isSecure,
}: {
  sso: SsoLogin & { endSessions: EndSessions }
  uia: Uia
  isSecure: boolean
}): Route[] {
  // `Lax`: the provider's redirect is a navigation, and nothing else is to bring the cookie along.
  const cookie = (browser: string) =>
    `${COOKIE}=${browser}; Path=/; Max-Age=900; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`

  async function begin(id: string, query: Query, request: HttpRequest): Promise<HttpAnswer> {
    const redirectUrl = redirectUrlOf(query)
    const { url, browser } = await sso.begin(id, redirectUrl, cookieOf(request))
    return new HttpAnswer(
      302,
      { location: url, 'set-cookie': cookie(browser), 'cache-control': 'no-store' },
      null,
    )
  }
  return [
    route({
      method: 'GET',
      path: SSO_PROOF,
      auth: 'none',
      rateLimitByIp: 'rc_registration',
      query: (query) => requiredQueryString(query, 'session'),
      handler: ({ query: sessionId, request }) =>
        shown(async () => {
          const session = uia.find(sessionId)
          if (session === undefined || session.userId === null) throw badRequest('Unknown session ID')
          const { url, browser, provider } = await sso.beginProof(
            session.id,
            session.userId,
            cookieOf(request),
          )
          // Not sent on at once: who has somebody's token could bring them to confirm what they do not see.
          const asked = page(
            'Confirm that it is you',
            `<p>An application wants to change something about your account, <strong>${escapeHtml(session.userId)}</strong>.
If that is you, log in once more.</p><p><a href="${escapeHtml(url)}">Continue with ${escapeHtml(provider)}</a></p>`,
          )
          return new HttpAnswer(200, { ...asked.headers, 'set-cookie': cookie(browser) }, asked.body)
        }),
    }),
    clientRoute({
      method: 'GET',
      path: REDIRECT,
      auth: 'none',
      rateLimitByIp: 'rc_registration',
      handler: ({ query, request }) =>
        shown(() => {
          const [only, ...others] = sso.providers
          if (only !== undefined && others.length === 0) return begin(only.id, query, request)
          return Promise.resolve(choice(sso, redirectUrlOf(query)))
        }),
    }),
    clientRoute({
      method: 'GET',
      path: `${REDIRECT}/:idpId`,
      auth: 'none',
      rateLimitByIp: 'rc_registration',
      handler: ({ params: { idpId }, query, request }) => shown(() => begin(idpId, query, request)),
    }),
    backchannelLogoutRoute(sso),
    route({ method: 'GET', path: OIDC_CALLBACK, auth: 'none', handler: ({ request }) => back(request) }),
    clientRoute({
      method: 'GET',
      path: CAS_CALLBACK.replace('/r0/', '/v3/'),
      auth: 'none',
      handler: ({ request }) => back(request),
    }),
    clientRoute({
      method: 'GET',
      path: '/_matrix/client/v3/login/cas/redirect',
      auth: 'none',
      rateLimitByIp: 'rc_registration',
      handler: ({ query, request }) => shown(() => begin('cas', query, request)),
    }),
    route({
      method: 'POST',
      path: PICK_USERNAME,
      auth: 'none',
      rateLimitByIp: 'rc_registration',
      handler: ({ request }) =>
        shown(async () => {
          const form = new URLSearchParams(await formText(request))
          const [key, localpart] = [form.get('key') ?? '', form.get('username') ?? '']
          try {
            return landed(await sso.choose(key, localpart, cookieOf(request)))
          } catch (error) {
            if (!(error instanceof MatrixError) || !RETRIED.has(error.errcode)) throw error
            return nameForm(key, localpart, { error: error.message, status: error.status })
          }
        }),
    }),
  ]

  /** A browser comes back from a provider. */
  function back(request: HttpRequest): Promise<HttpAnswer> {
    return shown(async () => {
      const query = request.rawUrl.split('?', 2)[1] ?? ''
      const outcome = await sso.complete(query, cookieOf(request))
      if (outcome.kind === 'proof') return proven(uia, outcome)
      if (outcome.kind === 'choose') return nameForm(outcome.key, outcome.localpart)
      const { url, isTrusted } = outcome
      return isTrusted
        ? new HttpAnswer(302, { location: url, 'cache-control': 'no-store' }, null)
        : landed(outcome)
    })
  }
}

/** What is wrong with a name: the user may say another. */
const RETRIED: ReadonlySet<string> = new Set(['M_USER_IN_USE', 'M_INVALID_USERNAME', 'M_EXCLUSIVE'])

function nameForm(key: string, localpart: string, { error = '', status = 200 } = {}): HttpAnswer {
  return page(
    'Choose a name',
    `<p>What is your account to be called? This cannot be changed later.</p>
${error === '' ? '' : `<p><strong>${escapeHtml(error)}.</strong></p>`}<form method="post" action="${PICK_USERNAME}">
<input type="hidden" name="key" value="${escapeHtml(key)}">
<label>Name <input name="username" value="${escapeHtml(localpart)}" autocomplete="username" autocapitalize="none" required></label>
<button>Continue</button></form>`,
    { status },
  )
}

/** Logged in: a link, as a redirect would not be followed from a form (`form-action`), and who did not ask is warned. */
function landed(outcome: SsoOutcome): HttpAnswer {
  if (outcome.kind !== 'login') throw badRequest('This log-in is not known, or took too long')
  const { url } = outcome
  return page(
    'Continue to your account',
    `<p>You are about to log in to <strong>${escapeHtml(placeOf(url))}</strong>. Go on only if you came from there.</p>
<p><a href="${escapeHtml(url)}">Continue</a></p>`,
  )
}

/** The stage is passed if it was the user of the session who came back. */
function proven(uia: Uia, { uiaSession, userId }: Extract<SsoOutcome, { kind: 'proof' }>): HttpAnswer {
  const session = uia.find(uiaSession)
  if (session === undefined) throw badRequest('Unknown session ID')
  if (userId === undefined || userId !== session.userId)
    throw forbidden('This is the account of somebody else')
  uia.pass(session, 'm.login.sso', userId)
  return donePage()
}

function redirectUrlOf(query: Query): string {
  const url = queryString(query, 'redirectUrl')
  if (url === undefined || url === '') throw missingParam("Missing string query parameter 'redirectUrl'")
  checkRedirect(url)
  return url
}

function choice(sso: SsoLogin, redirectUrl: string): HttpAnswer {
  const query = new URLSearchParams({ redirectUrl })
  const links = sso.providers.map(({ id, name }) => {
    const href = `${REDIRECT}/${encodeURIComponent(id)}?${query}`
    return `<li><a href="${escapeHtml(href)}">${escapeHtml(name)}</a></li>`
  })
  return page('Log in', `<p>Where do you want to log in?</p><ul>${links.join('')}</ul>`)
}

/** What users know a client by: its host, or what opens it. */
function placeOf(url: string): string {
  const { host, protocol } = new URL(url)
  return host === '' ? protocol : host
}

function cookieOf({ headers }: HttpRequest): string | undefined {
  const own = (headers.cookie ?? '').split(';').find((each) => each.trim().startsWith(`${COOKIE}=`))
  const value = own?.split('=')[1]?.trim()
  return value !== undefined && /^[\w-]{32}$/.test(value) ? value : undefined
}

/** For people: what goes wrong is a page too. */
async function shown(make: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return await make()
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error
    return page('Not logged in', `<p>${escapeHtml(error.message)}.</p>`, { status: error.status })
  }
}
