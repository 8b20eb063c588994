import type { QueryParams } from '../query-params.ts'
import { DIRECTIONS, FROM, LIMIT } from './paging.ts'

const USER_ORDERS = [
  'name',
  'is_guest',
  'admin',
  'user_type',
  'deactivated',
  'shadow_banned',
  'displayname',
  'avatar_url',
  'creation_ts',
  'last_seen_ts',
  'locked',
] as const

const userListQuery = <const D extends QueryParams[string]>(deactivated: D) =>
  ({
    from: FROM,
    limit: LIMIT,
    order_by: {
      kind: 'enum',
      values: USER_ORDERS,
      default: 'name',
      description:
        'What the accounts are ordered by; equal ones go by ascending `name`. Accounts without a value come first when ascending',
    },
    dir: {
      kind: 'enum',
      values: DIRECTIONS,
      default: 'f',
      description: '`f`: ascending, `b`: descending',
    },
    user_id: {
      kind: 'string',
      ascii: true,
      description: 'Only accounts whose full id contains this, in any letter case. Ignored beside `name`',
    },
    name: {
      kind: 'string',
      description: 'Only accounts whose localpart or display name contains this, in any letter case',
    },
    guests: { kind: 'bool', default: true, description: 'false: without guests' },
    deactivated,
    locked: { kind: 'bool', default: false, description: 'true: also locked accounts' },
    approved: {
      kind: 'bool',
      default: true,
      description: 'false: only accounts that are not approved. Only with MSC3866 turned on',
    },
    admins: {
      kind: 'bool',
      description: 'true: only server administrators, false: only others. Default: both',
    },
    not_user_type: {
      kind: 'list',
      description: 'Without accounts of this type; empty: without those that have no type',
    },
  }) as const

/** `GET /v2/users` */
export const ListUsersV2Query = userListQuery({
  kind: 'bool',
  default: false,
  description: 'true: also deactivated accounts',
} as const)

/** `GET /v3/users` */
export const ListUsersV3Query = userListQuery({
  kind: 'bool',
  description: 'true: only deactivated accounts, false: none of them. Default: both',
} as const)

/** `GET /v1/search_users/{user_id}` */
export const SearchUsersQuery = {
  term: { kind: 'string', required: true, description: 'What the full user id contains, in any letter case' },
} as const satisfies QueryParams

/** `GET /v1/users/{user_id}/sent_invite_count` and `…/cumulative_joined_room_count` */
export const SinceQuery = {
  from_ts: { kind: 'int', required: true, description: 'From when on to count, inclusive, ms since epoch' },
} as const satisfies QueryParams

/** `GET /v1/username_available` */
export const UsernameQuery = {
  username: { kind: 'string', required: true, description: 'The localpart that is wanted' },
} as const satisfies QueryParams
