import { type Relation, relationOf } from '@ranvier/protocol/event/relation'
import type { UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Storage } from '@ranvier/storage'
import { badRequest, duplicateAnnotation } from '../errors.ts'
import type { RoomEvents } from './room-events.ts'
import type { RoomWriter } from './room-writer.ts'

export interface CheckRelationDeps {
  storage: Pick<Storage, 'read'>
  roomEvents: RoomEvents
}

/**
 * Refuses relations that clients may not make. 400 `M_DUPLICATE_ANNOTATION` for saying the same of an event twice, 400
 * `M_UNKNOWN` for a thread that cannot be.
 */
export async function checkRelation(
  deps: CheckRelationDeps,
  room: RoomWriter,
  event: { type: string; sender: UserId; content: JsonObject },
): Promise<void> {
  const relation = relationOf(event)
  if (relation?.relType === 'm.thread') await checkThreadRoot(deps, room, relation)
  if (relation?.relType === 'm.annotation') await checkAnnotation(deps, room, event, relation)
}

/** Spec: CS API §Threading: the root of a thread has no relation of its own. */
async function checkThreadRoot(
  deps: CheckRelationDeps,
  room: RoomWriter,
  { eventId }: Relation,
): Promise<void> {
  const root = await deps.roomEvents.find(eventId)
  if (root?.event.roomId === room.roomId && relationOf(root.event) !== undefined)
    throw badRequest('A thread cannot begin at an event that has a relation itself')
}

/** Spec: CS API §Annotating events: once for each event, key and type of annotation. */
async function checkAnnotation(
  { storage, roomEvents }: CheckRelationDeps,
  room: RoomWriter,
  { type, sender }: { type: string; sender: UserId },
  { eventId, key }: Relation,
): Promise<void> {
  const isSame = (other: { type: string; sender: UserId; content: JsonObject }) => {
    const relation = relationOf(other)
    return (
      other.type === type &&
      other.sender === sender &&
      relation?.relType === 'm.annotation' &&
      relation.eventId === eventId &&
      relation.key === key
    )
  }
  const nids = await storage.read.relations.annotationsBy(sender, eventId)
  const committed = [...(await roomEvents.byNid(nids)).values()].map(({ event }) => event)
  if ([...committed, ...room.drafted()].some(isSame))
    throw duplicateAnnotation('You have annotated this event with this key already')
}
