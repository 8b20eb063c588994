import type { KnownDifference } from '../known.ts'

/** The admin API: accounts and what is theirs. */
export const adminAccounts: readonly KnownDifference[] = [
  {
    says: '`PUT /v2/users/<user id>` does everything or nothing; a refusal (such as 409 for an external id) leaves no traces.',
    seen: [
      // What Synapse left behind of a refused account.
      { request: /^checkUsername/, shows: /there (400|"M_USER_IN_USE"|nothing)/ },
      { request: /^putUser: row: the same for a new account/ },
      { request: /PUT \S+\/users\/@\{run\}olaf/, here: /^201/, there: /^200/ },
    ],
  },
  {
    says: '`PUT /v2/users/<user id>` looks at the user id before the body, and refuses `threepids` and `external_ids` that are no lists.',
    seen: [
      {
        request:
          /^(putUser|createDevice|deleteDevices|suspendUser|setAdminFlag|setExperimentalFeatures): (userId|row: (no user id|a user of another|an unknown))/,
        shows: /"?M_NOT_JSON"?|status: 400, there 404/,
      },
      { request: /^putUser: (threepids|external_ids) = / },
    ],
  },
  {
    says: '`PUT /v1/users/<user id>/admin` takes only `true` and `false`; in Synapse `"false"` promotes.',
    seen: [{ request: /^setAdminFlag: (row: )?(admin = |quirk 4)/ }],
  },
  {
    says: 'A malformed user id is 400 wherever Synapse only looks at the name of its server.',
    seen: [{ request: /: userId !x:\{server\}/ }],
  },
  {
    says: '`POST /v1/reset_password/<user id>`: `logout_devices` must be true or false, and a password is at most 512 characters long, as it is elsewhere.',
    seen: [{ request: /^resetPassword: (row: )?(logout_devices|new_password)/ }],
  },
  {
    says: '`delete_devices` takes a list of texts only.',
    seen: [{ request: /^deleteDevices: (row: )?devices = / }, { request: /^renameDevice: display_name = / }],
  },
  {
    says: '`%` and `_` in the filters of the account list and in `search_users` mean themselves, and letter case means nothing in any script.',
    seen: [{ request: /\/users\?(name|user_id)=|\/search_users\// }, { request: /^searchUsers: \?term/ }],
  },
  {
    says: '`user_id` of the account list takes letters beyond ASCII; no account has them, so nothing is found.',
    seen: [
      {
        request: /^(listUsers|listUsersV3|searchUsers|checkUsername): \?(user_id|term|username)=(%C3%A9|%FF)/,
      },
    ],
  },
  {
    says: 'In the account list, accounts without a value come first when ascending and last when descending, on both databases; accounts made within one second have an order.',
    seen: [{ request: /order_by=creation_ts/ }],
  },
  {
    says: '`POST /v1/users/<user id>/login`: as in Synapse, a puppet token outlives the user’s deactivation and a `/logout/all` sent with it, so that moderators can clean up behind an account. Locking the account stops it.',
  },
  {
    says: '`GET /v1/search_users/<user id>` sends `null` for password hashes, and at most 1,000 accounts.',
    seen: [{ request: /search_?users/i, shows: /password_hash/ }],
  },
  {
    says: '`experimental_features` are kept and shown, but change nothing: what they turn on in Synapse is on here for everybody. Their values must be true or false.',
    seen: [{ request: /^setExperimentalFeatures: row: features/ }],
  },
  {
    says: '`POST /v1/user/<user id>/redact` redacts as the user while the user is in the room. Where the user has left or is banned, it redacts as the administrator or, if that is not possible, as whoever of this server has the power to in the room.',
  },
  {
    says: 'Deactivation turns down invites and knocks in the background, with the leaving of rooms, but before it.',
  },
  {
    says: '`approved` (MSC3866) is set and filtered, and shown of a single account, only with `experimental_features: { msc3866: { enabled: true } }`, as there; the account list always shows it, as there. As a filter it is `true` or `false`; Synapse overlooks anything while it is turned off.',
    seen: [{ request: /^listUsers(V3)?: \?approved=/, here: /^400 M_INVALID_PARAM/, there: /^200/ }],
  },
  {
    says: '`POST /v1/account_validity/validity` for an account that does not exist is 404 `M_NOT_FOUND`; Synapse keeps a time for it. Expired accounts are also taken out of the user directory, until they are renewed.',
    seen: [
      { request: /^renewAccount: /, here: /^404/ },
      { request: /^renewAccount: row: user_id = "@bob:elsewhere"/, here: /^400 M_UNKNOWN/, there: /^200/ },
    ],
  },
  {
    says: 'Deactivating a deactivated account succeeds also where accounts expire (`account_validity`); Synapse has 404 then.',
    seen: [{ request: /POST \S+\/deactivate\/\S+ as admin/, here: /^200/, there: /^404 M_UNKNOWN/ }],
  },
  {
    says: 'Administrators may lock and suspend with the calls of the specification (`/_matrix/client/v1/admin/lock/…`, `…/suspend/…`), too.',
  },
]

/** The admin API: rooms, files and the server. */
export const adminRest: readonly KnownDifference[] = [
  {
    says: 'Events in the form other servers have them (`fetch_event`, `event_json` of reports) have their `event_id` and no `unsigned` of ours.',
    seen: [
      {
        request: /^(fetchEvent|getEventReport): /,
        shows: /(event_id: only here|unsigned: only there|depth: )/,
      },
    ],
  },
  {
    says: 'A room everybody has left keeps its name, join rule and history visibility in the room list, and is found by them.',
    seen: [
      {
        request: /\/rooms\/\{room empty\} as/,
        shows: /(name|canonical_alias|join_rules|history_visibility): text .* null$/,
      },
    ],
  },
  {
    says: 'A registration token with `uses_allowed: 0` is not valid.',
    seen: [{ request: /registration_token\/validity/, shows: /^valid: false, there true/ }],
  },
  {
    says: 'Files have been accessed as soon as they were downloaded.',
    seen: [{ request: /\/media /, shows: /last_access_ts: number .* null$/ }],
  },
  {
    says: '`user_id` in a body: of a wrong type it is `M_BAD_JSON`, and no user id `M_INVALID_PARAM`; Synapse has `M_INVALID_PARAM` and `M_UNKNOWN`.',
    seen: [
      {
        request: /^makeRoomAdmin: (row: )?user_id = /,
        here: /^400 M_INVALID_PARAM/,
        there: /^400 M_UNKNOWN/,
      },
      { request: /^joinRoom: (row: )?user_id = /, here: /^400 M_BAD_JSON/, there: /^400 M_INVALID_PARAM/ },
    ],
  },
  {
    says: 'Parameters are looked at before what they are about is looked up, ids in a path before the body, and members of a body also where the path says the same (`purge_up_to_event_id`, `purge_up_to_ts`). `delete_local_events` is true or false; Synapse deletes local events for `"false"` as well.',
    seen: [
      {
        request:
          /^(listDestinationRooms: \?|getEventReport: reportId|deleteEventReport: reportId|getUserReport: reportId|deleteUserReport: reportId)/,
        here: /^400 M_INVALID_PARAM/,
        there: /^404/,
      },
      {
        request: /^purgeHistory\w*: (row: )?(purge_up_to_event_id|purge_up_to_ts|delete_local_events) = /,
        here: /^400/,
      },
      {
        request: /^(setRoomBlock|deleteRoom|deleteRoomV1): row: no room id/,
        shows: /^errcode: "M_UNKNOWN", there "M_NOT_JSON"$/,
      },
    ],
  },
  {
    says: 'What a server notice says and a validity that is no time are refused with `M_BAD_JSON`.',
    seen: [
      { request: /^sendServerNotice(Once)?: (row: )?(user_id|content|type|state_key) = /, shows: /^errcode/ },
      { request: /^renewAccount: (row: )?expiration_ts = /, here: /^400/ },
    ],
  },
  {
    says: 'Truth values of files (`authenticated`, `quarantined`, `safe_from_quarantine`) are `true` and `false` on both databases.',
    seen: [
      {
        request: /Media|media/,
        shows: /(authenticated|quarantined|safe_from_quarantine): boolean (true|false), there number/,
      },
    ],
  },
  {
    says: 'Ids of rooms may have no server name in them (room version 12) wherever a room is named, and have at most 255 bytes.',
    seen: [{ request: /: roomId(OrAlias)? (!none$|!x+… \(310\))/ }],
  },
  {
    says: '`forward_extremities` of an unknown room is 404 `M_NOT_FOUND`; Synapse has none for it.',
    seen: [{ request: /^getForwardExtremities: (roomIdOrAlias !none|row: an unknown room)/ }],
  },
  {
    says: 'An alias of another server is 404 `M_NOT_FOUND` (Synapse: 502), as no other servers are asked yet.',
    seen: [{ request: /#none:elsewhere/, there: /^502/ }],
  },
  {
    says: '`filter` of `messages` and `context` may be empty, and must be an object with members of the right types.',
    seen: [{ request: /^getRoom(Messages|Context): (row: |\?)filter=/ }],
  },
  {
    says: '`limit` of a hierarchy is at least 1, `from` a token it gave (Synapse: an empty page, and the first one), and administrators may ask for hierarchies as often as they like.',
    seen: [
      { request: /hierarchy\?limit=0|\?from= /, here: /^400/ },
      { request: /^getRoomHierarchy: (\?|row: )(limit=0|from=)/ },
      { request: /^getRoomHierarchy/, there: /^429/ },
    ],
  },
  {
    says: 'Names and texts of a deletion must be texts.',
    seen: [{ request: /^deleteRoom(V1)?: (row: )?(room_name|message|new_room_user_id) = / }],
  },
  {
    says: 'Deletions by `DELETE /v1/rooms` are shown by `delete_status`.',
    seen: [{ request: /^listRoomDeletions: /, shows: /^results: / }],
  },
  {
    says: 'Query parameters may hold any text; Synapse refuses what is not ASCII in some.',
    seen: [{ request: /: \?\w+=(%C3%A9|%FF)$/ }],
  },
  {
    says: 'Events are shown to administrators with what the user who asks was in the room when they were sent (`unsigned.membership`), and `public_chat` rooms have an event more (`m.room.guest_access`).',
    seen: [
      {
        request: /^getRoom(Messages|Context|State)?: |^getForwardExtremities: |^listRooms: /,
        shows:
          /membership: only here|^(chunk|state|events_before): \d+ items|guest_access|^state_events|depth: |events_before\[/,
      },
      {
        request: /\/rooms\//,
        shows: /guest_access|^state_events|^(chunk|state): \d+ items|unsigned\.membership: only here/,
      },
    ],
  },
  {
    says: 'A blocked room answers joins, invites and knocks with 403 `M_FORBIDDEN` (Synapse: 403 `M_UNKNOWN`).',
    seen: [{ request: /\/(invite|join|join\/\S+) as/, here: /^403 M_FORBIDDEN/, there: /^403 M_UNKNOWN/ }],
  },
  {
    says: 'In the room list, rooms without a value come first when ascending, on both databases. `%` and `_` in `search_term` mean themselves, and `search_term` narrows down what `public_rooms` and `empty_rooms` leave.',
    seen: [{ request: /\/rooms\?search_term=\S*(%25|_ne|_rooms=)/ }],
  },
  {
    says: 'Deleting a room goes on after a restart, also for `DELETE /v1/rooms`, whose deletions `delete_status` shows as well. A client that is offline from before its user is made to leave until after the purge is not told of the leave, as there is no room any more to tell of. Backed-up keys of the room’s messages are deleted too.',
  },
  {
    says: 'Deleting a user’s files or those nobody has used for long, and quarantining those of a room or a user, answers as in Synapse when all is done. It is a scheduled task meanwhile (`delete-media`, `quarantine-media`), and goes on after a restart and when the caller goes away. Files uploaded after it began stay.',
  },
  {
    says: '`GET /v1/scheduled_tasks` shows our own jobs under their own names, at most 1,000. `POST /v1/background_updates/start_job` knows `regenerate_directory` and `populate_stats_process_rooms`; pausing background updates pauses those two.',
    seen: [{ request: /^(listScheduledTasks|getBackgroundUpdatesStatus|startBackgroundJob)/ }],
  },
  {
    says: '`POST /v1/purge_media_cache` deletes nothing, as no files of other servers are kept yet; nor is there any destination yet.',
  },
  {
    says: 'A registration token may be called `new` and a file `delete`: what Synapse answers with 405 there is served.',
    seen: [{ request: /: by (GET|PUT|DELETE|HEAD|POST)$/, there: /^405/ }],
  },
]
