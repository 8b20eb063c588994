import { createHash } from 'node:crypto'
import { canonicalJson } from '@ranvier/protocol/canonical-json'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import { InvalidJsonError, parseJson } from '@ranvier/protocol/parse-json'
import type { Storage } from '@ranvier/storage'
import { badJson, forbidden, invalidParam, notFound, notJson } from '../errors.ts'
import { createSizedCache } from '../recent-cache.ts'
import type { Requester } from '../requester.ts'
import { filterTooLarge, MAX_FILTER_LENGTH } from '../rooms/reads/event-filter.ts'
import { NO_FILTER, parseSyncFilter, type SyncFilter } from '../sync/filter.ts'

const ID_LENGTH = 22 // 128 bits: a user cannot be made to share an id by accident
/** Of all filters together: read, a filter takes several times as much. Larger ones than the next are read each time. */
const MAX_CACHED = 1_048_576
const MAX_CACHED_FILTER = 16_384

interface ReadFilter {
  filter: SyncFilter
  /** Of its text. */
  length: number
}

/** Filters that clients upload once and name by id. */
export class Filters {
  readonly #storage: Storage
  /** Parsed, by user and id, or by their text. Filters never change. */
  readonly #parsed = createSizedCache<string, ReadFilter>(MAX_CACHED, ({ length }) => length)

  constructor(storage: Storage) {
    this.#storage = storage
  }

  /** Keeps a filter; the same one again gets the same id. 403 for another user's, 400 `M_BAD_JSON` for no filter, 413 for a very large one. */
  async define(by: Requester, userId: UserId, definition: JsonObject): Promise<string> {
    if (by.userId !== userId) throw forbidden('Cannot create filters for other users')
    const text = canonicalJson(definition, { strict: false })
    if (text.length > MAX_FILTER_LENGTH) throw filterTooLarge()
    parseSyncFilter(definition)
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
  resolve(userId: UserId, given: string | undefined): SyncFilter | Promise<SyncFilter> {
    if (given === undefined || given === '') return NO_FILTER
    const key = given.startsWith('{') ? given : JSON.stringify([userId, given])
    const known = this.#parsed.get(key)
    return known?.filter ?? this.#read(userId, given, key)
  }

  async #read(userId: UserId, given: string, key: string): Promise<SyncFilter> {
    const text = given.startsWith('{') ? given : await this.#load(userId, given)
    const filter = text === given ? parseInline(given) : parseSyncFilter(parseJson(text))
    if (text.length <= MAX_CACHED_FILTER) this.#parsed.set(key, { filter, length: key.length + text.length })
    return filter
  }

  async #load(userId: UserId, filterId: string): Promise<string> {
    const text = await this.#storage.read.filters.find(userId, filterId)
    if (text === undefined) throw invalidParam('No such filter')
    return text
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
