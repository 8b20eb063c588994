import { createHash } from 'node:crypto'
import { type Static, type TSchema, Type } from '@ranvier/admin-api/schema'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import { isRoomId } from '@ranvier/protocol/ids/room-id'
import { badJson, invalidParam } from '../../../errors.ts'
import type {
  ExtensionScope,
  Extensions,
  ListFilters,
  ListWants,
  RoomWants,
  SlidingRequest,
} from '../../../sync/sliding/request.ts'
import { RequiredStates, requiredStateOf } from '../../../sync/sliding/required-state.ts'

const MAX_LISTS = 100 // Synapse's, as the next two
const MAX_LIST_NAME_BYTES = 64
const MAX_TIMELINE_LIMIT = 1_000
const MAX_RANGES = 100
const MAX_CONN_ID_LENGTH = 255
/** Of one list or room, in characters: it is kept with the connection. Who wants many members asks for `$LAZY` or `*`. */
const MAX_REQUIRED_STATE = 32_768

const optional = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]))
const strings = Type.Array(Type.String())
const place = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

const roomWants = {
  required_state: optional(Type.Array(Type.Tuple([Type.String(), Type.String()]))),
  timeline_limit: optional(Type.Integer({ minimum: 0, maximum: MAX_TIMELINE_LIMIT })),
}
const RoomBody = Type.Object(roomWants)
const ListBody = Type.Object({
  ...roomWants,
  ranges: optional(Type.Array(Type.Tuple([place, place]), { maxItems: MAX_RANGES })),
  slow_get_all_rooms: optional(Type.Boolean()),
  filters: optional(
    Type.Object({
      is_dm: optional(Type.Boolean()),
      is_encrypted: optional(Type.Boolean()),
      is_invite: optional(Type.Boolean()),
      spaces: optional(strings),
      room_types: optional(Type.Array(Type.Union([Type.String(), Type.Null()]))),
      not_room_types: optional(Type.Array(Type.Union([Type.String(), Type.Null()]))),
      room_name_like: optional(Type.String()),
      tags: optional(strings),
      not_tags: optional(strings),
    }),
  ),
})
const ScopeBody = optional(
  Type.Object({
    enabled: optional(Type.Boolean()),
    lists: optional(strings),
    rooms: optional(strings),
  }),
)

/** The body of a request. Unknown members, of which clients send those of earlier proposals, are not looked at. */
export const SlidingBody = Type.Object({
  conn_id: optional(Type.String({ maxLength: MAX_CONN_ID_LENGTH })),
  lists: optional(Type.Record(Type.String(), ListBody, { maxProperties: MAX_LISTS })),
  room_subscriptions: optional(Type.Record(Type.String(), RoomBody)),
  extensions: optional(
    Type.Object({
      to_device: optional(
        Type.Object({
          enabled: optional(Type.Boolean()),
          limit: optional(Type.Integer({ minimum: 1 })),
          since: optional(Type.String()),
        }),
      ),
      e2ee: optional(Type.Object({ enabled: optional(Type.Boolean()) })),
      account_data: ScopeBody,
      receipts: ScopeBody,
      typing: ScopeBody,
      'io.element.msc4308.thread_subscriptions': optional(
        Type.Object({
          enabled: optional(Type.Boolean()),
          limit: optional(Type.Integer({ minimum: 1 })),
        }),
      ),
    }),
  ),
})
type Body = Static<typeof SlidingBody>

type Parsed = Omit<SlidingRequest, 'pos' | 'timeoutMs' | 'setPresence' | 'caller'>

