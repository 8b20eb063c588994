import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Storage } from '@ranvier/storage'
import { forbidden, MatrixError, notFound } from '../errors.ts'
import type { PushRules } from '../push/push-rules.ts'
import type { Requester } from '../requester.ts'

/** Which piece of whose data. */
export interface DataPlace {
  userId: UserId
  /** null for data that belongs to no room. */
  roomId: RoomId | null
  type: string
}

/** Written by their own endpoints. Spec: CS API `PUT /user/{userId}/account_data/{type}`, 405. */
const SERVER_TYPES: ReadonlySet<string> = new Set(['m.fully_read', 'm.push_rules'])

/** What users keep on the server for their clients. */
export class AccountData {
  readonly #storage: Storage
  readonly #pushRules: PushRules

  constructor(storage: Storage, pushRules: PushRules) {
    this.#storage = storage
    this.#pushRules = pushRules
  }

  /** JSON text of the content. 403 for another user's data, 404 when there is none. */
  async get(by: Requester, { userId, roomId, type }: DataPlace): Promise<string> {
    checkOwn(by, userId)
    if (roomId === null && type === 'm.push_rules') return (await this.#pushRules.of(userId)).text
    const content = await this.#storage.read.accountData.find(userId, roomId, type)
    if (content === undefined) throw notFound('Account data')
    return content
  }

  /** 403 for another user's data, 405 for what the server keeps itself. An empty object deletes: MSC3391. */
  async set(by: Requester, { userId, roomId, type }: DataPlace, content: JsonObject): Promise<void> {
    checkMayChange(by, userId, type)
    await this.#storage.write((tx) => tx.accountData.set(userId, roomId, type, JSON.stringify(content)))
  }

  /** As {@link set}; what is not there need not be deleted. */
  async delete(by: Requester, { userId, roomId, type }: DataPlace): Promise<void> {
    checkMayChange(by, userId, type)
    await this.#storage.write((tx) => tx.accountData.delete(userId, roomId, type))
  }
}

function checkMayChange(by: Requester, userId: UserId, type: string): void {
  checkOwn(by, userId)
  if (SERVER_TYPES.has(type)) throw new MatrixError(405, 'M_BAD_JSON', `Cannot set ${type} through this API.`)
}

export function checkOwn(by: Requester, userId: UserId): void {
  if (by.userId !== userId) throw forbidden('Account data belongs to its user alone')
}
