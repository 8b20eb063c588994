import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { isJsonObject } from '@ranvier/protocol/json'
import { parseJson } from '@ranvier/protocol/parse-json'
import type { Storage, Transaction } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { forbidden, invalidParam, notFound } from '../errors.ts'
import { isInThread, MAIN_THREAD } from '../push/threads.ts'
import type { Requester } from '../requester.ts'
import type { LoadedEvent, RoomEvents } from '../rooms/room-events.ts'

/** The two kinds of receipts, and the marker only its own user's clients see. */
export const READ_MARKER_TYPES = ['m.read', 'm.read.private', 'm.fully_read'] as const
export type ReadMarkerType = (typeof READ_MARKER_TYPES)[number]

export interface ReadMarker {
  type: ReadMarkerType
  eventId: EventId
  /** `main`, a thread's root, or null: all threads. */
  threadId: string | null
}

export interface ReceiptParts {
  storage: Storage
  roomEvents: RoomEvents
  clock: Clock
}

export type SendReceipts = (by: Requester, roomId: RoomId, markers: readonly ReadMarker[]) => Promise<void>

/**
 * Says how far the requester has read. A marker never moves back; one that would changes nothing.
 * 403 for who is not in the room, 404 for an event that is not, 400 `M_INVALID_PARAM` for an event outside the thread.
 *
 * Spec: CS API §Receipts, §Fully read markers.
 */
export function sendReceipts(parts: ReceiptParts): SendReceipts {
  return async (by, roomId, markers) => {
    const member = await parts.storage.read.members.find(roomId, by.userId)
    if (member?.membership !== 'join') throw forbidden(`User ${by.userId} is not in room ${roomId}`)
    const checked = await Promise.all(markers.map((marker) => checkMarker(parts, roomId, marker)))
    if (checked.length === 0) return
    const ts = parts.clock.nowMs()
    await parts.storage.write(async (tx) => {
      for (const { marker, eventPosition } of checked) {
        const { type, eventId, threadId } = marker
        if (type === 'm.fully_read') await moveFullyRead(tx, by.userId, roomId, eventId, eventPosition)
        else
          await tx.receipts.advance({ roomId, userId: by.userId, type, threadId, eventId, eventPosition, ts })
      }
    })
  }
}

interface CheckedMarker {
  marker: ReadMarker
  eventPosition: number
}

async function checkMarker(parts: ReceiptParts, roomId: RoomId, marker: ReadMarker): Promise<CheckedMarker> {
  const loaded = await parts.roomEvents.find(marker.eventId)
  // An outlier has no place in the room's history that one could have read up to.
  if (loaded === undefined || loaded.row.roomId !== roomId || loaded.row.position === null)
    throw notFound(`Event ${marker.eventId}`)
  await checkThread(parts.roomEvents, loaded, marker)
  return { marker, eventPosition: loaded.row.position }
}

async function checkThread(
  roomEvents: RoomEvents,
  loaded: LoadedEvent,
  { type, threadId }: ReadMarker,
): Promise<void> {
  if (threadId === null) return
  if (type === 'm.fully_read') throw invalidParam(`'thread_id' does not go with ${type}`)
  if (!(await isInThread(roomEvents, loaded, threadId)))
    throw invalidParam(
      threadId === MAIN_THREAD ? 'The event is in a thread' : `The event is not in the thread ${threadId}`,
    )
}

async function moveFullyRead(
  tx: Transaction,
  userId: UserId,
  roomId: RoomId,
  eventId: EventId,
  position: number,
): Promise<void> {
  const stored = await tx.accountData.find(userId, roomId, 'm.fully_read')
  const content = stored === undefined ? undefined : parseJson(stored)
  const present = isJsonObject(content) ? content['event_id'] : undefined
  if (typeof present === 'string') {
    const [row] = await tx.rooms.eventsById([present])
    if (row !== undefined && row.position !== null && row.position >= position) return
  }
  await tx.accountData.set(userId, roomId, 'm.fully_read', JSON.stringify({ event_id: eventId }))
}
