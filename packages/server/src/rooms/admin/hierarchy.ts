import type { RoomId } from '@ranvier/protocol/ids/brands'
import { isRoomId } from '@ranvier/protocol/ids/room-id'
import { isJsonObject } from '@ranvier/protocol/json'
import { InvalidJsonError, parseJson } from '@ranvier/protocol/parse-json'
import type { RoomRow } from '@ranvier/storage'
import { invalidParam, notFound } from '../../errors.ts'
import type { RoomReads } from '../read-access.ts'
import type { LoadedEvent } from '../room-events.ts'

export interface HierarchyRoom {
  room: RoomRow
  /** Its valid `m.space.child` events in their order, if it is a space. */
  children: LoadedEvent[]
}

export interface HierarchyPage {
  /** Depth first; the first page begins with the space itself. */
  rooms: HierarchyRoom[]
  /** `undefined`: these were the last. */
  nextBatch: string | undefined
}

/** Rooms one walk comes to. More are in no space anybody could look through. */
const MAX_ROOMS = 5_000

/**
 * A space with the rooms below it that this server knows; others are left out, and no server is asked. 404
 * `M_NOT_FOUND` for an unknown room, 400 `M_INVALID_PARAM` for a token of another room or depth.
 * Spec: CS API §GET /rooms/{roomId}/hierarchy.
 */
export async function readHierarchy(
  reads: RoomReads,
  roomId: string,
  how: { maxDepth: number | undefined; limit: number; from: string | undefined },
): Promise<HierarchyPage> {
  const { maxDepth = Number.POSITIVE_INFINITY, limit } = how
  const skip = how.from === undefined ? 0 : placeOf(how.from, roomId, how.maxDepth)
  const seen = new Set<string>()
  const waiting = [{ roomId, depth: 0 }]
  const rooms: HierarchyRoom[] = []
  let passed = 0
  for (let next = waiting.pop(); next !== undefined && passed < MAX_ROOMS; next = waiting.pop()) {
    if (seen.has(next.roomId)) continue
    seen.add(next.roomId)
    const room = await reads.storage.read.rooms.findRoom(next.roomId)
    if (room === undefined && next.depth === 0) throw notFound('Room')
    if (room === undefined) continue
    if (passed >= skip + limit) return { rooms, nextBatch: tokenOf(roomId, how.maxDepth, passed) }
    const children = room.roomType === 'm.space' ? await childrenOf(reads, room.roomId) : []
    if (passed++ >= skip) rooms.push({ room, children })
    const depth = next.depth + 1
    if (depth > maxDepth) continue
    // The first child is looked at next: it goes on top.
    for (const { row } of children.toReversed()) waiting.push({ roomId: row.stateKey!, depth })
  }
  return { rooms, nextBatch: undefined }
}

async function childrenOf(reads: RoomReads, roomId: RoomId): Promise<LoadedEvent[]> {
  const rows = await reads.storage.read.roomState.entriesOfType(roomId, 'm.space.child')
  const loaded = await Promise.all(rows.map((row) => reads.roomEvents.fromRow(row)))
  return loaded.filter(isChild).sort(compareChildren)
}

/** Spec: CS API §m.space.child: without `via` it is no child. */
function isChild({ row, event }: LoadedEvent): boolean {
  const { via } = event.content
  return isRoomId(row.stateKey) && Array.isArray(via) && via.length > 0
}

/** Spec: CS API §Ordering of children within a space. */
function compareChildren(a: LoadedEvent, b: LoadedEvent): number {
  const [first, second] = [orderOf(a), orderOf(b)]
  if (first !== second) {
    if (first === undefined) return 1
    if (second === undefined) return -1
    return first < second ? -1 : 1
  }
  return a.row.originServerTs - b.row.originServerTs || (a.row.stateKey! < b.row.stateKey! ? -1 : 1)
}

function orderOf({ event }: LoadedEvent): string | undefined {
  const { order } = event.content
  return typeof order === 'string' && /^[\x20-\x7e]{1,50}$/.test(order) ? order : undefined
}

function tokenOf(roomId: string, maxDepth: number | undefined, passed: number): string {
  return Buffer.from(JSON.stringify({ roomId, maxDepth: maxDepth ?? null, passed })).toString('base64url')
}

function placeOf(token: string, roomId: string, maxDepth: number | undefined): number {
  try {
    const place = parseJson(Buffer.from(token, 'base64url').toString())
    if (isJsonObject(place) && place['roomId'] === roomId && place['maxDepth'] === (maxDepth ?? null)) {
      const { passed } = place
      if (typeof passed === 'number' && Number.isSafeInteger(passed) && passed >= 0) return passed
    }
  } catch (error) {
    if (!(error instanceof InvalidJsonError)) throw error
  }
  throw invalidParam("'from' is no token of this hierarchy")
}
