import { createHash } from 'node:crypto'
import { canonicalJson } from '@ranvier/protocol/canonical-json'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import { InvalidJsonError, parseJson } from '@ranvier/protocol/parse-json'
import type { Storage } from '@ranvier/storage'
import { badJson, forbidden, invalidParam, notFound, notJson } from '../errors.ts'
import { createRecentCache } from '../recent-cache.ts'
import type { Requester } from '../requester.ts'
import { NO_FILTER, parseSyncFilter, type SyncFilter } from '../sync/filter.ts'

const ID_LENGTH = 22 // 128 bits: a user cannot be made to share an id by accident
const CACHED_FILTERS = 5_000
const MAX_CACHED_INLINE = 4_096 // characters; larger ones are parsed each time

/** Filters that clients upload once and name by id. */
export class Filters {
  readonly #storage: Storage
  /** Parsed, by user and id, or by their text. Filters never change. */
  readonly #parsed = createRecentCache<string, SyncFilter>(CACHED_FILTERS)

  constructor(storage: Storage) {
    this.#storage = storage
  }

  /** Keeps a filter; the same one again gets the same id. 403 for another user's, 400 `M_BAD_JSON` for no filter. */
  async define(by: Requester, userId: UserId, definition: JsonObject): Promise<string> {
    if (by.userId !== userId) throw forbidden('Cannot create filters for other users')
    parseSyncFilter(definition)
    const text = canonicalJson(definition, { strict: false })
    const filterId = createHash('sha256').update(text).digest('base64url').slice(0, ID_LENGTH)
    await this.#storage.write((tx) => tx.filters.keep(userId, filterId, text))
    return filterId
  }

  /** JSON text as it was defined. 403 for another user's, 404 for an unknown one. */
  async get(by: Requester, userId: UserId, filterId: string): Promise<string> {
    if (by.userId !== userId) throw forbidden('Cannot get filters for other users')
    const text = await this.#storage.read.filters.find(userId, filterId)
    if (text === undefined) throw notFound('Filter')
    return text
  }

  /** What the `filter` parameter of `/sync` means: an id, or a filter itself. Throws 400 for neither. */
  async resolve(userId: UserId, given: string | undefined): Promise<SyncFilter> {
    if (given === undefined || given === '') return NO_FILTER
    const key = given.startsWith('{') ? given : JSON.stringify([userId, given])
    const known = this.#parsed.get(key)
    if (known !== undefined) return known
    const filter = given.startsWith('{') ? parseInline(given) : await this.#load(userId, given)
    if (key.length <= MAX_CACHED_INLINE) this.#parsed.set(key, filter)
    return filter
  }

  async #load(userId: UserId, filterId: string): Promise<SyncFilter> {
    const text = await this.#storage.read.filters.find(userId, filterId)
    if (text === undefined) throw invalidParam('No such filter')
    return parseSyncFilter(parseJson(text))
  }
}

function parseInline(text: string): SyncFilter {
  let definition: unknown
  try {
    definition = parseJson(text)
  } catch (error) {
    if (error instanceof InvalidJsonError) throw notJson("Query parameter 'filter' is not JSON")
    throw error
  }
  if (!isJsonObject(definition)) throw badJson("Query parameter 'filter' must be a JSON object")
  return parseSyncFilter(definition)
}
