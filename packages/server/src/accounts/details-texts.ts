import type { UserId } from '@ranvier/protocol/ids/brands'
import type { AccountDetails, Storage } from '@ranvier/storage'
import { createSizedCache, type RecentCache } from '../recent-cache.ts'

/** The text of an account; at once, where it is in memory. `undefined`: there is no such account. */
export type FindDetailsText = (userId: UserId) => string | Promise<string | undefined>

/** Some eight hundred accounts: those that somebody who looks after a server looks at. */
const MAX_BYTES = 524_288
/** What an account takes beside its text: its id, and its place in the cache. */
const ENTRY_BYTES = 150

/**
 * Texts of accounts as administrators are shown them one by one. They are those of one version of all accounts
 * (`Storage.accountsVersion`), which is asked for each time: so it does not matter who changed what, nor how. Where there is
 * no such version, on PostgreSQL, they are read each time.
 */
export class DetailsTexts {
  readonly #storage: Pick<Storage, 'read' | 'accountsVersion'>
  readonly #write: (details: AccountDetails) => string
  readonly #texts: RecentCache<UserId, string> = createSizedCache(
    MAX_BYTES,
    (text) => ENTRY_BYTES + text.length,
  )
  #version: number | undefined

  /** `write` must always write the same of one account. */
  constructor(
    storage: Pick<Storage, 'read' | 'accountsVersion'>,
    write: (details: AccountDetails) => string,
  ) {
    this.#storage = storage
    this.#write = write
  }

  find(userId: UserId): string | Promise<string | undefined> {
    const version = this.#storage.accountsVersion()
    if (version !== this.#version) this.#texts.clear()
    this.#version = version
    return this.#texts.get(userId) ?? this.#read(userId, version)
  }

  async #read(userId: UserId, version: number | undefined): Promise<string | undefined> {
    const details = await this.#storage.read.accounts.findDetails(userId)
    if (details === undefined) return undefined
    const text = this.#write(details)
    // Of a version that is over by now it would not be dropped with the others.
    if (version !== undefined && version === this.#version) this.#texts.set(userId, text)
    return text
  }
}
