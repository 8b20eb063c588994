import type { WriteHandle } from '../../db/types.ts'
import { addListed } from '../lists/totals.ts'
import { indexPublicRoom } from './public-texts.ts'
import { indexRoom } from './texts.ts'

/**
 * What the list of rooms filters by, as one number: `rooms.sort`. It stands in the index of every order, and changes
 * seldom: when a room is published or hidden, when its first member comes and its last one goes.
 */
export const roomSort = (row: { published: number; joined_count: number }): number =>
  row.published * 2 + Number(row.joined_count <= 0)

const SORTS = [0, 1].flatMap((published) =>
  [0, 1].map((joined) => ({ published, joined, id: roomSort({ published, joined_count: joined }) })),
)

export interface RoomSortFilter {
  published?: boolean | undefined
  /** Nobody is joined. */
  empty?: boolean | undefined
}

/** The sorts of room that pass. */
export function roomSorts({ published, empty }: RoomSortFilter): number[] {
  return SORTS.filter(
    (sort) =>
      (published ?? sort.published === 1) === (sort.published === 1) &&
      (empty ?? sort.joined === 0) === (sort.joined === 0),
  ).map((sort) => sort.id)
}

/** A room that came (`before` is undefined), went (`after` is) or became of another sort. */
export interface RoomMove {
  roomId: string
  before: number | undefined
  after: number | undefined
}

/** Keeps true what is kept by sort. Belongs into the transaction that changes the rooms. */
export async function moveRooms(db: WriteHandle, moves: readonly RoomMove[]): Promise<void> {
  const by = new Map<number, number>()
  const add = (sort: number | undefined, count: number) => {
    if (sort !== undefined) by.set(sort, (by.get(sort) ?? 0) + count)
  }
  for (const { roomId, before, after } of moves) {
    if (before === after) continue
    add(before, -1)
    add(after, 1)
    if (before === undefined) continue
    if (after !== undefined) await db.send('UPDATE rooms SET sort = ? WHERE room_id = ?', after, roomId)
    await indexRoom(db, roomId)
    await indexPublicRoom(db, roomId)
  }
  // In one order in every process: none waits for another that waits for it.
  for (const [sort, count] of [...by].sort(([a], [b]) => a - b)) await addListed(db, 'rooms', count, sort)
}
