import type { Storage } from '@ranvier/storage'
import type { Requester } from '../requester.ts'

/** What tells one client transaction from all others. */
export interface TxnKey {
  userId: Requester['userId']
  deviceId: string
  /** The endpoint and what it acts on: the same id elsewhere is another transaction. */
  scope: string
  txnId: string
}

/** How long an answer is remembered. Spec: CS API §Transaction identifiers; Synapse keeps 30–60 minutes. */
export const TXN_LIFETIME_MS = 60 * 60_000

/**
 * Requests with a transaction id happen once: a repetition gets the first answer, also while the first is still at
 * work. `execute` stores the answer together with its effect.
 */
export class ClientTxns {
  readonly #storage: Storage
  readonly #running = new Map<string, Promise<string>>()

  constructor(storage: Storage) {
    this.#storage = storage
  }

  run(key: TxnKey, execute: () => Promise<string>): Promise<string> {
    const name = JSON.stringify([key.userId, key.deviceId, key.scope, key.txnId])
    const running = this.#running.get(name)
    if (running !== undefined) return running
    const promise = this.#once(key, execute).finally(() => this.#running.delete(name))
    this.#running.set(name, promise)
    return promise
  }

  async #once(key: TxnKey, execute: () => Promise<string>): Promise<string> {
    const known = await this.#storage.read.rooms.findTxn(key.userId, key.deviceId, key.scope, key.txnId)
    return known ?? execute()
  }
}

/** Transactions belong to a device; a token without one (puppet, application service) has its own. */
export function txnDeviceOf(requester: Requester): string {
  return requester.deviceId ?? `token:${requester.tokenId}`
}
