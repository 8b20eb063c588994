import { relationOf } from '@ranvier/protocol/event/relation'
import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { ThreadSubscription } from '@ranvier/storage'
import { MatrixError, notFound } from '../errors.ts'
import { readEvent } from '../rooms/reads/context.ts'
import { type RoomReads, readAccess } from '../rooms/reads/read-access.ts'

/** The threads a user follows. MSC4306 */
export class ThreadSubscriptions {
  readonly #reads: RoomReads

  constructor(reads: RoomReads) {
    this.#reads = reads
  }

  /** Whether a client subscribed by itself. 404 `M_NOT_FOUND` without a subscription. */
  async get(userId: UserId, roomId: RoomId, rootId: EventId): Promise<{ automatic: boolean }> {
    await this.#checkRoot(userId, roomId, rootId)
    const { threadSubscriptions } = this.#reads.storage.read
    const subscription = await threadSubscriptions.find(userId, roomId, rootId)
    if (!subscription?.subscribed) throw notFound('Subscription')
    return { automatic: subscription.automatic }
  }

  /**
   * Subscribes, automatically if `cause` is given: an event in the thread. What the user asked for themselves stays so.
   * 400 `IO.ELEMENT.MSC4306.M_NOT_IN_THREAD` for another event; 409 `…M_CONFLICTING_UNSUBSCRIPTION` if the user has left
   * the thread since.
   */
  async subscribe(
    userId: UserId,
    roomId: RoomId,
    rootId: EventId,
    cause: EventId | undefined,
  ): Promise<void> {
    await this.#checkRoot(userId, roomId, rootId)
    const causedAt = cause === undefined ? undefined : await this.#positionInThread(roomId, rootId, cause)
    await this.#reads.storage.write(async (tx) => {
      const before = await tx.threadSubscriptions.find(userId, roomId, rootId)
      const leftAfter = before?.leftAfter ?? 0
      const automatic = causedAt !== undefined
      if (before?.subscribed && (automatic || !before.automatic)) return
      if (automatic && causedAt <= leftAfter)
        throw new MatrixError(
          409,
          'IO.ELEMENT.MSC4306.M_CONFLICTING_UNSUBSCRIPTION',
          'You have left the thread after this event',
        )
      await tx.threadSubscriptions.set(userId, { roomId, rootId, subscribed: true, automatic, leftAfter })
    })
  }

  /** Leaves the thread as far as it goes now. Leaving what one does not follow changes nothing. */
  async unsubscribe(userId: UserId, roomId: RoomId, rootId: EventId): Promise<void> {
    await this.#checkRoot(userId, roomId, rootId)
    const { events: leftAfter } = await this.#reads.storage.positions()
    await this.#reads.storage.write(async (tx) => {
      const before = await tx.threadSubscriptions.find(userId, roomId, rootId)
      if (!before?.subscribed) return
      await tx.threadSubscriptions.set(userId, {
        ...{ roomId, rootId, leftAfter },
        ...{ subscribed: false, automatic: false },
      })
    })
  }

  /** 404 `M_NOT_FOUND` for an event the user may not see, also in a room that is not theirs to read. */
  async #checkRoot(userId: UserId, roomId: RoomId, rootId: EventId): Promise<void> {
    await readAccess(this.#reads, userId, roomId).catch((error: unknown) => {
      throw error instanceof MatrixError && error.status === 403 ? notFound('Thread') : error
    })
    await readEvent(this.#reads, userId, roomId, rootId)
  }

  async #positionInThread(roomId: RoomId, rootId: EventId, cause: EventId): Promise<number> {
    const loaded = await this.#reads.roomEvents.find(cause)
    const relation = loaded && relationOf(loaded.event)
    if (
      loaded === undefined ||
      loaded.row.roomId !== roomId ||
      loaded.row.position === null ||
      relation?.relType !== 'm.thread' ||
      relation.eventId !== rootId
    )
      throw new MatrixError(400, 'IO.ELEMENT.MSC4306.M_NOT_IN_THREAD', 'The event is not in the thread')
    return loaded.row.position
  }
}

/** Changed subscriptions as clients read them. MSC4308 */
export function subscriptionsJson(changes: readonly ThreadSubscription[]): {
  subscribed?: object
  unsubscribed?: object
} {
  const pick = (wanted: boolean) => {
    const rooms = Map.groupBy(
      changes.filter(({ subscribed }) => subscribed === wanted),
      ({ roomId }) => roomId,
    )
    if (rooms.size === 0) return undefined
    return Object.fromEntries(
      [...rooms].map(([roomId, threads]) => [
        roomId,
        Object.fromEntries(
          threads.map(({ rootId, position, automatic }) => [
            rootId,
            wanted ? { automatic, bump_stamp: position } : { bump_stamp: position },
          ]),
        ),
      ]),
    )
  }
  const [subscribed, unsubscribed] = [pick(true), pick(false)]
  return { ...(subscribed && { subscribed }), ...(unsubscribed && { unsubscribed }) }
}
