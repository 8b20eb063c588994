import { createHash, randomBytes } from 'node:crypto'
import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import type { IssueLoginToken } from '../accounts/login-tokens.ts'
import type { Clock } from '../clock.ts'
import type { SsoConfig } from '../config/config.ts'
import { badRequest, forbidden, invalidParam, MatrixError, notFound } from '../errors.ts'
import { fitsRequirements, remoteUserOf } from './claims.ts'
import type { OidcChecks, OidcProvider } from './oidc-provider.ts'
import type { FindSsoAccount } from './sso-accounts.ts'

/** Who logs in has so long at the provider. */
const SESSION_MS = 15 * 60_000
/** Anybody may begin: beyond so many the oldest is given up. */
const MAX_SESSIONS = 10_000
/** The client comes for its token at once. Synapse: two minutes */
const LOGIN_TOKEN_MS = 120_000
/** What a browser would run, not open. */
const NEVER_OPENED: ReadonlySet<string> = new Set(['javascript:', 'data:', 'vbscript:', 'blob:', 'about:'])

/** What a user goes to a provider for: to log in with a client, or to prove who they are. */
type Purpose = { redirectUrl: string } | { uiaSession: string }

interface Session extends OidcChecks {
  provider: OidcProvider
  purpose: Purpose
  /** Hash of what the browser that began has in its cookie. */
  browser: string
  expiresMs: number
}

export interface SsoLoginDeps {
  config: SsoConfig
  providers: readonly OidcProvider[]
  findAccount: FindSsoAccount
  issueLoginToken: IssueLoginToken
  externalIds: Pick<Storage['read']['threepids'], 'findExternalOwner' | 'listExternalIds'>
  clock: Pick<Clock, 'nowMs'>
  onError: (error: unknown, provider: string) => void
}

export interface BegunSso {
  /** Of the provider's page. */
  url: string
  /** What the browser is known by from now on. */
  browser: string
  /** What the provider is called. */
  provider: string
}

/** What has become of a browser that comes back. */
export type SsoOutcome =
  /** `url` holds a token with which the client logs in. Trusted: the user need not be asked. */
  | { kind: 'login'; url: string; isTrusted: boolean }
  /** The user has proven who they are, for a session of user-interactive authentication. */
  | { kind: 'proof'; uiaSession: string; userId: UserId | undefined }

/** Logging in elsewhere. Spec: CS API §SSO client login/authentication */
export class SsoLogin {
  readonly #deps: SsoLoginDeps
  /** By state, oldest first. */
  readonly #sessions = new Map<string, Session>()

  constructor(deps: SsoLoginDeps) {
    this.#deps = deps
  }

  get providers(): readonly OidcProvider[] {
    return this.#deps.providers
  }

  /**
   * Where the browser goes to log in. `browser` is what its cookie holds; a new one if it has none. 404 for an unknown
   * provider, 400 for an address no client has, 502 `M_UNKNOWN` when the provider cannot be asked.
   */
  begin(providerId: string, redirectUrl: string, browser: string | undefined): Promise<BegunSso> {
    const provider = this.#deps.providers.find(({ config }) => config.id === providerId)
    if (provider === undefined) throw notFound('Identity provider')
    checkRedirect(redirectUrl)
    return this.#begin(provider, { redirectUrl }, browser)
  }

  /** Whether the user can prove at a provider who they are. */
  async provesElsewhere(userId: UserId): Promise<boolean> {
    return (await this.#providerOf(userId)) !== undefined
  }

  /** Where the browser goes so that the user proves who they are. 404 for who does not log in at any provider. */
  async beginProof(uiaSession: string, userId: UserId, browser: string | undefined): Promise<BegunSso> {
    const provider = await this.#providerOf(userId)
    if (provider === undefined) throw notFound('Identity provider')
    return this.#begin(provider, { uiaSession }, browser)
  }

  async #providerOf(userId: UserId): Promise<OidcProvider | undefined> {
    const ids = await this.#deps.externalIds.listExternalIds(userId)
    return this.#deps.providers.find(({ config }) =>
      ids.some(({ authProvider }) => authProvider === config.id),
    )
  }

  async #begin(provider: OidcProvider, purpose: Purpose, browser: string | undefined): Promise<BegunSso> {
    const { url, ...checks } = await provider
      .begin({ again: 'uiaSession' in purpose })
      .catch((error: unknown) => {
        this.#deps.onError(error, provider.config.id)
        throw new MatrixError(502, 'M_UNKNOWN', 'The provider could not be asked')
      })
    const own = browser ?? randomBytes(24).toString('base64url')
    this.#forgetOld()
    const expiresMs = this.#deps.clock.nowMs() + SESSION_MS
    this.#sessions.set(checks.state, { ...checks, provider, purpose, browser: hashOf(own), expiresMs })
    return { url, browser: own, provider: provider.config.name }
  }

  /**
   * What becomes of a browser that comes back. Each state is good once, and only for the browser that began: nobody is
   * logged in as somebody else by a link. 400 for what we did not begin, 403 for who may not log in.
   */
  async complete(query: string, browser: string | undefined): Promise<SsoOutcome> {
    const params = new URLSearchParams(query)
    const state = params.get('state') ?? ''
    const session = this.#sessions.get(state)
    if (session === undefined || session.expiresMs <= this.#deps.clock.nowMs())
      throw badRequest('This log-in is not known, or took too long')
    if (browser === undefined || hashOf(browser) !== session.browser)
      throw badRequest('This log-in was begun in another browser')
    this.#sessions.delete(state)
    const { provider, purpose } = session
    const claims = await provider.claimsOf(query, session).catch((error: unknown) => {
      this.#deps.onError(error, provider.config.id)
      throw forbidden('The provider does not vouch for you')
    })
    if (!fitsRequirements(provider.config, claims)) throw forbidden('You may not log in here')
    const user = remoteUserOf(provider.config, claims)
    if (user === undefined) throw forbidden('The provider does not say who you are')
    if ('uiaSession' in purpose) {
      const { uiaSession } = purpose
      const userId = await this.#deps.externalIds.findExternalOwner(provider.config.id, user.subject)
      return { kind: 'proof', uiaSession, userId }
    }
    const { redirectUrl } = purpose
    const userId = await this.#deps.findAccount(provider.config, user)
    const url = new URL(redirectUrl)
    url.searchParams.append('loginToken', await this.#deps.issueLoginToken(userId, LOGIN_TOKEN_MS))
    const isTrusted = this.#deps.config.clientWhitelist.some((start) => redirectUrl.startsWith(start))
    return { kind: 'login', url: url.href, isTrusted }
  }

  #forgetOld(): void {
    const nowMs = this.#deps.clock.nowMs()
    for (const [state, { expiresMs }] of this.#sessions) {
      if (expiresMs > nowMs && this.#sessions.size < MAX_SESSIONS) return
      this.#sessions.delete(state)
    }
  }
}

function checkRedirect(redirectUrl: string): void {
  const url = URL.canParse(redirectUrl) ? new URL(redirectUrl) : undefined
  if (url === undefined || NEVER_OPENED.has(url.protocol))
    throw invalidParam("'redirectUrl' is no address of a client")
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url')
