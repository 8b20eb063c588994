import { type Static, type TSchema, Type } from 'typebox'

const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
/** 0 and 1 are what clients of 2021 were sent (`admin_api.compat: "2021"`). */
const flag = Type.Union([Type.Boolean(), Type.Literal(0), Type.Literal(1)])

export const ThreepidItem = Type.Object({
  medium: Type.String(),
  address: Type.String(),
  validated_at: Type.Integer({ description: 'ms since epoch' }),
  added_at: Type.Integer({ description: 'ms since epoch' }),
})

export const ExternalIdItem = Type.Object({ auth_provider: Type.String(), external_id: Type.String() })

/** `GET` and `PUT /v2/users/{user_id}` answer this. Synapse: admin_api/user_admin_api §Query user account */
export const UserDetails = Type.Object({
  name: Type.String({ description: 'Full user id' }),
  displayname: nullable(Type.String()),
  avatar_url: nullable(Type.String()),
  threepids: Type.Array(ThreepidItem),
  external_ids: Type.Array(ExternalIdItem),
  admin: flag,
  deactivated: flag,
  shadow_banned: flag,
  is_guest: Type.Boolean(),
  erased: Type.Boolean(),
  locked: Type.Boolean(),
  suspended: Type.Boolean(),
  user_type: nullable(Type.String()),
  creation_ts: Type.Integer({ description: 'seconds since epoch, unlike in the list' }),
  last_seen_ts: nullable(Type.Integer({ description: 'ms since epoch' })),
  appservice_id: nullable(Type.String()),
  consent_version: nullable(Type.String()),
  consent_server_notice_sent: nullable(Type.String()),
  consent_ts: nullable(Type.Integer({ description: 'ms since epoch' })),
  password_hash: Type.Optional(
    nullable(Type.String({ description: 'Only with `admin_api.compat: "2021"`' })),
  ),
})
export type UserDetails = Static<typeof UserDetails>

/** `PUT /v2/users/{user_id}`. Absent: unchanged, or the default of a new account. */
export const ModifyUserBody = Type.Object({
  password: Type.Optional(Type.String({ maxLength: 512 })),
  logout_devices: Type.Optional(Type.Boolean({ default: true })),
  displayname: Type.Optional(nullable(Type.String({ maxLength: 256 }))),
  avatar_url: Type.Optional(Type.String({ maxLength: 1000 })),
  threepids: Type.Optional(Type.Array(Type.Object({ medium: Type.String(), address: Type.String() }))),
  external_ids: Type.Optional(Type.Array(ExternalIdItem)),
  admin: Type.Optional(Type.Boolean()),
  deactivated: Type.Optional(Type.Boolean()),
  locked: Type.Optional(Type.Boolean()),
  user_type: Type.Optional(nullable(Type.String())),
})
export type ModifyUserBody = Static<typeof ModifyUserBody>

/** One of `GET /v2/users` and `GET /v3/users`. */
export const UserListItem = Type.Object({
  name: Type.String({ description: 'Full user id' }),
  user_type: nullable(Type.String()),
  is_guest: flag,
  admin: flag,
  deactivated: flag,
  shadow_banned: flag,
  displayname: nullable(Type.String()),
  avatar_url: nullable(Type.String()),
  creation_ts: Type.Integer({ description: 'ms since epoch' }),
  last_seen_ts: nullable(Type.Integer({ description: 'ms since epoch' })),
  erased: Type.Boolean(),
  locked: Type.Boolean(),
})
export type UserListItem = Static<typeof UserListItem>

export const UserList = Type.Object({
  users: Type.Array(UserListItem),
  total: Type.Integer({ description: 'Accounts that pass the filters' }),
  next_token: Type.Optional(Type.String({ description: '`from` of the next page; absent on the last one' })),
})
export type UserList = Static<typeof UserList>

/** `POST /v1/deactivate/{user_id}` */
export const DeactivateBody = Type.Object({ erase: Type.Optional(Type.Boolean({ default: false })) })
export const DeactivateAnswer = Type.Object({
  id_server_unbind_result: Type.Union([Type.Literal('success'), Type.Literal('no-support')]),
})
export type DeactivateAnswer = Static<typeof DeactivateAnswer>