/** Reads the body. 400 `M_BAD_JSON` or `M_INVALID_PARAM` for what makes no sense. */
export function parseSlidingBody(body: Body, userId: string): Parsed {
  const lists = new Map<string, ListWants>()
  for (const [name, list] of Object.entries(body.lists ?? {})) {
    if (Buffer.byteLength(name) > MAX_LIST_NAME_BYTES)
      throw badJson(`The name of a list must not be longer than ${MAX_LIST_NAME_BYTES} bytes`)
    lists.set(name, { ...wantsOf(list, userId), ranges: rangesOf(list), filters: filtersOf(list.filters) })
  }
  const subscriptions = new Map<RoomId, RoomWants>()
  for (const [roomId, wants] of Object.entries(body.room_subscriptions ?? {})) {
    if (!isRoomId(roomId)) throw invalidParam(`'room_subscriptions' names what is no room id`)
    subscriptions.set(roomId, wantsOf(wants, userId))
  }
  const extensions = extensionsOf(body.extensions)
  const wanted = [
    body.lists,
    body.room_subscriptions,
    { ...body.extensions, to_device: extensions.toDevice !== undefined },
  ]
  // It is kept with the connection: a hash, because there is no telling how much a client says.
  const wish = createHash('sha256').update(JSON.stringify(wanted)).digest('base64')
  return { connId: body.conn_id ?? '', lists, subscriptions, extensions, wish }
}

function wantsOf(wants: Static<typeof RoomBody>, userId: string): RoomWants {
  const required = requiredStateOf(wants.required_state ?? [], userId)
  if (required.name.length > MAX_REQUIRED_STATE)
    throw invalidParam(`'required_state' must not be longer than ${MAX_REQUIRED_STATE} characters`)
  return { required: new RequiredStates([required]), timelineLimit: wants.timeline_limit ?? 0 }
}

function rangesOf(list: Static<typeof ListBody>): ListWants['ranges'] {
  if (list.slow_get_all_rooms) return [[0, Number.MAX_SAFE_INTEGER - 1]]
  const ranges = list.ranges ?? []
  if (ranges.some(([from, to]) => from > to))
    throw badJson("'ranges' must hold pairs of first and last place")
  return ranges
}

function filtersOf(filters: Static<typeof ListBody>['filters']): ListFilters {
  return {
    isDm: filters?.is_dm ?? undefined,
    isEncrypted: filters?.is_encrypted ?? undefined,
    isInvite: filters?.is_invite ?? undefined,
    spaces: setOf(filters?.spaces),
    roomTypes: setOf(filters?.room_types),
    notRoomTypes: setOf(filters?.not_room_types),
    nameLike: filters?.room_name_like ?? undefined,
    tags: setOf(filters?.tags),
    notTags: setOf(filters?.not_tags),
  }
}

const setOf = <T>(values: readonly T[] | null | undefined) => (values == null ? undefined : new Set(values))

const MAX_TO_DEVICE = 100
const MAX_SUBSCRIPTIONS = 100

function extensionsOf(extensions: Body['extensions']): Extensions {
  const toDevice = extensions?.to_device
  const threads = extensions?.['io.element.msc4308.thread_subscriptions']
  return {
    toDevice: toDevice?.enabled
      ? {
          since: toDeviceSince(toDevice.since ?? undefined),
          limit: Math.min(toDevice.limit ?? MAX_TO_DEVICE, MAX_TO_DEVICE),
        }
      : undefined,
    e2ee: extensions?.e2ee?.enabled === true,
    accountData: scopeOf(extensions?.account_data),
    receipts: scopeOf(extensions?.receipts),
    typing: scopeOf(extensions?.typing),
    threadSubscriptions: threads?.enabled
      ? { limit: Math.min(threads.limit ?? MAX_SUBSCRIPTIONS, MAX_SUBSCRIPTIONS) }
      : undefined,
  }
}

function toDeviceSince(token: string | undefined): number {
  if (token === undefined) return 0
  const position = /^d1_[0-9a-z]{1,10}$/.test(token) ? Number.parseInt(token.slice(3), 36) : Number.NaN
  if (!Number.isSafeInteger(position)) throw invalidParam("'to_device.since' is not a token of this server")
  return position
}

type ScopeText = NonNullable<Body['extensions']>['typing']

function scopeOf(scope: ScopeText): ExtensionScope | undefined {
  if (!scope?.enabled) return undefined
  const some = (names: string[] | null | undefined) => (names?.includes('*') ? undefined : setOf(names))
  return { lists: some(scope.lists), rooms: some(scope.rooms) }
}
