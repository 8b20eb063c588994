import { type Static, type TSchema, Type } from './schema.ts'

const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
/** 0 and 1 are what clients of 2021 were sent (`admin_api.compat: "2021"`). */
const flag = (description: string) =>
  Type.Union([Type.Boolean(), Type.Literal(0), Type.Literal(1)], {
    description: `${description}. 0 or 1 with \`admin_api.compat: "2021"\``,
  })
const fullUserId = () => Type.String({ description: 'Full user id, such as `@user:server.com`' })
const displayname = () => Type.String({ description: 'Display name; null when the user has none' })
const avatarUrl = () => Type.String({ description: 'MXC URI of the avatar; null when the user has none' })
const userType = () =>
  Type.String({
    description: '`bot`, `support` or a type of `user_types.extra_user_types`; null: an ordinary user',
  })
const mediumOf = () => Type.String({ description: '`email` or `msisdn` (a phone number)' })
const addressOf = () =>
  Type.String({
    description: 'The email address in lower case, or the phone number as digits with its country code',
  })

export const ThreepidItem = Type.Object({
  medium: mediumOf(),
  address: addressOf(),
  validated_at: Type.Integer({ description: "When the address was proven to be the user's, ms since epoch" }),
  added_at: Type.Integer({ description: 'When it was added to the account, ms since epoch' }),
})

export const ExternalIdItem = Type.Object({
  auth_provider: Type.String({ description: 'The provider of single sign-on, by its `idp_id`' }),
  external_id: Type.String({ description: 'The user at that provider' }),
})

/** `GET` and `PUT /v2/users/{user_id}` answer this. Synapse: admin_api/user_admin_api §Query user account */
export const UserDetails = Type.Object({
  name: fullUserId(),
  displayname: nullable(displayname()),
  avatar_url: nullable(avatarUrl()),
  threepids: Type.Array(ThreepidItem, { description: 'Email addresses and phone numbers of the account' }),
  external_ids: Type.Array(ExternalIdItem, { description: 'Identities at providers of single sign-on' }),
  admin: flag('Whether the user is a server administrator'),
  deactivated: flag('Whether the account is deactivated'),
  shadow_banned: flag('Whether the user is shadow-banned'),
  is_guest: Type.Boolean({ description: 'Whether it is a guest account' }),
  erased: Type.Boolean({ description: 'Whether the user was erased when deactivated' }),
  locked: Type.Boolean({ description: 'Whether the account is locked: nobody can act with it' }),
  suspended: Type.Boolean({ description: 'Whether the account is suspended: it can read, not write' }),
  approved: Type.Optional(
    Type.Boolean({ description: 'Whether the account is approved; only with MSC3866 turned on' }),
  ),
  user_type: nullable(userType()),
  creation_ts: Type.Integer({
    description: 'When the account was made, seconds since epoch, unlike in the list',
  }),
  last_seen_ts: nullable(
    Type.Integer({ description: 'Last activity of any session, ms since epoch; null: none yet' }),
  ),
  appservice_id: nullable(Type.String({ description: 'The application service the account belongs to' })),
  consent_version: nullable(Type.String({ description: 'Version of the privacy policy the user agreed to' })),
  consent_server_notice_sent: nullable(
    Type.String({ description: 'Version of the privacy policy the user was last asked to agree to' }),
  ),
  consent_ts: nullable(Type.Integer({ description: 'When the user agreed to it, ms since epoch' })),
  password_hash: Type.Optional(
    nullable(Type.String({ description: 'bcrypt hash; only with `admin_api.compat: "2021"`' })),
  ),
})
export type UserDetails = Static<typeof UserDetails>

/** `PUT /v2/users/{user_id}`. Absent: unchanged, or the default of a new account. */
export const ModifyUserBody = Type.Object({
  password: Type.Optional(
    Type.String({
      maxLength: 512,
      description: 'New password; logs out everywhere unless `logout_devices` is false',
    }),
  ),
  logout_devices: Type.Optional(
    Type.Boolean({ default: true, description: 'Whether a new password ends the sessions of the user' }),
  ),
  displayname: Type.Optional(
    nullable(
      Type.String({
        maxLength: 256,
        description:
          'Display name, in all rooms too; `""` removes it. A new account has its localpart by default',
      }),
    ),
  ),
  avatar_url: Type.Optional(
    Type.String({ maxLength: 1000, description: 'MXC URI of the avatar; `""` removes it' }),
  ),
  threepids: Type.Optional(
    Type.Array(Type.Object({ medium: mediumOf(), address: addressOf() }), {
      description: 'Replaces all email addresses and phone numbers of the account',
    }),
  ),
  external_ids: Type.Optional(
    Type.Array(ExternalIdItem, { description: 'Replaces all identities at providers of single sign-on' }),
  ),
  admin: Type.Optional(
    Type.Boolean({ description: 'Server administrator or not. You cannot demote yourself' }),
  ),
  deactivated: Type.Optional(
    Type.Boolean({
      description:
        'true deactivates the account without erasing; false opens it again. Ignored for a new account',
    }),
  ),
  locked: Type.Optional(
    Type.Boolean({ description: 'Locks or unlocks the account. Ignored for a new account' }),
  ),
  approved: Type.Optional(
    Type.Boolean({ description: 'Approves the account or not; only with MSC3866 turned on' }),
  ),
  user_type: Type.Optional(nullable(userType())),
})
export type ModifyUserBody = Static<typeof ModifyUserBody>