/** `POST /v1/reset_password/{user_id}` */
export const ResetPasswordBody = Type.Object({
  new_password: Type.String(),
  logout_devices: Type.Optional(Type.Boolean({ default: true })),
})

/** `PUT /v1/users/{user_id}/admin` takes this, `GET` answers it. */
export const AdminFlag = Type.Object({ admin: Type.Boolean() })
export type AdminFlag = Static<typeof AdminFlag>

/** `GET /v1/users/{user_id}/joined_rooms` */
export const JoinedRooms = Type.Object({ joined_rooms: Type.Array(Type.String()), total: Type.Integer() })
export type JoinedRooms = Static<typeof JoinedRooms>

/** `GET /v1/users/{user_id}/memberships`: by room */
export const Memberships = Type.Object({ memberships: Type.Record(Type.String(), Type.String()) })
export type Memberships = Static<typeof Memberships>

/** `GET /v1/users/{user_id}/sent_invite_count` */
export const InviteCount = Type.Object({ invite_count: Type.Integer() })
export type InviteCount = Static<typeof InviteCount>

/** `GET /v1/users/{user_id}/cumulative_joined_room_count` */
export const JoinedRoomCount = Type.Object({ cumulative_joined_room_count: Type.Integer() })
export type JoinedRoomCount = Static<typeof JoinedRoomCount>

/** `PUT /v1/suspend/{user_id}` answers `{"user_<user id>_suspended": <suspend>}`. */
export const SuspendBody = Type.Object({ suspend: Type.Boolean() })

/** `POST /v1/users/{user_id}/override_ratelimit` takes and answers this; `GET` answers `{}` where there is none. */
export const RateLimitOverrideAnswer = Type.Object({
  messages_per_second: Type.Integer({ minimum: 0, description: '0: no limit of any kind' }),
  burst_count: Type.Integer({ minimum: 0 }),
})
export type RateLimitOverrideAnswer = Static<typeof RateLimitOverrideAnswer>

/** `POST /v1/users/{user_id}/login` */
export const LoginAsBody = Type.Object({
  valid_until_ms: Type.Optional(nullable(Type.Integer({ description: 'ms since epoch; null: for ever' }))),
})
export const LoginAsAnswer = Type.Object({ access_token: Type.String() })
export type LoginAsAnswer = Static<typeof LoginAsAnswer>

/** `GET /v1/users/{user_id}/accountdata`: contents by type, and by room and type */
export const UserAccountData = Type.Object({
  account_data: Type.Object({
    global: Type.Record(Type.String(), Type.Unknown()),
    rooms: Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown())),
  }),
})
export type UserAccountData = Static<typeof UserAccountData>

/** `GET /v1/auth_providers/{provider}/users/{external_id}` and `GET /v1/threepid/{medium}/users/{address}` */
export const FoundUser = Type.Object({ user_id: Type.String() })
export type FoundUser = Static<typeof FoundUser>

/** `GET /v1/experimental_features/{user_id}` names every feature; `PUT` takes some of them. */
export const ExperimentalFeaturesAnswer = Type.Object({
  features: Type.Object({
    msc3881: Type.Boolean(),
    msc3575: Type.Boolean(),
    msc4222: Type.Boolean(),
  }),
})
export type ExperimentalFeaturesAnswer = Static<typeof ExperimentalFeaturesAnswer>

/** `POST /v1/users/{user_id}/_allow_cross_signing_replacement_without_uia` */
export const CrossSigningWindow = Type.Object({
  updatable_without_uia_before_ms: Type.Integer({ description: 'ms since epoch' }),
})
export type CrossSigningWindow = Static<typeof CrossSigningWindow>

/** One of `GET /v1/search_users/{user_id}` */
export const SearchedUser = Type.Object({
  name: Type.String({ description: 'Full user id' }),
  password_hash: Type.Null(),
  is_guest: Type.Boolean(),
  admin: Type.Boolean(),
  user_type: nullable(Type.String()),
})
export type SearchedUser = Static<typeof SearchedUser>

/** `GET /v1/username_available` */
export const UsernameAvailable = Type.Object({ available: Type.Literal(true) })
export type UsernameAvailable = Static<typeof UsernameAvailable>
