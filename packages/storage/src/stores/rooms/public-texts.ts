import type { ReadHandle, WriteHandle } from '../../db/types.ts'
import type { Condition } from '../lists/condition.ts'
import { contains } from '../lists/condition.ts'
import { type EntryText, hasPart, isShort, PUBLIC_LIST, putText, textOf } from '../lists/texts.ts'

/** So many that have a part are looked up and sorted; of more, one is soon met in the order of the list. */
const FEW = 1_000

/** What a public list is searched by. */
export interface DescribedRoom {
  name: string | null
  topic: string | null
  canonical_alias: string | null
}

/** A room that is in the list of this server or of a network. */
export const IS_LISTED = `(published = 1 OR EXISTS (SELECT 1 FROM network_rooms n WHERE n.room_id = rooms.room_id))`

/** Lets the room be found, if it is in a list, by what its row says now. */
export async function indexPublicRoom(db: WriteHandle, roomId: string): Promise<void> {
  const row = db.get<DescribedRoom>(
    `SELECT name, topic, canonical_alias FROM rooms WHERE room_id = ? AND ${IS_LISTED}`,
    roomId,
  )
  await putText(
    db,
    PUBLIC_LIST,
    roomId,
    row.then((found) => found && publicEntryOf(found)),
  )
}

export function publicEntryOf({ name, topic, canonical_alias }: DescribedRoom): EntryText | undefined {
  if (name === null && topic === null && canonical_alias === null) return undefined
  return { kind: 0, text: textOf(canonical_alias, name, topic) }
}

/** How listed rooms with a part in alias, name or topic are found. */
export type PublicSearch =
  /** These, and no others. */
  | { ids: readonly string[] }
  /** By asking it of each that is met. */
  | { check: Condition }

export async function searchPublicRooms(db: ReadHandle, part: string): Promise<PublicSearch> {
  const check = contains('(SELECT t.text FROM public_room_texts t WHERE t.key = rooms.room_id)', part)
  if (isShort(part)) return { check }
  const matching = hasPart(db.dialect, PUBLIC_LIST, part)
  const rows = await db.all<{ key: string }>(
    `SELECT key FROM public_room_texts WHERE ${matching.sql} LIMIT ${FEW}`,
    ...matching.params,
  )
  return rows.length < FEW ? { ids: rows.map(({ key }) => key) } : { check }
}
