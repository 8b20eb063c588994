import type { UserId } from '@ranvier/protocol/ids/brands'
import { isJsonObject, type Json, type JsonObject } from '@ranvier/protocol/json'
import type { Storage } from '@ranvier/storage'
import { consentUri, NEEDS_NO_CONSENT } from '../accounts/consent.ts'
import { fillIn } from '../config/fill-in.ts'
import { createRecentCache } from '../recent-cache.ts'
import type { Requester } from '../requester.ts'
import type { ServerNotices } from './server-notices.ts'

export interface ConsentNoticeDeps {
  storage: Pick<Storage, 'read' | 'write'>
  notices: Pick<ServerNotices, 'send'>
  /** Who sends them, and is told of nothing. */
  sender: UserId
  config: { version: string; notice: JsonObject; noticesToGuests: boolean }
  publicBaseUrl: string
  /** Links are signed with it. */
  secret: string
  onError: (error: unknown, userId: UserId) => void
}

const MAX_SETTLED = 10_000

/**
 * Who is here and has not agreed to the present terms is written to, once for each version of them.
 * Synapse: server_notices/consent_server_notices
 */
export class ConsentNotices implements AsyncDisposable {
  readonly #deps: ConsentNoticeDeps
  /** Of whom nothing is to be looked up again. */
  readonly #settled = createRecentCache<UserId, true>(MAX_SETTLED)
  #working: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(deps: ConsentNoticeDeps) {
    this.#deps = deps
  }

  /** Somebody is here. Costs a request nothing but the look whether they were here before. */
  note({ userId, tokenId, isGuest, puppetedBy, locked }: Requester): void {
    const isThemselves = tokenId >= 0 && puppetedBy === null
    if (!isThemselves || locked || (isGuest && !this.#deps.config.noticesToGuests)) return
    if (this.#isStopped || this.#settled.get(userId) !== undefined) return
    this.#settled.set(userId, true)
    this.#working = this.#working
      .then(() => this.#consider(userId))
      .catch((error: unknown) => {
        this.#settled.delete(userId) // the next request tries again
        this.#deps.onError(error, userId)
      })
  }

  async #consider(userId: UserId): Promise<void> {
    if (this.#isStopped) return
    const { storage, notices, sender, config } = this.#deps
    const account = await storage.read.accounts.find(userId)
    if (account === undefined || account.deactivated || userId === sender) return
    if (NEEDS_NO_CONSENT.has(account.userType)) return
    if (account.consentVersion === config.version || account.consentServerNoticeSent === config.version)
      return
    const content = filledIn(config.notice, consentUri(this.#deps, userId))
    // Killed before it is noted, the same notice is found by its transaction the next time.
    const txn = { by: sender, txnId: `consent/${config.version}/${userId}` }
    await notices.send(userId, { type: 'm.room.message', stateKey: undefined, content }, txn)
    await storage.write((tx) => tx.accounts.update(userId, { consentServerNoticeSent: config.version }))
  }

  /** Resolves when nobody is being written to any more. */
  idle(): Promise<void> {
    return this.#working
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true
    await this.#working
  }
}

/** The notice as the operator wrote it, with the user's link in it, wherever that is. */
function filledIn(notice: JsonObject, uri: string): JsonObject {
  const fill = (value: Json): Json => {
    if (typeof value === 'string') return fillIn(value, { consent_uri: uri })
    if (Array.isArray(value)) return value.map(fill)
    return isJsonObject(value) ? filledIn(value, uri) : value
  }
  return Object.fromEntries(Object.entries(notice).map(([key, value]) => [key, fill(value ?? null)]))
}
