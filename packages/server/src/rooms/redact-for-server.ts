import { canUserRedact } from '@ranvier/protocol/auth/redaction'
import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { forbidden, notFound } from '../errors.ts'
import { loadPower, moderatorsIn } from './moderators.ts'
import type { RoomEvents } from './room-events.ts'
import type { RoomWriters } from './room-writers.ts'

export interface ServerRedaction {
  eventId: EventId
  reason?: string | undefined
  /** In whose name, in order: the first who is in the room and may. All of them users of this server. */
  as: readonly UserId[]
  /** If none of them may, any user of this server who may, the most powerful first. */
  orModerator?: boolean
}

/**
 * Redacts what the server, not one of its users, wants gone: no limit counts it, and no suspension stops it. Nothing
 * happens to an event that is redacted already. 403 `M_FORBIDDEN` when nobody may, 404 for an event not in the room.
 */
export type RedactForServer = (roomId: RoomId, redaction: ServerRedaction) => Promise<void>

export function redactForServer(deps: {
  writers: RoomWriters
  roomEvents: RoomEvents
  isLocal: (userId: string) => boolean
}): RedactForServer {
  return (roomId, { eventId, reason, as, orModerator }) =>
    deps.writers.write(roomId, async (room) => {
      const target = await deps.roomEvents.find(eventId)
      if (target === undefined || target.event.roomId !== roomId) throw notFound(`Event ${eventId}`)
      if (target.row.redactedBy !== null) return
      const power = await loadPower(room)
      const mayRedact = async (userId: UserId): Promise<boolean> =>
        canUserRedact(userId, target.event.sender, room.rules, power) &&
        (await room.membership(userId)) === 'join'
      const candidates = orModerator ? [...as, ...moderatorsIn(room, power).filter(deps.isLocal)] : as
      for (const sender of candidates) {
        if (!(await mayRedact(sender))) continue
        const content = reason === undefined ? {} : { reason }
        await room.append({ type: 'm.room.redaction', sender, content, redacts: eventId })
        return
      }
      throw forbidden(
        orModerator
          ? 'No user of this server who is in the room may redact the event'
          : `${as.join(', ')} may not redact the event`,
      )
    })
}
