import type { UserId } from '@ranvier/protocol/ids/brands'
import type { AccountFilter, AccountPage, ListedId, ReadStores, SummaryText } from '@ranvier/storage'
import { createSizedCache, type RecentCache } from '../recent-cache.ts'

/** A page of the account list. */
export interface AccountTextsPage {
  /** In their order, each of one account or of some with commas between them. */
  texts: readonly string[]
  /** How many accounts are on the page. */
  count: number
  /** How many accounts pass the filter. */
  total: number
}

export type ListAccountTexts = (filter: AccountFilter, page: AccountPage) => Promise<AccountTextsPage>

type AccountReads = Pick<ReadStores['accounts'], 'findPage' | 'listTexts' | 'listThese' | 'movedSince'>

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
 * it is asked for again. Then the page is read at once, and SQLite writes its texts.
 */
export class AccountTexts {
  readonly #accounts: AccountReads
  readonly #bytes: number
  readonly #text: SummaryText
  readonly #texts: RecentCache<UserId, Written>
  /** Up to where the log was followed. What is in memory was read no earlier. */
  #moved = 0
  /** How many accounts there were when a page was last read. */
  #all = 0

  constructor(accounts: AccountReads, { bytes, text }: { bytes: number; text: SummaryText }) {
    this.#accounts = accounts
    this.#bytes = bytes
    this.#text = text
    this.#texts = createSizedCache(bytes, ({ text }) => ENTRY_BYTES + text.length)
  }

  async list(filter: AccountFilter, wanted: AccountPage): Promise<AccountTextsPage> {
    if (!this.#isForAll) {
      if (this.#texts.size > 0) this.#texts.clear()
      const page = await this.#accounts.listTexts(filter, wanted, this.#text)
      this.#all = page.all
      return page
    }
    const { ids, total, all, moved } = await this.#accounts.findPage(filter, wanted)
    this.#all = all
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
      const read = await this.#read(missing)
      for (const [i, { userId }] of ids.entries()) texts[i] ??= read.get(userId)
    }
    const shown = texts.filter((text) => text !== undefined)
    return { texts: shown, count: shown.length, total }
  }

  /** Whether memory is meant for all accounts. */
  get #isForAll(): boolean {
    return this.#all * TYPICAL_BYTES <= this.#bytes
  }

  async #read(ids: readonly ListedId[]): Promise<Map<UserId, string>> {
    const since = this.#moved
    const texts = new Map<UserId, string>()
    for (const account of await this.#accounts.listThese(ids)) {
      const { userId, admin } = account
      const text = this.#text.write(account)
      texts.set(userId, text)
      // What has moved meanwhile is forgotten already: it may be this one, read before.
      if (this.#isForAll && this.#moved === since) this.#texts.set(userId, { admin, text })
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
