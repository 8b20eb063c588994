import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { evaluatePushRules, type PushOutcome } from '@ranvier/protocol/push-rules/evaluate'
import type { LoadedEvent } from '../rooms/room-events.ts'
import type { PushRules } from './push-rules.ts'
import type { RoomPushContexts } from './room-contexts.ts'

/** Says what an event means to one user. */
export type Judge = (loaded: LoadedEvent) => PushOutcome | undefined

export interface JudgeParts {
  rules: PushRules
  contexts: RoomPushContexts
  /** Roots of the threads a user follows in a room. Absent: rules do not look at that. */
  subscribedThreads?: ((userId: UserId, roomId: RoomId) => Promise<ReadonlySet<string>>) | undefined
}

/**
 * A judge of events of one room for one user, by the user's rules and the room as they are now. It says `undefined`
 * for events that never notify: the user's own, redacted ones, those of `ignored` users.
 *
 * Spec: CS API §Push rules.
 */
export async function judgeFor(
  parts: JudgeParts,
  userId: UserId,
  roomId: RoomId,
  ignored: ReadonlySet<string>,
): Promise<Judge> {
  const [{ ruleset }, { joinedMembers, powerLevels }, displayName, subscribedThreads] = await Promise.all([
    parts.rules.of(userId),
    parts.contexts.of(roomId),
    parts.contexts.displayName(roomId, userId),
    parts.subscribedThreads?.(userId, roomId),
  ])
  const context = { userId, displayName, joinedMembers, powerLevels, subscribedThreads }
  return ({ row, event }) => {
    if (row.redactedBy !== null || ignored.has(row.sender)) return undefined
    return evaluatePushRules(ruleset, event, context)
  }
}
