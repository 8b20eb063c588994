import type { UserId } from '@ranvier/protocol/ids/brands'
import type { AccountFilter, AccountPage, AccountSummary, ListedId, ReadStores } from '@ranvier/storage'
import { createSizedCache, type RecentCache } from '../recent-cache.ts'

/** A page of the account list. */
export interface AccountTextsPage {
  /** One for each account, in their order. */
  texts: readonly string[]
  /** How many accounts pass the filter. */
  total: number
}

export type ListAccountTexts = (filter: AccountFilter, page: AccountPage) => Promise<AccountTextsPage>

type AccountReads = Pick<ReadStores['accounts'], 'findPage' | 'listThese' | 'movedSince'>

interface Written {
  admin: boolean
  text: string
}

/** What an account takes beside its text: its id, and its place in the cache. Measured. */
const ENTRY_BYTES = 150
/** What is allowed for an account before its text is known. */
const TYPICAL_BYTES = 400
/** Otherwise the cache makes an object for each account of each page. */
const AS_USED = {}
/** After more changes than these it takes less to begin anew. */
const MAX_MOVED = 1_000

/**
 * Texts of accounts as a list shows them. An index alone tells who is on a page, and rows are read of those whose texts are
 * not in memory. The log of what moves in lists is asked for with every page, so texts are as new as the page, whoever
 * changed what; and an administrator may be made by hand, which the index tells.
 *
 * Of more accounts than memory is meant for none are remembered: who walks through a million would push out each text before
 * it is asked for again.
 */
export class AccountTexts {
  readonly #accounts: AccountReads
  readonly #bytes: number
  readonly #write: (account: AccountSummary) => string
  readonly #texts: RecentCache<UserId, Written>
  /** Up to where the log was followed. What is in memory was read no earlier. */
  #moved = 0

  constructor(
    accounts: AccountReads,
    { bytes, write }: { bytes: number; write: (account: AccountSummary) => string },
  ) {
    this.#accounts = accounts
    this.#bytes = bytes
    this.#write = write
    this.#texts = createSizedCache(bytes, ({ text }) => ENTRY_BYTES + text.length)
  }

  async list(filter: AccountFilter, wanted: AccountPage): Promise<AccountTextsPage> {
    const { ids, total, all, moved } = await this.#accounts.findPage(filter, wanted)
    if (moved > this.#moved) await this.#follow(moved)
    const texts: (string | undefined)[] = []
    const missing: ListedId[] = []
    for (const id of ids) {
      const { userId, admin } = id
      const known = this.#texts.get(userId, AS_USED)
      const isCurrent = known !== undefined && known.admin === admin
      texts.push(isCurrent ? known.text : undefined)
      if (!isCurrent) missing.push(id)
    }
    if (missing.length > 0) {
      const read = await this.#read(missing, all * TYPICAL_BYTES <= this.#bytes)
      for (const [i, { userId }] of ids.entries()) texts[i] ??= read.get(userId)
    }
    return { texts: texts.filter((text) => text !== undefined), total }
  }

  async #read(ids: readonly ListedId[], remembers: boolean): Promise<Map<UserId, string>> {
    const since = this.#moved
    const texts = new Map<UserId, string>()
    for (const account of await this.#accounts.listThese(ids)) {
      const { userId, admin } = account
      const text = this.#write(account)
      texts.set(userId, text)
      // What has moved meanwhile is forgotten already: it may be this one, read before.
      if (remembers && this.#moved === since) this.#texts.set(userId, { admin, text })
    }
    return texts
  }

  async #follow(moved: number): Promise<void> {
    if (this.#texts.size > 0) {
      const since = this.#moved
      const changed = moved - since > MAX_MOVED ? undefined : await this.#accounts.movedSince(since)
      if (changed === undefined) this.#texts.clear()
      else for (const userId of changed.userIds) this.#texts.delete(userId)
      moved = Math.max(moved, changed?.last ?? 0)
    }
    this.#moved = Math.max(this.#moved, moved)
  }
}
