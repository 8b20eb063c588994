import type { RoomEvent } from '@ranvier/protocol/event/types'
import { roomEvent } from '@ranvier/protocol/event/wrap'
import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import { findRoomVersion } from '@ranvier/protocol/room-version/versions'
import type { NewEvent, Storage } from '@ranvier/storage'

/** Events of one commit. */
const BATCH = 500
const TS = 1_790_000_000_000

export interface StateChange {
  type: string
  stateKey: string
  sender: string
  content: JsonObject
}

/**
 * Changes a room's state by the commits that a server makes, but for signatures and hashes, which nobody
 * checks again. Resolves with the event in the middle of them.
 */
export async function changeState(
  storage: Storage,
  roomId: string,
  count: number,
  change: (n: number) => StateChange,
): Promise<EventId> {
  const room = await storage.read.rooms.findRoom(roomId)
  const rules = findRoomVersion(room!.version)!
  let { depth, snapshot } = room!
  let extremities: EventId[] = [...room!.extremities]
  for (let made = 0; made < count; made += BATCH) {
    const events: NewEvent[] = []
    for (let n = made; n < Math.min(count, made + BATCH); n++) {
      const { type, stateKey, sender, content } = change(n)
      const pdu = {
        type,
        state_key: stateKey,
        sender: sender as UserId,
        room_id: roomId as RoomId,
        content,
        origin_server_ts: TS + n,
        depth: ++depth,
        prev_events: extremities,
        auth_events: [],
        hashes: { sha256: 'x'.repeat(43) },
        signatures: {},
      }
      const event = roomEvent(pdu, rules, { eventId: nameOf(depth) })
      events.push({ event, pdu: JSON.stringify(pdu), receivedTs: TS + n, ...memberOf(event) })
      extremities = [event.eventId]
    }
    const done = await storage.commitRoom({ roomId: roomId as RoomId, events, extremities, depth, snapshot })
    snapshot = done.snapshot
  }
  return nameOf(depth - Math.floor(count / 2))
}

const nameOf = (depth: number) => `$fill${depth}` as EventId

/** Those who were not there join. */
function memberOf({ type, stateKey, content }: RoomEvent): Pick<NewEvent, 'member'> {
  if (type !== 'm.room.member') return {}
  const displayName = typeof content['displayname'] === 'string' ? content['displayname'] : null
  return {
    member: { userId: stateKey as UserId, from: undefined, to: 'join', displayName, avatarUrl: null },
  }
}
