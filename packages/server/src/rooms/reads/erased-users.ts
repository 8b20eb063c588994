import { redactPdu } from '@ranvier/protocol/event/redact'
import { roomEvent } from '@ranvier/protocol/event/wrap'
import type { Storage } from '@ranvier/storage'
import { createRecentCache, type RecentCache } from '../../recent-cache.ts'
import type { LoadedEvent, RoomEvents } from '../room-events.ts'
import { clientBody } from './client-body.ts'

/**
 * Accounts whose owners asked to be erased: what they said is shown pruned to those who were not there to hear it.
 * Synapse: admin_api/user_admin_api §Deactivate account, `erase`.
 */
export class ErasedUsers {
  readonly #storage: Storage
  readonly #roomEvents: RoomEvents
  readonly #erased: RecentCache<string, Promise<boolean>>
  /** Pruned once; forgotten together with the full form. */
  readonly #pruned = new WeakMap<LoadedEvent, LoadedEvent>()

  constructor(storage: Storage, roomEvents: RoomEvents, limits: { users: number }) {
    this.#storage = storage
    this.#roomEvents = roomEvents
    this.#erased = createRecentCache(limits.users)
    storage.subscribe((facts) => {
      for (const fact of facts) if (fact.stream === 'accounts') this.#erased.delete(fact.key)
    })
  }

  /** False for users of other servers, who do not tell us. */
  isErased(userId: string): Promise<boolean> {
    const known = this.#erased.get(userId)
    if (known !== undefined) return known
    const erased = this.#storage.read.accounts.find(userId).then((account) => account?.erased === true)
    this.#erased.set(userId, erased)
    erased.catch(() => this.#erased.delete(userId))
    return erased
  }

  /** The event as a redaction would leave it. State events are left alone: the room would break. */
  async prune(loaded: LoadedEvent): Promise<LoadedEvent> {
    const known = this.#pruned.get(loaded)
    if (known !== undefined) return known
    const rules = await this.#roomEvents.rulesOf(loaded.row.roomId)
    const event = roomEvent(redactPdu(loaded.event.pdu, rules), rules, loaded.event)
    const pruned: LoadedEvent = { row: loaded.row, event, body: clientBody(event) }
    this.#pruned.set(loaded, pruned)
    return pruned
  }
}
