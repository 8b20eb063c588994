import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { isRoomId } from '@ranvier/protocol/ids/room-id'
import { isJsonObject } from '@ranvier/protocol/json'
import { InvalidJsonError, parseJson } from '@ranvier/protocol/parse-json'
import type { RoomRow } from '@ranvier/storage'
import { forbidden, invalidParam, notFound } from '../../errors.ts'
import type { LoadedEvent } from '../room-events.ts'
import { allowedRoomIds, mayPreview } from './preview.ts'
import type { RoomReads } from './read-access.ts'

export interface HierarchyRoom {
  room: RoomRow
  /** Its valid `m.space.child` events in their order, if it is a space. */
  children: LoadedEvent[]
  /** The rooms whose members may join it, if that is how it is joined. */
  allowedRoomIds: RoomId[] | undefined
}

export interface HierarchyPage {
  /** Depth first; the first page begins with the space itself. */
  rooms: HierarchyRoom[]
  /** `undefined`: these were the last. */
  nextBatch: string | undefined
}

/** Rooms one walk comes to. More are in no space anybody could look through. */
const MAX_ROOMS = 5_000

export interface HierarchyRequest {
  maxDepth: number | undefined
  suggestedOnly: boolean
  limit: number
  /** A token of the page before. */
  from: string | undefined
}

/**
 * A space with the rooms below it that this server knows and the user may know of; others are left out, and no server is
 * asked. 403 `M_FORBIDDEN` for a space that is none of those; to an administrator 404 `M_NOT_FOUND`. 400
 * `M_INVALID_PARAM` for a token of another request. Spec: CS API §GET /rooms/{roomId}/hierarchy.
 */
export async function readHierarchy(
  reads: RoomReads,
  userId: UserId,
  roomId: string,
  how: HierarchyRequest,
): Promise<HierarchyPage> {
  const { maxDepth = Number.POSITIVE_INFINITY, limit } = how
  const skip = how.from === undefined ? 0 : placeOf(how.from, roomId, how)
  const seen = new Set<string>()
  const waiting = [{ roomId, depth: 0 }]
  const rooms: HierarchyRoom[] = []
  let passed = 0
  for (let next = waiting.pop(); next !== undefined && passed < MAX_ROOMS; next = waiting.pop()) {
    if (seen.has(next.roomId)) continue
    seen.add(next.roomId)
    const room = await reads.storage.read.rooms.findRoom(next.roomId)
    if (room === undefined || !(await mayPreview(reads, userId, room))) {
      if (next.depth > 0) continue
      throw reads.unrestricted ? notFound('Room') : forbidden('You may not look at this room')
    }
    if (passed >= skip + limit) return { rooms, nextBatch: tokenOf(roomId, how, passed) }
    const children = room.roomType === 'm.space' ? await childrenOf(reads, room.roomId, how) : []
    if (passed++ >= skip) rooms.push({ room, children, allowedRoomIds: await allowedRoomIds(reads, room) })
    const depth = next.depth + 1
    if (depth > maxDepth) continue
    // The first child is looked at next: it goes on top.
    for (const { row } of children.toReversed()) waiting.push({ roomId: row.stateKey!, depth })
  }
  return { rooms, nextBatch: undefined }
}

async function childrenOf(
  reads: RoomReads,
  roomId: RoomId,
  { suggestedOnly }: HierarchyRequest,
): Promise<LoadedEvent[]> {
  const rows = await reads.storage.read.roomState.entriesOfType(roomId, 'm.space.child')
  const loaded = await Promise.all(rows.map((row) => reads.roomEvents.fromRow(row)))
  return loaded
    .filter((child) => isChild(child) && (!suggestedOnly || child.event.content['suggested'] === true))
    .sort(compareChildren)
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

/** What a token belongs to. */
type Question = Pick<HierarchyRequest, 'maxDepth' | 'suggestedOnly'>

const questionOf = ({ maxDepth, suggestedOnly }: Question) => ({ maxDepth: maxDepth ?? null, suggestedOnly })

function tokenOf(roomId: string, how: Question, passed: number): string {
  return Buffer.from(JSON.stringify({ roomId, ...questionOf(how), passed })).toString('base64url')
}

function placeOf(token: string, roomId: string, how: Question): number {
  const { maxDepth, suggestedOnly } = questionOf(how)
  try {
    const place = parseJson(Buffer.from(token, 'base64url').toString())
    if (
      isJsonObject(place) &&
      place['roomId'] === roomId &&
      place['maxDepth'] === maxDepth &&
      place['suggestedOnly'] === suggestedOnly
    ) {
      const { passed } = place
      if (typeof passed === 'number' && Number.isSafeInteger(passed) && passed >= 0) return passed
    }
  } catch (error) {
    if (!(error instanceof InvalidJsonError)) throw error
  }
  throw invalidParam("'from' is no token of this hierarchy")
}
