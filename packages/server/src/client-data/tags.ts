import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import { parseJson } from '@ranvier/protocol/parse-json'
import type { Storage } from '@ranvier/storage'
import { badJson, invalidParam } from '../errors.ts'
import type { Requester } from '../requester.ts'
import { checkOwn } from './account-data.ts'

const MAX_TAG_BYTES = 255 // Spec: CS API §Room tagging

/** The tags a user has put on rooms: one piece of account data a room, `m.tag`. */
export class Tags {
  readonly #storage: Storage

  constructor(storage: Storage) {
    this.#storage = storage
  }

  /** Tag → what the client keeps with it. */
  async list(by: Requester, userId: UserId, roomId: RoomId): Promise<JsonObject> {
    checkOwn(by, userId)
    return tagsOf(await this.#storage.read.accountData.find(userId, roomId, 'm.tag'))
  }

  /** Puts a tag on the room or replaces what is kept with it. Throws 400 for a tag or an `order` that is none. */
  async put(by: Requester, userId: UserId, roomId: RoomId, tag: string, content: JsonObject): Promise<void> {
    checkOwn(by, userId)
    if (tag === '' || Buffer.byteLength(tag) > MAX_TAG_BYTES) throw invalidParam('A tag has 1 to 255 bytes')
    const { order } = content
    if (order !== undefined && typeof order !== 'number') throw badJson("'order' must be a number")
    if (order !== undefined && (order < 0 || order > 1)) throw invalidParam("'order' must be between 0 and 1")
    await this.#change(userId, roomId, (tags) => ({ ...without(tags, tag), [tag]: content }))
  }

  /** Taking away a tag that is not there changes nothing. */
  async delete(by: Requester, userId: UserId, roomId: RoomId, tag: string): Promise<void> {
    checkOwn(by, userId)
    await this.#change(userId, roomId, (tags) => (Object.hasOwn(tags, tag) ? without(tags, tag) : tags))
  }

  #change(userId: UserId, roomId: RoomId, change: (tags: JsonObject) => JsonObject): Promise<void> {
    return this.#storage.write(async (tx) => {
      const tags = tagsOf(await tx.accountData.find(userId, roomId, 'm.tag'))
      const changed = change(tags)
      if (changed === tags) return
      await tx.accountData.set(userId, roomId, 'm.tag', JSON.stringify({ tags: changed }))
    })
  }
}

/** Clients can write `m.tag` as account data as well: anything may be there. */
function tagsOf(text: string | undefined): JsonObject {
  const content = text === undefined ? undefined : parseJson(text)
  const tags = isJsonObject(content) ? content['tags'] : undefined
  return isJsonObject(tags) ? tags : {}
}

function without(tags: JsonObject, tag: string): JsonObject {
  return Object.fromEntries(Object.entries(tags).filter(([name]) => name !== tag))
}
