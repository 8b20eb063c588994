import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type ReceivedMail, type TestSmtp, testSmtp } from '@ranvier/testkit'

/** Where the others of {@link Outside} are: fixed, because it is in the configuration of a server we do not start. */
export const OUTSIDE_PORT = 18_112
export const MAIL_PORT = 18_113

/** A request that a server made of its bridge. */
export interface Told {
  /** `PUT /_matrix/app/v1/transactions/1`, without a query. */
  call: string
  authorization: string | undefined
  // biome-ignore lint/suspicious/noExplicitAny: scripts take from it what the servers promise to be there
  body: any
}

/** What is around the two servers: a bridge for each, a CAS server, a provider of OpenID Connect, and a mail server. */
export class Outside implements AsyncDisposable {
  readonly #http = createServer((request, response) => void this.#answer(request, response))
  readonly #told = new Map<string, Told[]>()
  readonly #mail: ReceivedMail[] = []
  readonly #smtp: TestSmtp

  private constructor(smtp: TestSmtp) {
    this.#smtp = smtp
  }

  static async open(): Promise<Outside> {
    const outside = new Outside(await testSmtp({}, MAIL_PORT))
    outside.#http.keepAliveTimeout = 600_000 // a server that uses a connection again finds it open
    outside.#http.listen(OUTSIDE_PORT, '127.0.0.1')
    await once(outside.#http, 'listening')
    return outside
  }

  /** What the bridge of a server was told so far. */
  toldTo(bridge: string): readonly Told[] {
    return this.#told.get(bridge) ?? []
  }

  /** The mail to an address so far. */
  mailTo(address: string): readonly ReceivedMail[] {
    this.#mail.push(...this.#smtp.received.splice(0))
    return this.#mail.filter(({ recipients }) => recipients.includes(address))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const { pathname, searchParams } = new URL(request.url!, OIDC)
    const json = (body: object, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const bridge = /^\/bridge\/(\w+)(\/.*)/.exec(pathname)
    if (bridge !== null) {
      const text = Buffer.concat(parts).toString()
      const told = this.#told.get(bridge[1]!) ?? []
      told.push({
        call: `${request.method} ${bridge[2]}`,
        authorization: request.headers.authorization,
        body: text === '' ? undefined : JSON.parse(text),
      })
      this.#told.set(bridge[1]!, told)
      json(...bridgeAnswer(bridge[2]!))
    } else if (pathname.startsWith('/cas/')) {
      response
        .writeHead(200, { 'content-type': 'application/xml' })
        .end(casAnswer(searchParams.get('ticket')))
    } else if (pathname === '/oidc/.well-known/openid-configuration') json(METADATA)
    else json({ error: 'invalid_request' }, 400)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#http.closeAllConnections()
    this.#http.close()
    await this.#smtp[Symbol.asyncDispose]()
  }
}

/** The bridge has users and rooms with `there` in their names, and knows one network. */
function bridgeAnswer(path: string): [body: object, status?: number] {
  if (path.includes('/thirdparty/protocol/'))
    return [{ user_fields: ['nick'], location_fields: [], icon: 'mxc://a/b', field_types: {}, instances: [] }]
  if (path.includes('/thirdparty/'))
    return [[{ userid: '@_cmp_x:y', alias: '#_cmp_x:y', protocol: 'compare', fields: { nick: 'x' } }]]
  const isLookup = /\/(users|rooms)\//.test(path)
  return isLookup && !path.includes('there') ? [{ errcode: 'M_NOT_FOUND' }, 404] : [{}]
}

/** A ticket is good if it begins with `ok-`; the rest is who it is for. */
function casAnswer(ticket: string | null): string {
  const said = ticket?.startsWith('ok-')
    ? `<cas:authenticationSuccess><cas:user>${ticket.slice(3)}</cas:user></cas:authenticationSuccess>`
    : '<cas:authenticationFailure code="INVALID_TICKET">no such ticket</cas:authenticationFailure>'
  return `<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">${said}</cas:serviceResponse>`
}

const OIDC = `http://127.0.0.1:${OUTSIDE_PORT}/oidc`
const METADATA = {
  issuer: OIDC,
  authorization_endpoint: `${OIDC}/authorize`,
  token_endpoint: `${OIDC}/token`,
  userinfo_endpoint: `${OIDC}/userinfo`,
  jwks_uri: `${OIDC}/jwks`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  code_challenge_methods_supported: ['S256'],
}
