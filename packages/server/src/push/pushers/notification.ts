import type { JsonObject } from '@ranvier/protocol/json'
import type { PushOutcome } from '@ranvier/protocol/push-rules/evaluate'
import type { PushAction } from '@ranvier/protocol/push-rules/types'
import type { Pusher } from '@ranvier/storage'
import type { LoadedEvent } from '../../rooms/room-events.ts'

/** What a pusher is told. Spec: Push Gateway API `POST /_matrix/push/v1/notify`. */
export interface PushNotification {
  readonly [name: string]: unknown
}

/** What a notification says about the room beside the event. */
export interface NotificationRoom {
  senderDisplayName: string | undefined
  name: string | null
  alias: string | null
}

/** Tells of an event. With the format `event_id_only` nothing of it but its ids. */
export function eventNotification(
  pusher: Pusher,
  about: {
    loaded: LoadedEvent
    outcome: PushOutcome
    unread: number
    room: NotificationRoom
    includeContent: boolean
  },
): PushNotification {
  const { loaded, outcome, unread, room, includeContent } = about
  const { row, event } = loaded
  const common = {
    event_id: row.eventId,
    room_id: row.roomId,
    prio: priorityOf(row.type, outcome),
    // Spec: counts of zero should be omitted.
    counts: unread === 0 ? {} : { unread },
  }
  if (pusher.data['format'] === 'event_id_only') return { ...common, devices: [deviceOf(pusher)] }
  return {
    ...common,
    type: row.type,
    sender: row.sender,
    ...(room.senderDisplayName !== undefined && { sender_display_name: room.senderDisplayName }),
    ...(room.name !== null && { room_name: room.name }),
    ...(room.alias !== null && { room_alias: room.alias }),
    ...(row.type === 'm.room.member' && { user_is_target: row.stateKey === pusher.userId }),
    ...(includeContent && { content: event.content }),
    devices: [{ ...deviceOf(pusher), tweaks: tweaksOf(outcome.actions) }],
  }
}

/** Tells how many messages are unread now, and nothing else. Zero is said: it is what takes the number away. */
export function badgeNotification(pusher: Pusher, unread: number): PushNotification {
  return { prio: 'low', counts: { unread }, devices: [deviceOf(pusher)] }
}

/** Synapse: what is heard or highlighted is urgent, and what is encrypted might be. */
function priorityOf(type: string, { highlight, sound }: PushOutcome): 'high' | 'low' {
  return highlight || sound !== undefined || type === 'm.room.encrypted' ? 'high' : 'low'
}

function deviceOf({ appId, pushkey, pushkeyTs, data: { url: _, ...data } }: Pusher) {
  return { app_id: appId, pushkey, pushkey_ts: Math.floor(pushkeyTs / 1000), data }
}

function tweaksOf(actions: readonly PushAction[]): JsonObject {
  const tweaks: JsonObject = {}
  for (const action of actions) {
    if (typeof action === 'string') continue
    // Spec: CS API §Push rules, Actions: a highlight without value is true.
    const value = action.value ?? (action.set_tweak === 'highlight' ? true : undefined)
    if (value !== undefined) tweaks[action.set_tweak] = value
  }
  return tweaks
}
