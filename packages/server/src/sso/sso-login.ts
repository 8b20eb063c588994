import { createHash, randomBytes } from 'node:crypto'
import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import type { IssueLoginToken } from '../accounts/sessions/login-tokens.ts'
import type { Clock } from '../clock.ts'
import type { SsoConfig } from '../config/config.ts'
import { badRequest, forbidden, invalidParam, MatrixError, notFound } from '../errors.ts'
import { Pending } from './pending.ts'
import type { BegunAtProvider, RemoteUser, SsoProvider } from './provider.ts'
import type { FindSsoAccount } from './sso-accounts.ts'
import type { UpdateProfile } from './sso-profiles.ts'

/** The client comes for its token at once. Synapse: two minutes */
const LOGIN_TOKEN_MS = 120_000
/** What a browser would run, not open. */
const NEVER_OPENED: ReadonlySet<string> = new Set(['javascript:', 'data:', 'vbscript:', 'blob:', 'about:'])

/** What a user goes to a provider for: to log in with a client, or to prove who they are. */
type Purpose = { redirectUrl: string } | { uiaSession: string }

/** Somebody who is at a provider. */
interface AtProvider {
  provider: SsoProvider
  finish: BegunAtProvider['finish']
  purpose: Purpose
}

/** Somebody who has come back, has no account yet, and is asked for its name. */
interface Choosing {
  provider: SsoProvider
  user: RemoteUser
  redirectUrl: string
}

export interface SsoLoginDeps {
  config: Pick<SsoConfig, 'clientWhitelist'>
  providers: readonly SsoProvider[]
  findAccount: FindSsoAccount
  updateProfile: UpdateProfile
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
  /** The user is to say what their account is called. `key` names the choice; the name is a suggestion. */
  | { kind: 'choose'; key: string; localpart: string }
  /** The user has proven who they are, for a session of user-interactive authentication. */
  | { kind: 'proof'; uiaSession: string; userId: UserId | undefined }

/** Logging in elsewhere. Spec: CS API §SSO client login/authentication */
export class SsoLogin {
  readonly #deps: SsoLoginDeps
  /** By state. */
  readonly #atProvider: Pending<AtProvider>
  readonly #choosing: Pending<Choosing>

  constructor(deps: SsoLoginDeps) {
    this.#deps = deps
    this.#atProvider = new Pending(deps.clock)
    this.#choosing = new Pending(deps.clock)
  }

  get providers(): readonly SsoProvider[] {
    return this.#deps.providers
  }

  /**
   * Where the browser goes to log in. `browser` is what its cookie holds; a new one if it has none. 404 for an unknown
   * provider, 400 for an address no client has, 502 `M_UNKNOWN` when the provider cannot be asked.
   */
  begin(providerId: string, redirectUrl: string, browser: string | undefined): Promise<BegunSso> {
    const provider = this.#deps.providers.find(({ id }) => id === providerId)
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

  async #providerOf(userId: UserId): Promise<SsoProvider | undefined> {
    const ids = await this.#deps.externalIds.listExternalIds(userId)
    return this.#deps.providers.find(({ id }) => ids.some(({ authProvider }) => authProvider === id))
  }

  async #begin(provider: SsoProvider, purpose: Purpose, browser: string | undefined): Promise<BegunSso> {
    const state = randomBytes(24).toString('base64url')
    const { url, finish } = await provider
      .begin({ state, again: 'uiaSession' in purpose })
      .catch((error: unknown) => {
        this.#deps.onError(error, provider.id)
        throw new MatrixError(502, 'M_UNKNOWN', 'The provider could not be asked')
      })
    const own = browser ?? randomBytes(24).toString('base64url')
    this.#atProvider.put(state, hashOf(own), { provider, finish, purpose })
    return { url, browser: own, provider: provider.name }
  }

  /**
   * What becomes of a browser that comes back. Each state is good once, and only for the browser that began: nobody is
   * logged in as somebody else by a link. 400 for what we did not begin, 403 for who may not log in.
   */
  async complete(query: string, browser: string | undefined): Promise<SsoOutcome> {
    const state = new URLSearchParams(query).get('state') ?? ''
    const { provider, finish, purpose } = this.#taken(this.#atProvider, state, browser)
    const user = await finish(query).catch((error: unknown) => {
      if (error instanceof MatrixError) throw error
      this.#deps.onError(error, provider.id)
      throw forbidden('The provider does not vouch for you')
    })
    const known = await this.#deps.externalIds.findExternalOwner(provider.id, user.subject)
    if ('uiaSession' in purpose) return { kind: 'proof', uiaSession: purpose.uiaSession, userId: known }
    const { redirectUrl } = purpose
    const isAsked = known === undefined && provider.registers && (provider.asksName || user.localpart === '')
    if (!isAsked) return this.#logIn(provider, user, redirectUrl)
    const key = randomBytes(24).toString('base64url')
    this.#choosing.put(key, hashOf(browser ?? ''), { provider, user, redirectUrl })
    return { kind: 'choose', key, localpart: user.localpart }
  }

  /**
   * Makes the account under the name that was chosen. 400 for a name that cannot be had (the choice may be made again), and
   * for a choice that is not known, took too long or was another browser's.
   */
  async choose(key: string, localpart: string, browser: string | undefined): Promise<SsoOutcome> {
    const { provider, user, redirectUrl } = this.#taken(this.#choosing, key, browser)
    try {
      return await this.#logIn(provider, { ...user, localpart }, redirectUrl, { isChosen: true })
    } catch (error) {
      this.#choosing.put(key, hashOf(browser ?? ''), { provider, user, redirectUrl })
      throw error
    }
  }

  async #logIn(
    provider: SsoProvider,
    user: RemoteUser,
    redirectUrl: string,
    { isChosen } = { isChosen: false },
  ): Promise<SsoOutcome> {
    const { userId, isNew } = await this.#deps.findAccount(provider, user, { isChosen })
    this.#deps.updateProfile(userId, user, { isNew })
    const url = new URL(redirectUrl)
    const session = user.session === null ? null : { provider: provider.id, sessionId: user.session }
    url.searchParams.append('loginToken', await this.#deps.issueLoginToken(userId, LOGIN_TOKEN_MS, session))
    const isTrusted = this.#deps.config.clientWhitelist.some((start) => redirectUrl.startsWith(start))
    return { kind: 'login', url: url.href, isTrusted }
  }

  #taken<T extends object>(pending: Pending<T>, key: string, browser: string | undefined): T {
    const found = pending.take(key, browser === undefined ? '' : hashOf(browser))
    if (found === undefined) throw badRequest('This log-in is not known, or took too long')
    if (found === 'elsewhere') throw badRequest('This log-in was begun in another browser')
    return found
  }
}

/** 400 for an address no client has. */
export function checkRedirect(redirectUrl: string): void {
  const url = URL.canParse(redirectUrl) ? new URL(redirectUrl) : undefined
  if (url === undefined || NEVER_OPENED.has(url.protocol))
    throw invalidParam("'redirectUrl' is no address of a client")
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url')
