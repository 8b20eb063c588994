import { type Static, Type } from '@ranvier/admin-api/schema'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import { SEARCHED_KEYS, type SearchedKey } from '@ranvier/storage'
import { invalidParam } from '../../../errors.ts'
import type { Requester } from '../../../requester.ts'
import { roomEventFilter } from '../../../rooms/reads/event-filter.ts'
import { readState } from '../../../rooms/reads/read-state.ts'
import type { SearchEvents, SearchPage, SearchPlace } from '../../../search/search-events.ts'
import { surroundingsOf } from '../../../search/surroundings.ts'
import { eventsToken } from '../../../sync/token.ts'
import { rawJson } from '../../answer.ts'
import { queryString } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'
import { eventList, eventTexts, type RoomReadRoutesDeps } from '../rooms/event-texts.ts'

const DEFAULT_LIMIT = 10
const MAX_LIMIT = 50 // Synapse: rest/client/room, handlers/search
const DEFAULT_AROUND = 5 // Spec: CS API §POST /search, `before_limit`
const MAX_AROUND = 50

const ALL_KEYS = Object.keys(SEARCHED_KEYS) as SearchedKey[]
const Key = Type.Union(ALL_KEYS.map((key) => Type.Literal(key)))

const Criteria = Type.Object({
  search_term: Type.String(),
  keys: Type.Optional(Type.Array(Key)),
  filter: Type.Optional(Type.Unsafe<JsonObject>(Type.Object({}))),
  order_by: Type.Optional(Type.Union([Type.Literal('rank'), Type.Literal('recent')])),
  event_context: Type.Optional(
    Type.Object({
      before_limit: Type.Optional(Type.Integer({ minimum: 0 })),
      after_limit: Type.Optional(Type.Integer({ minimum: 0 })),
      include_profile: Type.Optional(Type.Boolean()),
    }),
  ),
  include_state: Type.Optional(Type.Boolean()),
  groupings: Type.Optional(
    Type.Object({
      group_by: Type.Optional(
        Type.Array(Type.Object({ key: Type.Union([Type.Literal('room_id'), Type.Literal('sender')]) })),
      ),
    }),
  ),
})
type Criteria = Static<typeof Criteria>

const SearchBody = Type.Object({
  search_categories: Type.Object({ room_events: Type.Optional(Criteria) }),
})

export interface SearchRouteDeps extends RoomReadRoutesDeps {
  searchEvents: SearchEvents
}

/** `POST /search`: messages, names and topics in rooms the requester is or was in. */
export function searchRoute(deps: SearchRouteDeps): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/search',
    auth: 'user',
    query: (query) => placeOf(queryString(query, 'next_batch')),
    body: SearchBody,
    async handler({ requester, query: from, body }) {
      const criteria = body.search_categories.room_events
      if (criteria === undefined) return { search_categories: {} }
      const filter = roomEventFilter(criteria.filter ?? {})
      const page = await deps.searchEvents(requester.userId, {
        term: criteria.search_term,
        keys: criteria.keys ?? ALL_KEYS,
        filter,
        order: criteria.order_by ?? 'rank',
        limit: Math.min(filter.limit ?? DEFAULT_LIMIT, MAX_LIMIT),
        from,
      })
      return rawJson(
        `{"search_categories":{"room_events":${await pageText(deps, requester, criteria, page)}}}`,
      )
    },
  })
}

async function pageText(
  deps: SearchRouteDeps,
  requester: Requester,
  criteria: Criteria,
  page: SearchPage,
): Promise<string> {
  const results: string[] = []
  for (const result of page.results) results.push(await resultText(deps, requester, criteria, result))
  let text = `{"count":${page.count},"highlights":${JSON.stringify(page.highlights)}`
  text += `,"results":[${results.join(',')}]`
  if (criteria.include_state) text += `,"state":${await stateText(deps, requester, page)}`
  const keys = criteria.groupings?.group_by?.map(({ key }) => key) ?? []
  if (keys.length > 0)
    text += `,"groups":${JSON.stringify(Object.fromEntries(keys.map((key) => [key, groupsBy(key, page)])))}`
  if (page.next !== undefined) text += `,"next_batch":"${tokenOf(page.next)}"`
  return `${text}}`
}

async function resultText(
  deps: SearchRouteDeps,
  requester: Requester,
  { event_context: around }: Criteria,
  { event, rank }: SearchPage['results'][number],
): Promise<string> {
  const { roomId } = event.row
  const [result] = await eventTexts(deps, requester, roomId, [event])
  // Synapse: `context` is always there, and clients look into it.
  if (around === undefined) return `{"rank":${rank},"result":${result},"context":{}}`
  const context = await surroundingsOf(deps.reads, requester.userId, event, {
    before: Math.min(around.before_limit ?? DEFAULT_AROUND, MAX_AROUND),
    after: Math.min(around.after_limit ?? DEFAULT_AROUND, MAX_AROUND),
    profiles: around.include_profile ?? false,
  })
  const [before, after] = await Promise.all([
    eventList(deps, requester, roomId, context.before),
    eventList(deps, requester, roomId, context.after),
  ])
  const profiles = context.profiles === undefined ? '' : `,"profile_info":${JSON.stringify(context.profiles)}`
  return (
    `{"rank":${rank},"result":${result},"context":{"start":"${eventsToken(context.start)}",` +
    `"end":"${eventsToken(context.end)}","events_before":${before},"events_after":${after}${profiles}}}`
  )
}

async function stateText(deps: SearchRouteDeps, requester: Requester, page: SearchPage): Promise<string> {
  const members: string[] = []
  for (const roomId of new Set<RoomId>(page.results.map(({ event }) => event.row.roomId))) {
    const state = await readState(deps.reads, requester.userId, roomId)
    members.push(`${JSON.stringify(roomId)}:${await eventList(deps, requester, roomId, state)}`)
  }
  return `{${members.join(',')}}`
}

/** Which results belong together; groups are numbered in the order of their first results. */
function groupsBy(key: 'room_id' | 'sender', { results }: SearchPage) {
  const groups = new Map<string, { results: string[]; order: number }>()
  for (const { event } of results) {
    const name = key === 'room_id' ? event.row.roomId : event.row.sender
    let group = groups.get(name)
    if (group === undefined) groups.set(name, (group = { results: [], order: groups.size + 1 }))
    group.results.push(event.row.eventId)
  }
  return Object.fromEntries(groups)
}

function tokenOf({ before, skip }: SearchPlace): string {
  return `e${(before ?? 0).toString(36)}_${skip.toString(36)}`
}

/** Throws 400 `M_INVALID_PARAM` for what is no token of ours. */
function placeOf(token: string | undefined): SearchPlace {
  if (token === undefined || token === '') return { before: undefined, skip: 0 }
  const match = /^e([0-9a-z]{1,10})_([0-9a-z]{1,5})$/.exec(token)
  if (match === null) throw invalidParam("Query parameter 'next_batch' is not from an answer of ours")
  const before = Number.parseInt(match[1]!, 36)
  return { before: before === 0 ? undefined : before, skip: Number.parseInt(match[2]!, 36) }
}
