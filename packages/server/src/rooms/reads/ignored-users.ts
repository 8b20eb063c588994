import { isJsonObject } from '@ranvier/protocol/json'
import { parseJson } from '@ranvier/protocol/parse-json'
import type { Storage } from '@ranvier/storage'
import { createRecentCache, type RecentCache } from '../../recent-cache.ts'

const NOBODY: ReadonlySet<string> = new Set()

/** Whom each user does not want to hear of. Spec: CS API §Ignoring users. */
export class IgnoredUsers {
  readonly #storage: Storage
  readonly #lists: RecentCache<string, Promise<ReadonlySet<string>>>

  constructor(storage: Storage, limits: { users: number }) {
    this.#storage = storage
    this.#lists = createRecentCache(limits.users)
    storage.subscribe((facts) => {
      for (const { stream, key, detail } of facts) {
        if (stream !== 'account_data') continue
        const { type } = (detail ?? {}) as { type?: string } // AccountDataChange, or nothing from another process
        if (type === undefined || type === 'm.ignored_user_list') this.#lists.delete(key)
      }
    })
  }

  /** The users `userId` ignores; never `userId` itself. */
  of(userId: string): Promise<ReadonlySet<string>> {
    const known = this.#lists.get(userId)
    if (known !== undefined) return known
    const list = this.#load(userId)
    this.#lists.set(userId, list)
    list.catch(() => this.#lists.delete(userId))
    return list
  }

  async #load(userId: string): Promise<ReadonlySet<string>> {
    const text = await this.#storage.read.accountData.find(userId, null, 'm.ignored_user_list')
    if (text === undefined) return NOBODY
    const content = parseJson(text)
    const ignored = isJsonObject(content) ? content['ignored_users'] : undefined
    if (!isJsonObject(ignored)) return NOBODY
    // Whoever ignores themselves would not see what they say.
    return new Set(Object.keys(ignored).filter((each) => each !== userId))
  }
}
