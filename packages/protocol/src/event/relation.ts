import type { EventId } from '../ids/brands.ts'
import { isJsonObject } from '../json.ts'
import type { RoomEvent } from './types.ts'

/** How an event says it relates to another. */
export interface Relation {
  readonly relType: string
  /** Not checked: looked up, never trusted. */
  readonly eventId: EventId
  /** Of an annotation: what it says. */
  readonly key: string | undefined
}

/** What an event says in `m.relates_to`; `undefined` without a `rel_type`, as of a mere reply. Spec: CS API §Relationships. */
export function relationOf({ content }: Pick<RoomEvent, 'content'>): Relation | undefined {
  const relation = content['m.relates_to']
  if (!isJsonObject(relation)) return undefined
  const { rel_type: relType, event_id: eventId, key } = relation
  if (typeof relType !== 'string' || typeof eventId !== 'string') return undefined
  return { relType, eventId: eventId as EventId, key: typeof key === 'string' ? key : undefined }
}

/**
 * Whether `event` may stand in the place of `original`, beside being of the same room, sender and type.
 * Spec: CS API §Validity of replacement events: what is encrypted says in secret what the new content is.
 */
export function canReplace(event: RoomEvent, original: RoomEvent): boolean {
  if (event.stateKey !== undefined || original.stateKey !== undefined) return false
  if (relationOf(original)?.relType === 'm.replace') return false
  return event.type === 'm.room.encrypted' || isJsonObject(event.content['m.new_content'])
}
