import type { RoomEvent } from '../event/types.ts'
import type { EventId } from '../ids/brands.ts'

/**
 * Where resolution finds events. Synchronous: the algorithms come back to the same few events again and again, in an
 * order only they know, so the caller reads them from storage in one or two batches and hands over a map.
 *
 * Needed are: `get` for the events of all state sets, and for the auth chains of those entries the sets do not agree on;
 * `authEventIds` for the auth chains of all entries. A caller with a table of auth edges saves the bodies of the rest.
 */
export interface EventLoader {
  /** The event, `undefined` if it is not known. */
  get(eventId: EventId): RoomEvent | undefined
  /** True if the event was rejected when it was received: it does not serve as an auth event for others. */
  isRejected(eventId: EventId): boolean
  /**
   * True if the event was rejected because of its own auth events. Such an event takes no part; one that was rejected
   * for the state before it does. Without this function the two are not told apart: no rejected event takes part.
   */
  hasBadAuthEvents?(eventId: EventId): boolean
  /** The ids an event cites as auth events. Without this function they are those of `get`. */
  authEventIds?(eventId: EventId): readonly EventId[]
}

const NONE: readonly EventId[] = []

/** Thrown if a state set names an event the loader does not have. The caller has loaded too little. */
export class MissingStateEventError extends Error {
  override readonly name = 'MissingStateEventError'
  readonly eventId: EventId
  constructor(eventId: EventId) {
    super(`state resolution was not given the state event ${eventId}`)
    this.eventId = eventId
  }
}

/** The event, which is part of a state set. Throws {@link MissingStateEventError}. */
export function getStateEvent(loader: EventLoader, eventId: EventId): RoomEvent {
  const event = loader.get(eventId)
  if (event === undefined) throw new MissingStateEventError(eventId)
  return event
}

/** The ids of the auth events of an event; none if it is not known. */
export function authEventIdsOf(loader: EventLoader, eventId: EventId): readonly EventId[] {
  if (loader.authEventIds !== undefined) return loader.authEventIds(eventId)
  return loader.get(eventId)?.authEvents ?? NONE
}

/** True if the event may be applied to the state at all. */
export function takesPart(loader: EventLoader, eventId: EventId): boolean {
  return !(loader.hasBadAuthEvents ?? loader.isRejected).call(loader, eventId)
}

/** The loader over events at hand. `rejected` are the ids of those that were rejected. */
export function loaderOf(events: Iterable<RoomEvent>, rejected: Iterable<EventId> = []): EventLoader {
  const byId = new Map<EventId, RoomEvent>()
  for (const event of events) byId.set(event.eventId, event)
  const rejectedIds = new Set(rejected)
  return { get: (id) => byId.get(id), isRejected: (id) => rejectedIds.has(id) }
}
