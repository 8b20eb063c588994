import type { GiveWay } from '../../give-way.ts'
import { AccountColumns } from './columns.ts'
import { AccountPlaces } from './places.ts'

const MAX_ENTRIES = 32

/**
 * What searches have found of late, so that the pages of one search, and the page and its total, need not each find
 * all of it. Good for as long as no account has changed: every change takes a position of the stream `accounts`.
 * Only for committed data: a transaction that is undone gives its positions back.
 */
export class FoundMemo {
  readonly #entries = new Map<string, { position: number; value: Promise<unknown> }>()
  readonly #maxEntries: number
  constructor(maxEntries = MAX_ENTRIES) {
    this.#maxEntries = maxEntries
  }

  knows(position: number, key: string): boolean {
    return this.#entries.get(key)?.position === position
  }

  /** `position` was read before. */
  async get<Value>(position: number, key: string, compute: () => Promise<Value>): Promise<Value> {
    const known = this.#entries.get(key)
    this.#entries.delete(key) // and back at the end: the first ones are those not asked for lately
    if (known?.position === position) {
      this.#entries.set(key, known)
      return known.value as Promise<Value>
    }
    const value = compute()
    const entry = { position, value }
    this.#entries.set(key, entry)
    value.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
    })
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries) break
      this.#entries.delete(oldest)
    }
    return value
  }
}

/** What readers of committed data remember, so as not to read it anew for each page. */
export class AccountMemory implements AsyncDisposable {
  readonly found = new FoundMemo()
  /** Of searches that find very many: no more than one such list at a time. */
  readonly many = new FoundMemo(1)
  readonly places = new AccountPlaces()
  /** That of all accounts here, once there is one. */
  serverName: string | undefined
  readonly columns: AccountColumns
  /** Between the queries of a page. */
  readonly giveWay: GiveWay
  constructor(columns = new AccountColumns(), giveWay: GiveWay = async () => {}) {
    this.columns = columns
    this.giveWay = giveWay
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.columns[Symbol.asyncDispose]()
  }
}
