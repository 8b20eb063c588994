import {
  ACCOUNT_ACTIONS,
  type AccountAction,
  type BulkAction,
  MEMBERSHIP_ACTIONS,
  type MembershipAction,
} from '@ranvier/admin-api/bulk-actions'
import type { ServerName, UserId } from '@ranvier/protocol/ids/brands'
import { isRoomId } from '@ranvier/protocol/ids/room-id'
import { parseUserId } from '@ranvier/protocol/ids/user-id'
import type { AccountFilter } from '@ranvier/storage'
import { invalidParam } from '../errors.ts'
import { mxcOf, parseMxc } from '../media/media-id.ts'
import { deviceItem } from './items.ts'

/** Most items of a list. More are for a filter, or for several jobs. */
const MAX_ITEMS = 10_000

/** What is asked for, as it comes: exactly one way to say what it is about. */
export interface BulkRequest {
  action: BulkAction
  users?: readonly string[] | undefined
  filter?: AccountFilter | undefined
  media?: readonly string[] | undefined
  devices?: readonly { userId: string; deviceId: string }[] | undefined
  unseenSinceTs?: number | undefined
  userId?: string | undefined
  rooms?: readonly string[] | undefined
  reason?: string | undefined
  redact?: RedactionScope | undefined
}

/** Times are ms since epoch, inclusive. */
export interface RedactionScope {
  limit?: number | undefined
  useAdmin?: boolean | undefined
  beforeTs?: number | undefined
  afterTs?: number | undefined
}

/** Where the items come from. */
export type BulkTarget =
  | { kind: 'list' }
  | { kind: 'accounts'; filter: AccountFilter }
  | { kind: 'stale-devices'; unseenSinceTs: number }
  | { kind: 'rooms-of-user' }

/** What the job is kept with. */
export interface BulkWish {
  action: BulkAction
  target: BulkTarget
  /** Whose memberships change. */
  userId?: UserId | undefined
  reason?: string | undefined
  redact?: RedactionScope | undefined
}

export function isAccountAction(action: BulkAction): action is AccountAction {
  return (ACCOUNT_ACTIONS as readonly string[]).includes(action)
}

export function isMembershipAction(action: BulkAction): action is MembershipAction {
  return (MEMBERSHIP_ACTIONS as readonly string[]).includes(action)
}

/** The wish and, of a list, its items, each once. Throws 400 `M_INVALID_PARAM`. */
export function parseWish(request: BulkRequest, serverName: ServerName): { wish: BulkWish; items: string[] } {
  const { action, reason, redact } = request
  const ways = ['users', 'filter', 'media', 'devices', 'unseenSinceTs', 'userId'] as const
  const given = ways.filter((way) => request[way] !== undefined)
  const [way] = given
  if (way === undefined || given.length > 1)
    throw invalidParam('Give exactly one of users, filter, media, devices, unseen_since and user_id')
  if (!waysOf(action).includes(way)) throw invalidParam(`'${action}' does not take '${NAMES[way]}'`)
  if (request.rooms !== undefined && way !== 'userId') throw invalidParam("'rooms' goes with 'user_id'")
  const basics = { action, reason, redact }
  switch (way) {
    case 'filter':
      return { wish: { ...basics, target: { kind: 'accounts', filter: request.filter! } }, items: [] }
    case 'unseenSinceTs':
      return {
        wish: { ...basics, target: { kind: 'stale-devices', unseenSinceTs: request.unseenSinceTs! } },
        items: [],
      }
    case 'userId': {
      const userId = checkUser(request.userId!, serverName, action !== 'leave')
      const target = { kind: request.rooms === undefined ? 'rooms-of-user' : 'list' } as const
      const items = request.rooms === undefined ? [] : listOf('rooms', request.rooms.map(checkRoom))
      return { wish: { ...basics, userId, target }, items }
    }
    case 'users': {
      const users = request.users!.map((userId) => checkUser(userId, serverName, action === 'redact'))
      return { wish: { ...basics, target: { kind: 'list' } }, items: listOf(way, users) }
    }
    case 'media': {
      const media = request.media!.map((uri) => checkMedia(uri, serverName))
      return { wish: { ...basics, target: { kind: 'list' } }, items: listOf(way, media) }
    }
    case 'devices': {
      const devices = request.devices!.map(({ userId, deviceId }) =>
        deviceItem(checkUser(userId, serverName, false), deviceId),
      )
      return { wish: { ...basics, target: { kind: 'list' } }, items: listOf(way, devices) }
    }
  }
}

type Way = 'users' | 'filter' | 'media' | 'devices' | 'unseenSinceTs' | 'userId'

/** As callers write them. */
const NAMES: Readonly<Record<Way, string>> = {
  users: 'users',
  filter: 'filter',
  media: 'media',
  devices: 'devices',
  unseenSinceTs: 'unseen_since',
  userId: 'user_id',
}

function waysOf(action: BulkAction): readonly Way[] {
  if (isMembershipAction(action)) return ['userId']
  if (action === 'delete_devices') return ['devices', 'unseenSinceTs']
  return action === 'quarantine_media' ? ['users', 'filter', 'media'] : ['users', 'filter']
}

function listOf(name: string, items: readonly string[]): string[] {
  const unique = [...new Set(items)]
  if (unique.length === 0) throw invalidParam(`'${name}' is empty`)
  if (unique.length > MAX_ITEMS) throw invalidParam(`'${name}' has more than ${MAX_ITEMS} items`)
  return unique
}

function checkUser(raw: string, serverName: ServerName, orRemote: boolean): UserId {
  const parsed = parseUserId(raw)
  if (parsed === undefined) throw invalidParam(`'${raw.slice(0, 100)}' is not a valid user ID`)
  if (!orRemote && parsed.server !== serverName)
    throw invalidParam(`'${raw.slice(0, 100)}' is not a user of this server`)
  return raw as UserId // just parsed
}

function checkRoom(raw: string): string {
  if (!isRoomId(raw)) throw invalidParam(`'${raw.slice(0, 100)}' is not a valid room ID`)
  return raw
}

function checkMedia(uri: string, serverName: ServerName): string {
  const ref = parseMxc(uri)
  if (ref === undefined || ref.serverName !== serverName)
    throw invalidParam(`'${uri.slice(0, 100)}' is not the mxc:// URI of a file of this server`)
  return mxcOf(ref)
}
