import type { WriteHandle } from '../../db/types.ts'
import { type EntryText, putText, textOf } from '../lists/texts.ts'

/** What of a room is searched: the localpart of its canonical alias, and its name. `undefined`: it has neither. */
function roomText(row: { name: string | null; canonical_alias: string | null }): string | undefined {
  if (row.name === null && row.canonical_alias === null) return undefined
  const [localpart = ''] = (row.canonical_alias ?? '').replace(/^#/, '').split(':')
  return textOf(localpart, row.name)
}

export interface NamedRoom {
  name: string | null
  canonical_alias: string | null
  sort: number
}

/** Lets the room be found by what its row says now. */
export async function indexRoom(db: WriteHandle, roomId: string): Promise<void> {
  const row = db.get<NamedRoom>('SELECT name, canonical_alias, sort FROM rooms WHERE room_id = ?', roomId)
  await putText(
    db,
    'room',
    roomId,
    row.then((found) => found && entryOf(found)),
  )
}

export function entryOf(row: NamedRoom): EntryText | undefined {
  const text = roomText(row)
  return text === undefined ? undefined : { kind: row.sort, text }
}
