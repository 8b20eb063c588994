import type { RoomListName, RoomRow, Storage } from '@ranvier/storage'
import { invalidParam } from '../errors.ts'

export interface PublicRoomsRequest {
  limit: number | undefined
  /** A token of an earlier answer. */
  since: string | undefined
  /** Words in name, topic or canonical alias. */
  search: string | undefined
  /** null: rooms without a type. */
  roomTypes: readonly (string | null)[] | undefined
  /** Absent: the list of this server. */
  list?: RoomListName | undefined
}

export interface PublicRoomsPage {
  rooms: RoomRow[]
  nextBatch: string | undefined
  prevBatch: string | undefined
  totalEstimate: number
}

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 500 // an answer stays well below a megabyte

/** A page of the rooms published here, largest first. 400 `M_INVALID_PARAM` for a token that is none of ours. */
export async function listPublicRooms(
  deps: { storage: Storage },
  { limit, since, search, roomTypes, list }: PublicRoomsRequest,
): Promise<PublicRoomsPage> {
  const { rooms } = deps.storage.read
  // Synapse: a limit of 0 is none.
  const wanted = Math.min(limit || DEFAULT_LIMIT, MAX_LIMIT)
  const place = since === undefined ? undefined : parsePlace(since)
  const filter = {
    list,
    ...(search === undefined ? {} : { search }),
    ...(roomTypes === undefined ? {} : { roomTypes: [...roomTypes] }),
  }
  // One more than asked for tells whether there is more.
  const page =
    place === undefined
      ? { limit: wanted + 1, ...filter }
      : { limit: wanted + 1, [place.dir]: place, ...filter }
  const [found, totalEstimate] = await Promise.all([rooms.publicRooms(page), rooms.countPublicRooms(list)])
  const hasMore = found.length > wanted
  const isBackwards = place?.dir === 'before'
  const shown = isBackwards ? found.slice(hasMore ? 1 : 0) : found.slice(0, wanted)
  const first = shown[0]
  const last = shown.at(-1)
  return {
    rooms: shown,
    nextBatch: last !== undefined && (isBackwards || hasMore) ? formatPlace('after', last) : undefined,
    prevBatch:
      first !== undefined && (isBackwards ? hasMore : place !== undefined)
        ? formatPlace('before', first)
        : undefined,
    totalEstimate,
  }
}

interface Place {
  dir: 'after' | 'before'
  joinedCount: number
  roomId: string
}

function formatPlace(dir: Place['dir'], { joinedCount, roomId }: RoomRow): string {
  return `${dir === 'after' ? 'n' : 'p'}${joinedCount}_${roomId}`
}

function parsePlace(token: string): Place {
  const match = /^([np])(\d{1,15})_(!.+)$/s.exec(token)
  if (match === null) throw invalidParam("'since' is not a token of this server")
  return {
    dir: match[1] === 'n' ? 'after' : 'before',
    joinedCount: Number(match[2]),
    roomId: match[3]!,
  }
}
