import type { RoomEvent, StateLookup } from '../event/types.ts'
import { serverNameOf } from '../ids/server-name.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import { powerLevelsIn } from './power-levels.ts'

/**
 * Whether an accepted redaction takes effect on `target`, which must be a known and valid event.
 * `state` is that before the redaction. In versions 1 and 2 the authorisation rules have decided already.
 *
 * A user of the same server passes here without any power: for our own users ask {@link canUserRedact} before sending.
 * Spec: Rooms v3 §Handling redactions.
 */
export function canRedact(
  redaction: RoomEvent,
  target: Pick<RoomEvent, 'roomId' | 'sender'>,
  rules: RoomVersionRules,
  state: StateLookup,
): boolean {
  if (redaction.roomId !== target.roomId) return false
  if (rules.redactionInAuthRules) return true
  const levels = powerLevelsIn(state, rules)
  if (levels.userLevel(redaction.sender) >= levels.redact) return true
  const server = serverNameOf(redaction.sender)
  return server !== undefined && server === serverNameOf(target.sender)
}

/**
 * Whether a user may ask for a redaction of an event that `originalSender` sent.
 * Spec: CS API §Redactions: the level of `m.room.redaction` for one's own events, the redact level besides for others'.
 */
export function canUserRedact(
  userId: string,
  originalSender: string,
  rules: RoomVersionRules,
  state: StateLookup,
): boolean {
  const levels = powerLevelsIn(state, rules)
  const own = levels.userLevel(userId)
  if (own < levels.eventLevel('m.room.redaction', false)) return false
  return userId === originalSender || own >= levels.redact
}
