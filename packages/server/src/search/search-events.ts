import type { RoomId } from '@ranvier/protocol/ids/brands'
import { type SearchedKey, type SearchHit, searchTermsOf } from '@ranvier/storage'
import type { RoomEventFilter } from '../rooms/reads/event-filter.ts'
import { matchesRoom } from '../rooms/reads/filter-match.ts'
import { type RoomReads, shownEvents } from '../rooms/reads/read-access.ts'
import { matching } from '../rooms/reads/scan-timeline.ts'
import type { LoadedEvent } from '../rooms/room-events.ts'
import { type SearchIndex, searchedText } from './search-index.ts'

export interface SearchRequest {
  term: string
  keys: readonly SearchedKey[]
  filter: RoomEventFilter
  order: 'recent' | 'rank'
  limit: number
  /** Where the page before ended. */
  from: SearchPlace
}

/** `before`: numbers of events below this one, all when `undefined`; `skip` so many of those found are over. */
export interface SearchPlace {
  before: number | undefined
  skip: number
}

export interface SearchPage {
  /** Of those found at once; there may be more. */
  count: number
  /** What was looked for, to be marked in the results. */
  highlights: string[]
  results: { event: LoadedEvent; rank: number }[]
  /** `undefined`: there are no more. */
  next: SearchPlace | undefined
}

export type SearchEvents = (userId: string, request: SearchRequest) => Promise<SearchPage>

/** As many as are looked at in one search. The best of the newest many more, when ordered by rank. */
const MAX_HITS = 1_000

/**
 * Searches what was said in rooms the user is or was in. Nothing is found, and counted, that the user may not see.
 * Spec: CS API §Server-side search.
 */
export function searchEvents(deps: { reads: RoomReads; index: Pick<SearchIndex, 'caughtUp'> }): SearchEvents {
  const { reads, index } = deps
  return async (userId, { term, keys, filter, order, limit, from }) => {
    const terms = searchTermsOf(term)
    const highlights = [...new Set(terms.phrases.flat())]
    await index.caughtUp()
    const roomIds = await searchedRooms(reads, userId, filter)
    const { before } = from
    const hits = await reads.storage.read.eventSearch.find({
      terms,
      roomIds,
      keys,
      order,
      before,
      limit: MAX_HITS,
    })
    const visible = await visibleHits(reads, userId, hits)
    const results: SearchPage['results'] = []
    let at = from.skip
    for (; at < visible.length && results.length < limit; at++) {
      const event = await shownHit(reads, userId, visible[at]!, filter)
      if (event !== undefined) results.push({ event, rank: visible[at]!.rank })
    }
    const last = hits.at(-1)
    const isCut = order === 'recent' && hits.length === MAX_HITS && last !== undefined
    const isFull = results.length > 0 && results.length === limit
    const next =
      at < visible.length || (isFull && !isCut)
        ? // A full page has one behind it, if only an empty one: as Synapse answers, and Complement asks.
          { before, skip: at }
        : isCut
          ? { before: last.nid, skip: 0 }
          : undefined
    return { count: visible.length, highlights, results, next }
  }
}

/** Rooms the user is in, or was and has not forgotten. Who was only invited has no part in what was said. */
async function searchedRooms(reads: RoomReads, userId: string, filter: RoomEventFilter): Promise<RoomId[]> {
  const rooms = await reads.storage.read.members.roomsOf(userId, ['join', 'leave', 'ban'])
  return rooms.flatMap(({ roomId, forgotten }) => (forgotten || !matchesRoom(filter, roomId) ? [] : [roomId]))
}

async function visibleHits(
  reads: RoomReads,
  userId: string,
  hits: readonly SearchHit[],
): Promise<SearchHit[]> {
  const rooms = [...new Set(hits.map(({ roomId }) => roomId))]
  const predicates = new Map<RoomId, (hit: SearchHit) => boolean>()
  for (const roomId of rooms) {
    const { joinedSince, lastLeave } = await reads.visibility.histories.member(roomId, userId)
    const wasHere = joinedSince !== undefined || lastLeave !== undefined
    predicates.set(roomId, wasHere ? await reads.visibility.visibleTo(userId, roomId) : () => false)
  }
  return hits.filter((hit) => predicates.get(hit.roomId)!(hit))
}

/** The event of a hit as the user is shown it; `undefined` if the filter drops it or nothing is left of its text. */
async function shownHit(
  reads: RoomReads,
  userId: string,
  { nid, roomId }: SearchHit,
  filter: RoomEventFilter,
): Promise<LoadedEvent | undefined> {
  const loaded = (await reads.roomEvents.byNid([nid])).get(nid)
  if (loaded === undefined) return undefined
  const fitting = filter.matchesAll ? [loaded] : await matching(reads, filter, [loaded])
  const [shown] = await shownEvents(reads, userId, roomId, fitting)
  // Of an erased user's words nothing may be left for this reader.
  return shown && searchedText(shown.row.type, shown.event.content) === undefined ? undefined : shown
}