/** One of `GET /v2/users` and `GET /v3/users`. */
export const UserListItem = Type.Object({
  name: fullUserId(),
  user_type: nullable(userType()),
  is_guest: flag('Whether it is a guest account'),
  admin: flag('Whether the user is a server administrator'),
  deactivated: flag('Whether the account is deactivated'),
  shadow_banned: flag('Whether the user is shadow-banned'),
  displayname: nullable(displayname()),
  avatar_url: nullable(avatarUrl()),
  creation_ts: Type.Integer({ description: 'When the account was made, ms since epoch' }),
  last_seen_ts: nullable(
    Type.Integer({ description: 'Last activity of any session, ms since epoch; null: none yet' }),
  ),
  erased: Type.Boolean({ description: 'Whether the user was erased when deactivated' }),
  locked: Type.Boolean({ description: 'Whether the account is locked: nobody can act with it' }),
  approved: Type.Boolean({ description: 'Whether the account is approved (MSC3866)' }),
})
export type UserListItem = Static<typeof UserListItem>

export const UserList = Type.Object({
  users: Type.Array(UserListItem, { description: 'The accounts of this page, in the order asked for' }),
  total: Type.Integer({ description: 'Accounts that pass the filters' }),
  next_token: Type.Optional(Type.String({ description: '`from` of the next page; absent on the last one' })),
})
export type UserList = Static<typeof UserList>

/** `POST /v1/deactivate/{user_id}` */
export const DeactivateBody = Type.Object({
  erase: Type.Optional(
    Type.Boolean({
      default: false,
      description:
        'Also removes name and avatar, and hides what the user sent from those who join later (GDPR)',
    }),
  ),
})
export const DeactivateAnswer = Type.Object({
  id_server_unbind_result: Type.Union([Type.Literal('success'), Type.Literal('no-support')], {
    description: 'Whether the addresses were taken back from identity servers',
  }),
})
export type DeactivateAnswer = Static<typeof DeactivateAnswer>

/** `POST /v1/reset_password/{user_id}` */
export const ResetPasswordBody = Type.Object({
  new_password: Type.String({ description: 'At most 512 characters' }),
  logout_devices: Type.Optional(
    Type.Boolean({ default: true, description: 'Ends all sessions of the user' }),
  ),
})

/** `PUT /v1/users/{user_id}/admin` takes this, `GET` answers it. */
export const AdminFlag = Type.Object({
  admin: Type.Boolean({ description: 'Whether the user is a server administrator' }),
})
export type AdminFlag = Static<typeof AdminFlag>

/** `GET /v1/users/{user_id}/joined_rooms` */
export const JoinedRooms = Type.Object({
  joined_rooms: Type.Array(Type.String(), { description: 'Ids of the rooms the user is joined to' }),
  total: Type.Integer({ description: 'How many they are' }),
})
export type JoinedRooms = Static<typeof JoinedRooms>

/** `GET /v1/users/{user_id}/memberships`: by room */
export const Memberships = Type.Object({
  memberships: Type.Record(Type.String(), Type.String(), {
    description: 'By room id: `join`, `leave`, `invite`, `ban` or `knock`',
  }),
})
export type Memberships = Static<typeof Memberships>

/** `GET /v1/users/{user_id}/sent_invite_count` */
export const InviteCount = Type.Object({
  invite_count: Type.Integer({ description: 'Invitations the user sent since `from_ts`' }),
})
export type InviteCount = Static<typeof InviteCount>

/** `GET /v1/users/{user_id}/cumulative_joined_room_count` */
export const JoinedRoomCount = Type.Object({
  cumulative_joined_room_count: Type.Integer({
    description: 'Rooms the user joined since `from_ts`, also those left since',
  }),
})
export type JoinedRoomCount = Static<typeof JoinedRoomCount>

/** `PUT /v1/suspend/{user_id}` answers `{"user_<user id>_suspended": <suspend>}`. */
export const SuspendBody = Type.Object({
  suspend: Type.Boolean({ description: 'true suspends the account, false ends that' }),
})
export const SuspendAnswer = Type.Record(Type.String(), Type.Boolean(), {
  description: 'One member, `user_<full user id>_suspended`: the value that was set',
})
export type SuspendAnswer = Static<typeof SuspendAnswer>

/** `GET` and `PUT /_matrix/client/v1/admin/suspend/{userId}` */
export const SuspendedFlag = Type.Object({
  suspended: Type.Boolean({ description: 'Whether the account may only read and leave rooms' }),
})
export type SuspendedFlag = Static<typeof SuspendedFlag>

