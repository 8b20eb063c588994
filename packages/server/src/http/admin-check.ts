import { Readable } from 'node:stream'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { notServerAdmin } from '../errors.ts'
import { createRecentCache } from '../recent-cache.ts'
import type { IsAdmin } from '../requester.ts'
import { HttpAnswer } from './answer.ts'
import type { HandlerResult } from './route.ts'

const MAX_KNOWN = 1_000

/**
 * Asks with every request whether the user is an administrator still, or whether any account has changed since he was asked
 * about: the flag may be taken away by SQL, and works at once.
 */
export class AdminCheck {
  readonly #isAdmin: IsAdmin
  readonly #accountsVersion: () => number | undefined
  /** Who was one when he was asked about last, and the version of all accounts then, if there was one. */
  readonly #known = createRecentCache<UserId, { version: number | undefined }>(MAX_KNOWN)

  constructor(isAdmin: IsAdmin, accountsVersion: () => number | undefined = () => undefined) {
    this.#isAdmin = isAdmin
    this.#accountsVersion = accountsVersion
  }

  /** 403 unless the user is an administrator. */
  async check(userId: UserId): Promise<void> {
    const version = this.#accountsVersion()
    if (await this.#isAdmin(userId)) this.#known.set(userId, { version })
    else {
      this.#known.delete(userId)
      throw notServerAdmin()
    }
  }

  /** Whether the user is known to be an administrator now, as no account has changed since he was asked about. */
  isAdminStill(userId: UserId): boolean {
    const version = this.#known.get(userId)?.version
    return version !== undefined && version === this.#accountsVersion()
  }

  /** Whether {@link readMeanwhile} may be used: nobody else makes us read something that he is then not shown. */
  wasAdmin(userId: UserId): boolean {
    return this.#known.has(userId)
  }

  /**
   * What `read` gives to an administrator, 403 to others. Both go on at once: to a database in another process both questions
   * then go in one packet, where it has time for twice as many.
   */
  async readMeanwhile(
    userId: UserId,
    read: () => HandlerResult | Promise<HandlerResult>,
  ): Promise<HandlerResult> {
    const checked = this.check(userId)
    const result = Promise.try(read)
    result.catch(() => {}) // what went wrong is told when it is known to whom
    try {
      await checked
    } catch (error) {
      result.then(discard, () => {})
      throw error
    }
    return result
  }
}

function discard(result: HandlerResult): void {
  if (result instanceof HttpAnswer && result.body instanceof Readable) result.body.destroy()
}
