import type { UserId } from '@ranvier/protocol/ids/brands'
import type { AccountDataRow, Membership, StateEntry } from '@ranvier/storage'
import { parseRoomEventFilter } from './event-filter.ts'
import { type MessagesPage, readMessages } from './messages.ts'
import type { RoomReads } from './read-access.ts'
import { readStateEntries } from './read-state.ts'

/** A room as of now, or as of the leave: what a client shows of a room it only looks into. */
export interface RoomNow {
  /** `undefined` for who looks into a room that anybody may read. */
  membership: Membership | undefined
  messages: MessagesPage
  state: StateEntry[]
  isPublished: boolean
  accountData: AccountDataRow[]
}

const EVERYTHING = parseRoomEventFilter(undefined)

/** 403 `M_FORBIDDEN` for who may not read the room. Spec: CS API §GET /rooms/{roomId}/initialSync. */
export async function readRoomNow(
  reads: RoomReads,
  userId: UserId,
  roomId: string,
  limit: number,
): Promise<RoomNow> {
  const newest = { dir: 'b', from: undefined, to: undefined, limit, filter: EVERYTHING } as const
  const messages = await readMessages(reads, userId, roomId, newest)
  const { members, rooms, accountData } = reads.storage.read
  const [state, member, room, data] = await Promise.all([
    readStateEntries(reads, userId, roomId),
    members.find(roomId, userId),
    rooms.findRoom(roomId),
    accountData.list(userId, roomId),
  ])
  return {
    membership: member?.membership,
    messages,
    state,
    isPublished: room?.published ?? false,
    accountData: data,
  }
}
