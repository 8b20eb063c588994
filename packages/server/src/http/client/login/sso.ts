import { MatrixError, missingParam } from '../../../errors.ts'
import { escapeHtml } from '../../../mail/mail.ts'
import type { SsoLogin } from '../../../sso/sso-login.ts'
import { HttpAnswer } from '../../answer.ts'
import { page } from '../../page.ts'
import { type Query, queryString } from '../../query.ts'
import type { HttpRequest } from '../../request.ts'
import { clientRoute, type Route, route } from '../../route.ts'

/** Where providers send users back to. Synapse's. */
export const OIDC_CALLBACK = '/_synapse/client/oidc/callback'
const REDIRECT = '/_matrix/client/v3/login/sso/redirect'
const COOKIE = 'ranvier_sso'

/** `GET /login/sso/redirect`, `…/{idpId}`, and where a provider sends the browser back to. Pages for people. */
export function ssoRoutes({ sso, isSecure }: { sso: SsoLogin; isSecure: boolean }): Route[] {
  async function begin(id: string, query: Query, request: HttpRequest): Promise<HttpAnswer> {
    const redirectUrl = redirectUrlOf(query)
    const { url, browser } = await sso.begin(id, redirectUrl, cookieOf(request))
    // `Lax`: the provider's redirect is a navigation, and nothing else is to bring the cookie along.
    const flags = `Path=/; Max-Age=900; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
    return new HttpAnswer(
      302,
      { location: url, 'set-cookie': `${COOKIE}=${browser}; ${flags}`, 'cache-control': 'no-store' },
      null,
    )
  }
  return [
    clientRoute({
      method: 'GET',
      path: REDIRECT,
      auth: 'none',
      rateLimitByIp: 'rc_registration',
      handler: ({ query, request }) =>
        shown(() => {
          const [only, ...others] = sso.providers
          if (only !== undefined && others.length === 0) return begin(only.config.id, query, request)
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
    route({
      method: 'GET',
      path: OIDC_CALLBACK,
      auth: 'none',
      handler: ({ request }) =>
        shown(async () => {
          const query = request.rawUrl.split('?', 2)[1] ?? ''
          const { url, isTrusted } = await sso.complete(query, cookieOf(request))
          if (isTrusted) return new HttpAnswer(302, { location: url, 'cache-control': 'no-store' }, null)
          return page(
            'Continue to your account',
            `<p>You are about to log in to <strong>${escapeHtml(placeOf(url))}</strong>. Go on only if you came from there.</p>
<p><a href="${escapeHtml(url)}">Continue</a></p>`,
          )
        }),
    }),
  ]
}

function redirectUrlOf(query: Query): string {
  const url = queryString(query, 'redirectUrl')
  if (url === undefined || url === '') throw missingParam("Missing string query parameter 'redirectUrl'")
  return url
}

function choice(sso: SsoLogin, redirectUrl: string): HttpAnswer {
  const query = new URLSearchParams({ redirectUrl })
  const links = sso.providers.map(({ config: { id, name } }) => {
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
