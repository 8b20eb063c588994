import type { Chapter } from '../chapter.ts'
import { C, enc } from '../paths.ts'
import type { Side } from '../side.ts'

/** Synapse sends browsers on that ask under another name. */
const HERE = { host: 'compare.test' }

/** Logging in elsewhere, and pages that browsers are shown. */
export const clientSso: Chapter = {
  name: 'client-sso',
  about: 'log-in by CAS and OpenID Connect: redirects, tickets, errors; pages of stages of authentication',
  async run(side) {
    await side.register('bob')
    await flows(side)
    await redirects(side)
    await tickets(side)
    await callbacks(side)
    await fallback(side)
  },
}

/** A page: its status and where it leads; what it says, or that it says it in JSON, is each server's own. */
async function look(
  side: Side,
  to: string,
  more: { text?: string; headers?: Record<string, string> } = {},
): Promise<void> {
  const { status, headers } = await side.ask({ to, as: null, ...more, headers: { ...HERE, ...more.headers } })
  const what = side.names.text(`${to} ${more.text ?? ''}`.trim())
  side.note(what, { status, location: where(side, headers['location']) })
}

/** With what protects the log-in by its kind: one server keeps it in a cookie, the other in the address. */
function where(side: Side, location: string | undefined): unknown {
  if (location === undefined) return null
  const url = new URL(location, 'http://here.test')
  const query = [...url.searchParams]
    .filter(([name]) => !name.startsWith('code_challenge'))
    .toSorted()
    .map(([name, value]) => {
      if (name === 'service') return [name, value.split('?')[0]]
      return [name, /^(state|nonce)$/.test(name) ? '<text>' : side.names.text(value)]
    })
  return { at: `${url.origin}${url.pathname}`, query: Object.fromEntries(query) }
}

async function flows(side: Side): Promise<void> {
  await side.by(null, `GET ${C}/login`)
  await side.by('bob', `DELETE ${C}/devices/NONE`, {})
}

async function redirects(side: Side): Promise<void> {
  const to = enc('http://client.test/after?x=y&z=ü')
  for (const path of [
    `${C}/login/sso/redirect`,
    `${C}/login/cas/redirect`,
    `${C}/login/sso/redirect/oidc-id`,
    `${C}/login/sso/redirect/cas`,
    `${C}/login/sso/redirect/none`,
    '/_matrix/client/r0/login/sso/redirect/cas',
  ])
    for (const query of [
      `redirectUrl=${to}`,
      '',
      'redirectUrl=',
      'redirectUrl=x',
      'redirectUrl=javascript:alert(1)',
      'redirectUrl=app.client:/after',
    ])
      await look(side, `GET ${path}?${query}`)
}

async function tickets(side: Side): Promise<void> {
  const to = enc('http://client.test/after')
  const ticket = '/_matrix/client/r0/login/cas/ticket'
  for (const query of [
    '',
    'ticket=bad',
    `redirectUrl=${to}`,
    `redirectUrl=${to}&ticket=`,
    `redirectUrl=${to}&ticket=bad`,
  ])
    await look(side, `GET ${ticket}?${query}`)
  const name = `${side.prefix}cas`
  const redirect = await side.ask({
    to: `GET ${C}/login/sso/redirect/cas?redirectUrl=${to}`,
    as: null,
    headers: HERE,
  })
  const service = new URL(new URL(redirect.headers['location']!).searchParams.get('service')!)
  const cookie = (redirect.headers['set-cookie'] ?? '').split(';')[0]!
  side.names.set('ticket', `ok-${name}`)
  const back = await side.ask({
    to: `GET ${service.pathname}${service.search}${service.search === '' ? '?' : '&'}ticket=ok-${name}`,
    as: null,
    headers: { ...HERE, cookie },
  })
  side.note('back from CAS', { status: back.status, kind: back.headers['content-type']?.split(';')[0] })
  const token = /loginToken=([\w.~-]+)/.exec(
    `${back.headers['location']} ${back.body}`.replaceAll('&#x3D;', '='),
  )?.[1]
  side.names.set('log-in token', String(token))
  for (const _ of ['once', 'twice'])
    await side.by(null, `POST ${C}/login`, { type: 'm.login.token', token, device_id: 'CAS' })
  await side.by(null, `POST ${C}/login`, { type: 'm.login.token', token: 'none' })
  await side.compare({ to: `GET /_synapse/admin/v2/users/@${name}:${side.serverName}`, values: true })
  await side.by('admin', `GET /_synapse/admin/v1/auth_providers/cas/users/${name}`)
}

async function callbacks(side: Side): Promise<void> {
  for (const path of [
    'oidc/callback',
    'pick_username/account_details',
    'new_user_consent',
    'sso_register',
    'pick_idp',
    'pick_username/check',
  ])
    for (const query of [
      '',
      'state=x',
      'state=x&code=y',
      'error=access_denied',
      'error=access_denied&error_description=no',
    ])
      await look(side, `GET /_synapse/client/${path}?${query}`)
  await look(side, 'GET /_synapse/client/unsubscribe')
  await look(side, 'GET /_synapse/client/unsubscribe?access_token=x&app_id=m.email&pushkey=a')
}

async function fallback(side: Side): Promise<void> {
  const { body } = await side.ask({
    to: `POST ${C}/register`,
    as: null,
    body: { username: `${side.prefix}page`, password: 'pw' },
  })
  const session = String(body.session)
  side.names.set('session', session)
  for (const type of [
    'm.login.dummy',
    'm.login.recaptcha',
    'm.login.terms',
    'm.login.registration_token',
    'm.login.sso',
    'm.login.email.identity',
    'm.login.password',
    'none',
  ])
    for (const query of ['', 'session=', 'session=none', `session=${session}`]) {
      await look(side, `GET ${C}/auth/${type}/fallback/web?${query}`)
      await look(side, `POST ${C}/auth/${type}/fallback/web?${query}`, {
        text: 'a=b',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
    }
}
