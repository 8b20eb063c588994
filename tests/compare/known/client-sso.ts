import type { KnownDifference } from '../known.ts'

/** Logging in elsewhere, and pages. */
export const sso: readonly KnownDifference[] = [
  {
    says: '`/login/sso/redirect` shows the choice of providers itself (Synapse: redirects to another page), and `/login/cas/redirect` leads to the CAS server.',
    seen: [
      {
        request: /^GET \S+\/login\/sso\/redirect\?redirectUrl=(http|app\.client:)/,
        shows: /^(status: 200, there 302|location: null null, there object .*\/_synapse\/client\/pick_idp")/,
      },
      {
        request: /^GET \S+\/login\/cas\/redirect\?redirectUrl=(http|app\.client:)/,
        shows:
          /^location\.(at: "http:\/\/127\.0\.0\.1:18112\/cas\/login", there "http:\/\/here\.test\/_synapse\/client\/pick_idp"|query\.(redirectUrl: only there|service: only here))/,
      },
    ],
  },
  {
    says: 'A `redirectUrl` that is empty, no address, or one that browsers run (`javascript:`) is 400 before anybody is asked to log in.',
    seen: [
      {
        request: /^GET \S+\/redirect(\/\S+)?\?redirectUrl=(x|javascript:alert\(1\))?$/,
        shows: /^(status: 400, there (302|404|500)|location: null null, there object)/,
      },
    ],
  },
  {
    says: 'A CAS ticket that is not good is 400 (Synapse: 401).',
    seen: [{ request: /^GET \S+\/login\/cas\/ticket\?/, shows: /^status: 400, there 401$/ }],
  },
  {
    says: 'Of Synapse’s pages on the way (`/_synapse/client/…`) those that lead back from a provider or choose a name are there under the same address; `new_user_consent`, `sso_register`, `pick_idp` and `pick_username/check` are not. Links to end mails are answered without telling whether there was such a mail.',
    seen: [
      {
        request: /^GET \/_synapse\/client\/(new_user_consent|sso_register|pick_idp|pick_username\/check)\?/,
        shows: /^status: 404, there 400$/,
      },
      {
        request: /^GET \/_synapse\/client\/pick_username\/account_details\?/,
        shows: /^status: 405, there 400$/,
      },
      { request: /^GET \/_synapse\/client\/unsubscribe\?access_token=x/, shows: /^status: 200, there 500$/ },
    ],
  },
  {
    says: 'Pages of stages of authentication (`/auth/…/fallback/web`): every stage that is offered here has one, also `m.login.dummy` and `m.login.email.identity`; one that is not offered is 404, and an unknown session 400.',
    seen: [
      {
        request: /\/auth\/m\.login\.(recaptcha|terms|password)\/fallback|\/auth\/none\/fallback/,
        shows: /^status: 404, there (200|400)$/,
      },
      { request: /\/fallback\/web\?session=none( a=b)?$/, shows: /^status: 400, there (200|404)$/ },
      {
        request: /\/auth\/m\.login\.(dummy|email\.identity)\/fallback\/web\?session=\{session\}/,
        shows: /^status: (200|400), there 404$/,
      },
      {
        request: /^POST \S+\/auth\/m\.login\.registration_token\/fallback\/web\?session=\{session\} a=b$/,
        shows: /^status: 200, there 400$/,
      },
      {
        request: /\/auth\/m\.login\.sso\/fallback\/web\?session=\{session\}/,
        shows: /^(status: (302, there 400|400, there 404)|location: object .*\/oidc\/prove")/,
      },
    ],
  },
]
