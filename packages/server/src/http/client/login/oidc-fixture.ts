import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

// Parts of tests: a provider of OpenID Connect on this machine.

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const forged = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

interface Grant {
  nonce: string | null
  challenge: string | null
  redirectUri: string
}

/** A real provider that knows one client and lets everybody in as `claims` says. Codes are good once, with PKCE. */
export async function oidcProvider(client: { id: string; secret: string }) {
  const grants = new Map<string, Grant>()
  const state = {
    claims: { sub: 'remote-1', preferred_username: 'Ada' } as Record<string, unknown>,
    userinfo: {} as Record<string, unknown>,
    /** What it gets wrong. */
    fault: undefined as 'nonce' | 'signature' | 'audience' | 'expired' | undefined,
  }
  const asked: string[] = []
  let origin = ''

  function idToken({ nonce }: Grant): string {
    const now = Math.floor(Date.now() / 1000)
    const head = encode({ alg: 'RS256', kid: 'k' })
    const body = encode({
      iss: origin,
      aud: state.fault === 'audience' ? 'somebody else' : client.id,
      iat: now - 100,
      exp: state.fault === 'expired' ? now - 90 : now + 600,
      nonce: state.fault === 'nonce' ? 'another' : nonce,
      ...state.claims,
    })
    const key = state.fault === 'signature' ? forged : privateKey
    return `${head}.${body}.${sign('sha256', Buffer.from(`${head}.${body}`), key).toString('base64url')}`
  }

  function token(request: IncomingMessage, form: URLSearchParams): object | undefined {
    // RFC 6749 §2.3.1: both are encoded as in a form.
    const basic = Buffer.from(`${client.id}:${encodeURIComponent(client.secret)}`).toString('base64')
    const grant = grants.get(form.get('code') ?? '')
    grants.delete(form.get('code') ?? '')
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const isRight =
      request.headers.authorization === `Basic ${basic}` &&
      grant?.challenge === challenge &&
      grant.redirectUri === form.get('redirect_uri')
    if (!isRight || grant === undefined) return undefined
    return { access_token: 'access', token_type: 'Bearer', id_token: idToken(grant) }
  }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const url = new URL(request.url!, origin)
    asked.push(url.pathname)
    const json = (body: object | undefined, status = 200) =>
      response
        .writeHead(body === undefined ? 400 : status, { 'content-type': 'application/json' })
        .end(JSON.stringify(body ?? { error: 'invalid_grant' }))
    if (url.pathname === '/.well-known/openid-configuration')
      return json({
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        userinfo_endpoint: `${origin}/userinfo`,
        jwks_uri: `${origin}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        code_challenge_methods_supported: ['S256'],
      })
    if (url.pathname === '/jwks')
      return json({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }] })
    if (url.pathname === '/token')
      return json(token(request, new URLSearchParams(Buffer.concat(chunks).toString())))
    if (url.pathname === '/userinfo') return json({ sub: state.claims['sub'], ...state.userinfo })
    return json(undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    issuer: origin,
    state,
    asked,
    /** That a session has ended, as the provider tells it, signed or as somebody else would have it. */
    logoutToken(claims: Record<string, unknown>, how: 'signed' | 'forged' | 'unsigned' = 'signed'): string {
      const now = Math.floor(Date.now() / 1000)
      const head = encode(
        how === 'unsigned' ? { alg: 'none' } : { alg: 'RS256', kid: 'k', typ: 'logout+jwt' },
      )
      const body = encode({
        iss: origin,
        aud: client.id,
        iat: now - 10,
        exp: now + 100,
        jti: randomUUID(),
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
        ...claims,
      })
      if (how === 'unsigned') return `${head}.${body}.`
      const key = how === 'forged' ? forged : privateKey
      return `${head}.${body}.${sign('sha256', Buffer.from(`${head}.${body}`), key).toString('base64url')}`
    },
    /** What a browser gets that opens the address of the log-in: the way back. */
    logIn(authorizationUrl: string): string {
      const { searchParams } = new URL(authorizationUrl)
      const redirectUri = searchParams.get('redirect_uri')!
      const code = randomUUID()
      grants.set(code, {
        nonce: searchParams.get('nonce'),
        challenge: searchParams.get('code_challenge'),
        redirectUri,
      })
      return `${redirectUri}?${new URLSearchParams({ code, state: searchParams.get('state')! })}`
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