/** `GET` and `PUT /_matrix/client/v1/admin/lock/{userId}` */
export const LockedFlag = Type.Object({
  locked: Type.Boolean({ description: 'Whether the account can do nothing but log out' }),
})
export type LockedFlag = Static<typeof LockedFlag>

const messagesPerSecond = (options: object = {}) =>
  Type.Integer({ minimum: 0, description: 'Actions per second; 0: no limit of any kind', ...options })
const burstCount = (options: object = {}) =>
  Type.Integer({ minimum: 0, description: 'Actions at once before the limit is felt', ...options })

/** `POST /v1/users/{user_id}/override_ratelimit` answers this. */
export const RateLimitOverrideAnswer = Type.Object({
  messages_per_second: messagesPerSecond(),
  burst_count: burstCount(),
})
export type RateLimitOverrideAnswer = Static<typeof RateLimitOverrideAnswer>

/** `POST /v1/users/{user_id}/override_ratelimit` takes this. */
export const RateLimitOverrideBody = Type.Object({
  messages_per_second: Type.Optional(messagesPerSecond({ default: 0 })),
  burst_count: Type.Optional(burstCount({ default: 0 })),
})

/** `GET /v1/users/{user_id}/override_ratelimit` answers this: both members, or none where there is no override. */
export const RateLimitOverrideState = Type.Object({
  messages_per_second: Type.Optional(messagesPerSecond()),
  burst_count: Type.Optional(burstCount()),
})

/** `POST /v1/users/{user_id}/login` */
export const LoginAsBody = Type.Object({
  valid_until_ms: Type.Optional(
    nullable(Type.Integer({ description: 'When the token ends, ms since epoch; null or absent: never' })),
  ),
})
export const LoginAsAnswer = Type.Object({
  access_token: Type.String({ description: 'Acts as the user. It has no device' }),
})
export type LoginAsAnswer = Static<typeof LoginAsAnswer>

/** `GET /v1/users/{user_id}/accountdata`: contents by type, and by room and type */
export const UserAccountData = Type.Object({
  account_data: Type.Object(
    {
      global: Type.Record(Type.String(), Type.Unknown(), { description: 'Contents by type' }),
      rooms: Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()), {
        description: 'Contents by room id and type',
      }),
    },
    { description: 'What clients keep on the server for the user' },
  ),
})
export type UserAccountData = Static<typeof UserAccountData>

/** `GET /v1/auth_providers/{provider}/users/{external_id}` and `GET /v1/threepid/{medium}/users/{address}` */
export const FoundUser = Type.Object({ user_id: fullUserId() })
export type FoundUser = Static<typeof FoundUser>

/** `GET /v1/experimental_features/{user_id}` names every feature; `PUT` takes some of them. */
export const ExperimentalFeaturesAnswer = Type.Object({
  features: Type.Object(
    {
      msc3881: Type.Boolean({ description: 'Turning pushers on and off from other devices' }),
      msc3575: Type.Boolean({ description: 'Sliding sync' }),
      msc4222: Type.Boolean({ description: '`state_after` in sync answers' }),
    },
    { description: 'Every feature by name: kept and shown, without effect here' },
  ),
})
export type ExperimentalFeaturesAnswer = Static<typeof ExperimentalFeaturesAnswer>
export const ExperimentalFeaturesBody = Type.Object({
  features: Type.Object(
    {
      msc3881: Type.Optional(Type.Boolean({ description: 'Turning pushers on and off from other devices' })),
      msc3575: Type.Optional(Type.Boolean({ description: 'Sliding sync' })),
      msc4222: Type.Optional(Type.Boolean({ description: '`state_after` in sync answers' })),
    },
    { minProperties: 1, description: 'The features to change; others stay as they are' },
  ),
})

/** `POST /v1/users/{user_id}/_allow_cross_signing_replacement_without_uia` */
export const CrossSigningWindow = Type.Object({
  updatable_without_uia_before_ms: Type.Integer({
    description: 'Until when the keys can be replaced without a password, ms since epoch',
  }),
})
export type CrossSigningWindow = Static<typeof CrossSigningWindow>

/** One of `GET /v1/search_users/{user_id}` */
export const SearchedUser = Type.Object({
  name: fullUserId(),
  password_hash: Type.Null({ description: 'Always null: hashes are not sent' }),
  is_guest: Type.Boolean({ description: 'Whether it is a guest account' }),
  admin: Type.Boolean({ description: 'Whether the user is a server administrator' }),
  user_type: nullable(userType()),
})
export type SearchedUser = Static<typeof SearchedUser>

/** `GET /v1/username_available` */
export const UsernameAvailable = Type.Object({
  available: Type.Literal(true, { description: 'Always true: a name that cannot be had is an error' }),
})
export type UsernameAvailable = Static<typeof UsernameAvailable>
