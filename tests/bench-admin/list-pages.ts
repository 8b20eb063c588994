import { DESTINATION_ORDERS, MEDIA_ORDERS, MEDIA_STATISTICS_ORDERS } from '@ranvier/storage'
import type { Page, PageGroup } from './compare.ts'
import { destinationsFor, reported, reporter, roomId, uploadersFor } from './fill-lists.ts'
import type { ListSide } from './lists.ts'
import { letter, part } from './words.ts'

const LIMIT = 100
const DIRS = ['f', 'b'] as const
/** Parts of the whole list; the last one is the end of it. */
const DEPTHS = [0, 0.5, 0.95, 0.999_9]

type Count = (side: ListSide) => number
type Path = (side: ListSide, round: number) => string

const at = (path: Path, count: Count, depth: number): Page<ListSide> => {
  return (side, round) => {
    const from = Math.floor((count(side) * depth) / LIMIT) * LIMIT
    return `${path(side, round)}&limit=${LIMIT}&from=${from}`
  }
}

/** A list in each of its orders, both directions, at all depths. */
function byOrders(name: string, path: Path, orders: readonly string[], count: Count): PageGroup<ListSide>[] {
  return orders.map((order) => ({
    name: `${name}: order_by=${order}`,
    pages: DIRS.flatMap((dir) =>
      DEPTHS.map((depth) =>
        at((side, round) => `${path(side, round)}order_by=${order}&dir=${dir}`, count, depth),
      ),
    ),
  }))
}

/** The beginning of a list, another query each round. */
const searches = (name: string, ...paths: Path[]): PageGroup<ListSide> => ({
  name,
  pages: paths.map((path) => at(path, () => 0, 0)),
})

const filtered = (name: string, path: Path, count: Count): PageGroup<ListSide> => ({
  name,
  pages: DIRS.flatMap((dir) =>
    DEPTHS.map((depth) => at((side, n) => `${path(side, n)}&dir=${dir}`, count, depth)),
  ),
})

const ROOM_ORDERS =
  `name canonical_alias joined_members version creator encryption federatable public join_rules
  guest_access history_visibility state_events`.split(/\s+/)
const ROOMS = 'v1/rooms?'
const MEDIA: Path = ({ collector }) => `v1/users/${encodeURIComponent(collector)}/media?`
const STATISTICS = 'v1/statistics/users/media?'
const DESTINATIONS = 'v1/federation/destinations?'
const AUDIT = `/_ranvier/admin/v1/audit?limit=${LIMIT}&`
const TIME = 'from_ts=1750000000000&until_ts=1750864000000'

export const listGroups: readonly PageGroup<ListSide>[] = [
  ...byOrders(
    'rooms',
    () => ROOMS,
    ROOM_ORDERS,
    (side) => side.rooms,
  ),
  filtered(
    'rooms: public',
    () => `${ROOMS}public_rooms=true&order_by=name`,
    (side) => side.rooms * 0.1,
  ),
  filtered(
    'rooms: empty',
    () => `${ROOMS}empty_rooms=true&order_by=joined_members`,
    (side) => side.rooms * 0.1,
  ),
  filtered(
    'rooms: not empty',
    () => `${ROOMS}empty_rooms=false&order_by=version`,
    (side) => side.rooms * 0.9,
  ),
  searches('rooms: search for nothing', (_, n) => `${ROOMS}search_term=qzqz${part(n, 1)}`),
  searches('rooms: search for an id', (_, n) => `${ROOMS}search_term=${encodeURIComponent(roomId(n * 7))}`),
  searches('rooms: search, 3 syllables', (_, n) => `${ROOMS}search_term=${part(n, 3)}`),
  searches('rooms: search, 2 syllables', (_, n) => `${ROOMS}search_term=${part(n, 2)}`),
  searches('rooms: search, 3 letters', (_, n) => `${ROOMS}search_term=${part(n, 2).slice(0, 3)}`),
  searches('rooms: search, 1 letter', (_, n) => `${ROOMS}search_term=${letter(n)}`),
  searches('rooms: search, public', (_, n) => `${ROOMS}search_term=${part(n, 2)}&public_rooms=true`),
  ...byOrders("a user's files", MEDIA, MEDIA_ORDERS, (side) => side.media * 0.1),
  ...byOrders('media statistics', () => STATISTICS, MEDIA_STATISTICS_ORDERS, uploadersFor),
  searches('media statistics: search, 3 syllables', (_, n) => `${STATISTICS}search_term=${part(n, 3)}`),
  searches('media statistics: search, 1 letter', (_, n) => `${STATISTICS}search_term=${letter(n)}`),
  searches('media statistics: ten days', () => `${STATISTICS}${TIME}`),
  filtered(
    'event reports',
    () => 'v1/event_reports?',
    (side) => side.reports,
  ),
  searches(
    'event reports: of whom, about whom, where',
    (_, n) => `v1/event_reports?user_id=${encodeURIComponent(reporter(n))}`,
    (_, n) => `v1/event_reports?event_sender_user_id=${encodeURIComponent(reported(n))}`,
    (_, n) => `v1/event_reports?room_id=${encodeURIComponent(roomId(n))}`,
  ),
  searches(
    'event reports: part of whom',
    (_, n) => `v1/event_reports?user_id=${part(n, 1)}`,
    () => 'v1/event_reports?user_id=reporter',
  ),
  filtered(
    'user reports',
    () => 'v1/user_reports?',
    (side) => side.reports,
  ),
  searches(
    'user reports: of whom, about whom',
    (_, n) => `v1/user_reports?user_id=${encodeURIComponent(reporter(n))}`,
    (_, n) => `v1/user_reports?target_user_id=${encodeURIComponent(reported(n))}`,
  ),
  ...byOrders('destinations', () => DESTINATIONS, DESTINATION_ORDERS, destinationsFor),
  searches('destinations: search', (_, n) => `${DESTINATIONS}destination=${part(n, 2)}`),
  {
    name: 'audit log',
    pages: DIRS.flatMap((dir): Page<ListSide>[] => [
      () => `${AUDIT}dir=${dir}`,
      ({ collector }) => `${AUDIT}dir=${dir}&actor=${encodeURIComponent(collector)}`,
      (_, n) => `${AUDIT}dir=${dir}&operation=operation${n}`,
      ({ collector }, n) =>
        `${AUDIT}dir=${dir}&actor=${encodeURIComponent(collector)}&operation=operation${n}`,
    ]),
  },
]
