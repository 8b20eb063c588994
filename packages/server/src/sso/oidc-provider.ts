import { isJsonObject, type Json, type JsonObject } from '@ranvier/protocol/json'
import type { JWTVerifyGetKey } from 'jose'
import type { Configuration, CustomFetch } from 'openid-client'
import type { OidcProviderConfig } from '../config/config.ts'
import { forbidden } from '../errors.ts'
import type { OutboundClient } from '../outbound/client.ts'
import { fitsRequirements } from './claims.ts'
import type { BegunAtProvider, EndedSession, RemoteUser, SsoProvider } from './provider.ts'

const TIMEOUT_MS = 20_000
const MAX_ANSWER_BYTES = 1_000_000
/** One that was caught on its way is of no use later. */
const LOGOUT_MAX_AGE = '10m'
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** What one log-in at a provider is checked by when it comes back. */
interface Checks {
  state: string
  nonce: string
  verifier: string
}

/** An OpenID Connect provider. Its metadata is asked for when somebody first logs in, and kept. */
export class OidcProvider implements SsoProvider {
  readonly #config: OidcProviderConfig
  readonly #outbound: Pick<OutboundClient, 'request'>
  readonly #callback: string
  #client: Promise<Configuration> | undefined
  #keys: JWTVerifyGetKey | undefined

  /** `callback`: where the provider sends users back to. */
  constructor(config: OidcProviderConfig, outbound: Pick<OutboundClient, 'request'>, callback: string) {
    this.#config = config
    this.#outbound = outbound
    this.#callback = callback
  }

  get id(): string {
    return this.#config.id
  }
  get name(): string {
    return this.#config.name
  }
  get allowsExistingUsers(): boolean {
    return this.#config.allowExistingUsers
  }
  get registers(): boolean {
    return this.#config.registers
  }
  get asksName(): boolean {
    return this.#config.confirmsName || this.#config.templates.localpart === null
  }

  async begin({ state, again }: { state: string; again: boolean }): Promise<BegunAtProvider> {
    const oidc = await import('openid-client')
    const client = await this.#discovered()
    const checks = { state, nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() }
    const url = oidc.buildAuthorizationUrl(client, {
      redirect_uri: this.#callback,
      scope: this.#config.scopes.join(' '),
      state,
      nonce: checks.nonce,
      // A provider that knows nothing of it looks over it.
      code_challenge: await oidc.calculatePKCECodeChallenge(checks.verifier),
      code_challenge_method: 'S256',
      ...(again && { prompt: 'login' }),
    })
    return { url: url.href, finish: (query) => this.#finish(query, checks) }
  }

  // OpenID Connect Back-Channel Logout 1.0, §2.6. `jose` looks at signature, times and who it is from and for.
  async readLogout(token: string): Promise<EndedSession | undefined> {
    const { backchannelLogout, issuer, clientId } = this.#config
    if (backchannelLogout === null) return undefined
    const jose = await import('jose')
    const metadata = (await this.#discovered()).serverMetadata()
    const said = jose.decodeJwt(token)
    if (said.iss !== metadata.issuer || ![said.aud].flat().includes(clientId)) return undefined
    if (metadata.jwks_uri === undefined) throw new Error(`${issuer} names no keys`)
    this.#keys ??= jose.createRemoteJWKSet(new URL(metadata.jwks_uri), {
      [jose.customFetch]: (url: string, how: object) => this.#fetch(url, how as Parameters<CustomFetch>[1]),
    })
    const { payload } = await jose.jwtVerify(token, this.#keys, {
      issuer: metadata.issuer,
      audience: clientId,
      requiredClaims: ['iat', 'jti', 'sid', ...(backchannelLogout.ignoresSubject ? [] : ['sub'])],
      maxTokenAge: LOGOUT_MAX_AGE,
    })
    const events = payload['events'] as Json | undefined // parsed JSON
    if (!isJsonObject(events) || !isJsonObject(events[LOGOUT_EVENT]))
      throw new Error('this is no logout token')
    if (payload['nonce'] !== undefined) throw new Error('a logout token has no nonce')
    const session = payload['sid']
    if (typeof session !== 'string' || session === '') throw new Error('the logout token names no session')
    return { session, subject: backchannelLogout.ignoresSubject ? null : payload.sub! }
  }

  async #finish(query: string, checks: Checks): Promise<RemoteUser> {
    const claims = await this.#claimsOf(query, checks)
    if (!fitsRequirements(this.#config, claims)) throw forbidden('You may not log in here')
    const { remoteUserOf } = await import('./remote-user.ts') // templates are memory that is seldom of use
    const user = remoteUserOf(this.#config, claims)
    if (user === undefined) throw forbidden('The provider does not say who you are')
    return user
  }

  /** What the provider says of who has come back with `query`. Rejects when anything about it is not right. */
  async #claimsOf(query: string, checks: Checks): Promise<JsonObject> {
    const oidc = await import('openid-client')
    const client = await this.#discovered()
    const tokens = await oidc.authorizationCodeGrant(client, new URL(`${this.#callback}?${query}`), {
      expectedState: checks.state,
      expectedNonce: checks.nonce,
      pkceCodeVerifier: checks.verifier,
      idTokenExpected: true,
    })
    const claims = tokens.claims()
    if (claims === undefined) throw new Error('the provider sent no ID token')
    if (!this.#config.asksUserinfo) return claims as JsonObject // parsed JSON
    const info = await oidc.fetchUserInfo(client, tokens.access_token, claims.sub)
    return { ...claims, ...info } as JsonObject
  }

  #discovered(): Promise<Configuration> {
    this.#client ??= this.#discover().catch((error: unknown) => {
      this.#client = undefined // asked again for the next user
      throw error
    })
    return this.#client
  }

  async #discover(): Promise<Configuration> {
    const oidc = await import('openid-client')
    const { issuer, clientId, clientSecret, clientAuth } = this.#config
    const auth =
      clientSecret === null || clientAuth === 'none'
        ? oidc.None()
        : clientAuth === 'client_secret_post'
          ? oidc.ClientSecretPost(clientSecret)
          : oidc.ClientSecretBasic(clientSecret)
    return oidc.discovery(new URL(issuer), clientId, undefined, auth, {
      execute: [
        oidc.enableNonRepudiationChecks, // the ID token's signature counts, whoever brought it
        // The operator wrote `http:` for a provider on their own network.
        ...(issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : []),
      ],
      [oidc.customFetch]: this.#fetch,
    })
  }

  readonly #fetch: CustomFetch = async (url, { method, headers, body, signal }) => {
    const answer = await this.#outbound.request({
      method: method as 'GET' | 'POST',
      url,
      headers,
      ...(body !== null && body !== undefined && { body: String(body) }),
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: MAX_ANSWER_BYTES,
      ...(signal && { signal }),
    })
    return new Response(answer.body as Uint8Array<ArrayBuffer>, {
      status: answer.status,
      headers: Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]),
    })
  }
}
