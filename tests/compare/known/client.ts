import type { KnownDifference, Sighting } from '../known.ts'

/** A request of a client, in words. */
const CLIENT = /^([A-Z]+ )?\/_matrix|^(whoami|upload|thumbnail) /

const seen = (...sightings: Omit<Sighting, 'request'>[]): Sighting[] =>
  sightings.map((each) => ({ request: CLIENT, ...each }))

/** A request that has something in it that is none of what it should be: as a member, in the path or in the query. */
const ODD = new RegExp(
  [
    String.raw`"[^"]+":(null|true|-1|1e999|[123](?=[,}])|""|"(x+|none|a b|ü|x{20,}.*|http:\S+)"?|\[\]|\{\}|\["?[x3]"?\])`,
    '"(x|none)":|@x:elsewhere',
    String.raw`[/=](x|none|NONE|s1|0|-1|\$none|\.m\.rule\.none|%23none\S*|%23%3A\S*|%23xxx\S*|x{20,}|%5B\S*|%7B\S*)?(?=[/?& ]|$)`,
    String.raw` (\[\]|\{\}|3|null|"x")$`,
  ].join('|'),
)

const odd = (...sightings: Omit<Sighting, 'request'>[]): Sighting[] =>
  sightings.map((each) => ({ request: ODD, ...each }))

/** The client API. */
export const client: readonly KnownDifference[] = [
  {
    says: 'Members of a wrong type, values that are not in a list of values, and identifiers that are none are refused with 400 also where Synapse overlooks them.',
    seen: odd({ here: /^400 M_(BAD_JSON|INVALID_PARAM|MISSING_PARAM)/, there: /^20/ }),
  },
  {
    says: 'Where both answer 400, a member of a wrong type is `M_BAD_JSON`, a missing one `M_MISSING_PARAM`, and a value that is none (an id, a token, a word that is not in the list) `M_INVALID_PARAM`; Synapse has `M_UNKNOWN` for many of them, or another of the three.',
    seen: seen({
      here: /^400 M_(BAD_JSON|MISSING_PARAM|INVALID_PARAM)/,
      there: /^400 M_(UNKNOWN|BAD_JSON|MISSING_PARAM|INVALID_PARAM)$/,
    }),
  },
  {
    says: 'A malformed id in a path and a member of a wrong type are 400 before it is asked who may (Synapse: 403), what there is (Synapse: 404) and what is in use or not supported (Synapse: 400 with `M_USER_IN_USE`, `M_ROOM_IN_USE`, `M_UNSUPPORTED_ROOM_VERSION`, `M_KEY_TOO_LARGE`).',
    seen: odd({
      here: /^400 M_(BAD_JSON|INVALID_PARAM|MISSING_PARAM|NOT_JSON)/,
      there:
        /^(403 M_(FORBIDDEN|BAD_STATE)|404 M_(UNKNOWN|NOT_FOUND)|400 M_(USER_IN_USE|ROOM_IN_USE|UNSUPPORTED_ROOM_VERSION|KEY_TOO_LARGE))$/,
    }),
  },
  {
    says: 'What is unknown is 404 `M_NOT_FOUND` also where Synapse has 400 (a filter, a room to join, to knock at or to be summarised, a kind of push rules) or, for invites and bans, 403.',
    seen: [
      {
        request: /\/(filter\/|join|knock\/|room_summary\/|summary\/|pushrules\/)/,
        here: /^404 M_(NOT_FOUND|UNRECOGNIZED)/,
        there: /^400 M_(UNKNOWN|UNRECOGNIZED)/,
      },
      { request: /!none\S*\/(invite|ban) /, here: /^404 M_NOT_FOUND/, there: /^403 M_FORBIDDEN/ },
      { request: /!none\S*\/(kick|unban) .*@x:elsewhere/, here: /^404/, there: /^400 M_BAD_JSON/ },
    ],
  },
  {
    says: 'Whoever is not in a room is not told whether it has an event (403 rather than 404).',
    seen: [{ request: /GET \S+\/context\/\$none\?limit=2 as dan/, here: /^403/, there: /^404/ }],
  },
  {
    says: 'What belongs to another user (`/profile`, `/typing`) is 403 `M_FORBIDDEN`; Synapse has 400 with this errcode.',
    seen: seen({ here: /^403 M_FORBIDDEN/, there: /^400 M_FORBIDDEN/ }),
  },
  {
    says: 'A body that is missing or no JSON is `M_NOT_JSON`, whatever else is wrong with the request.',
    seen: [
      { request: /\/(kick|ban|unban) as \w+$/, here: /^400 M_NOT_JSON/, there: /^400 M_MISSING_PARAM/ },
      {
        request: /\/(account_data|tags)\/\S+ as \w+( x)?$/,
        here: /^400 M_NOT_JSON/,
        there: /^403 M_FORBIDDEN/,
      },
    ],
  },
  {
    says: 'Joining where one is banned is `M_FORBIDDEN`; Synapse has `M_BAD_STATE`.',
    seen: [{ request: /\/join as/, here: /^403 M_FORBIDDEN/, there: /^403 M_BAD_STATE/ }],
  },
  {
    says: '`POST /createRoom`: initial state that the rules of the room do not allow is 400 `M_INVALID_ROOM_STATE`, as the specification has it; inviting oneself is 400 `M_INVALID_PARAM`.',
    seen: [
      { request: /POST \S+\/createRoom /, here: /^400 M_INVALID_ROOM_STATE/, there: /^40/ },
      { request: /createRoom as bob \{"invite":\["@\{run\}bob/, here: /^400 M_INVALID_PARAM/, there: /^403/ },
    ],
  },
  {
    says: '`PUT /directory/room/<alias>`: a room one is not in is 403, and an alias without a name before the colon is malformed (Synapse serves it).',
    seen: [
      { request: /PUT \S+\/directory\/room\/.*"!none:x"/, here: /^403/, there: /^400/ },
      { request: /\/directory\/room\/%23%3A/, here: /^400 M_INVALID_PARAM/ },
    ],
  },
  {
    says: 'Registration and login have the errcodes of the specification where Synapse has `M_UNKNOWN`, `M_UNRECOGNIZED` or `M_INVALID_PARAM`: `M_GUEST_ACCESS_FORBIDDEN`, `M_INVALID_USERNAME`, `M_THREEPID_MEDIUM_NOT_SUPPORTED` (also before the rest of the request is looked at), `M_UNKNOWN` for a type of login that is not offered.',
    seen: [
      {
        request: /\/register/,
        here: /^40[03] M_(GUEST_ACCESS_FORBIDDEN|INVALID_USERNAME)/,
        there: /^40[03] M_UNKNOWN/,
      },
      {
        request: /\/register\?kind=(none)? /,
        here: /^400 M_INVALID_PARAM/,
        there: /^400 M_UNRECOGNIZED/,
      },
      { request: /"type":"m\.login\.(none|dummy|token)"/, here: /^400 M_UNKNOWN/, there: /^40[03]/ },
      { request: /m\.id\.phone/, here: /^403 M_FORBIDDEN/, there: /^400 M_UNKNOWN/ },
      {
        request: /\/requestToken/,
        here: /^400 M_(THREEPID_MEDIUM_NOT_SUPPORTED|MISSING_PARAM)/,
        there: /^40[04]/,
      },
    ],
  },
  {
    says: 'An `access_token` in the query that is empty is none (`M_MISSING_TOKEN`).',
    seen: [{ request: /access_token=( |$)/, here: /^401 M_MISSING_TOKEN/, there: /^401 M_UNKNOWN_TOKEN/ }],
  },
  {
    says: 'A session of user-interactive authentication authorises the request it was begun for: a body that has changed since is 403 (one that was empty at first may be filled in). Synapse takes another body, remembers the password of the first one, and lets a later one in once the password was right.',
    seen: [{ request: /\/account\/(password|deactivate) as .*"session":"\{session\}"/, here: /^40[13]/ }],
  },
  {
    says: 'Dehydrated devices (MSC3814) and the rooms one has in common with somebody (MSC2666) are served; in Synapse they are experimental features. So is `state_after` of `/sync`.',
    seen: [
      { request: /\/org\.matrix\.msc3814|msc2666/, there: /^404 M_UNRECOGNIZED/ },
      { request: /use_state_after=true/, shows: /\.state: only there|state_after: only here/ },
    ],
  },
  {
    says: 'Push rules may be asked for without the slash at the end; a rule whose name has a slash is 400 `M_INVALID_PARAM`, and names may be long.',
    seen: [
      { request: /GET \S+\/pushrules(\/global)? as/, here: /^200/, there: /^40[04] M_UNRECOGNIZED/ },
      { request: /PUT \S+\/pushrules\/global\/override\/(a%2Fb)? as/, here: /^400 M_INVALID_PARAM/ },
      { request: /PUT \S+\/pushrules\/global\/override\/x+/, here: /^200/, there: /^413/ },
    ],
  },
  {
    says: '`/sync` always has the number of members and the heroes in the `summary` (Synapse: only to clients that load members lazily), both members of `device_lists`, and the `room_id` of events that are bundled with others. `event_fields` hold for what is bundled, too.',
    seen: [
      {
        request: /GET \S+\/sync/,
        shows:
          /summary\.m\.(joined_member_count|invited_member_count|heroes): only here|device_lists\.(changed|left): only here, \[\]|m\.relations\S*\.room_id: only here/,
      },
      { request: /event_fields/, shows: /unsigned: only there, \{"m\.relations"/ },
    ],
  },
  {
    says: '`limited` of a timeline says whether events were left out; Synapse has `true` for every room that was joined since, and `false` for rooms one was only asked into.',
    seen: [
      {
        request: /GET \S+\/sync/,
        shows: /join\..+\.limited: false, there true|leave\..+\.limited: true, there false/,
      },
    ],
  },
  {
    says: '`device_lists` name who shares a room now or has changed keys; in Synapse also who was only asked into one, and oneself.',
    seen: [
      { request: /GET \S+\/sync/, shows: /device_lists(\.changed)?: (only there, \{"changed"|\d+ items)/ },
    ],
  },
  {
    says: '`hierarchy` has the `allowed_room_ids` of restricted rooms, and a knock comes without a copy of the state it was shown (`unsigned.knock_room_state`).',
    seen: [
      { request: /GET \S+\/hierarchy/, shows: /\.allowed_room_ids: only here/ },
      { request: /GET .*\/hierarchy as/, shows: /\.allowed_room_ids: only here/ },
      { request: /GET \S+\/sync/, shows: /\.unsigned\.knock_room_state: only there/ },
    ],
  },
  {
    says: 'The first events of an upgraded room are in another order, after the power levels.',
    seen: [
      {
        request: /sync as \w+, after an upgrade/,
        shows: /\{new door\}\.timeline\.events\[\d\]\.content\.join_rule: only/,
      },
    ],
  },
  {
    says: 'Clients are shown their own transaction ids (`unsigned.transaction_id`) in lists of threads, too.',
    seen: [{ request: /GET \S+\/threads/, shows: /unsigned\.transaction_id: only here/ }],
  },
  {
    says: '`POST /search` answers `search_categories` without categories with none, has groups also when ordered by time, ranks results in its own way, and shows profiles without an `avatar_url` that is null. So does the user directory.',
    seen: [
      { request: /POST \S+\/search as \w+ \{"search_categories":\{\}\}/, here: /^200/, there: /^400/ },
      {
        request: /POST \S+\/(search|user_directory\/search) /,
        shows: /\.rank: |room_events\.groups: only here|avatar_url: only there, null/,
      },
    ],
  },
  {
    says: 'Receipts are refused for unknown events (404) and by those who are not in the room (403), and may come without a body.',
    seen: [
      { request: /\/(receipt|read_markers).*\$none/, here: /^404/, there: /^200/ },
      { request: /\/receipt\/.* as carol \{\}/, here: /^403/, there: /^200/ },
      { request: /\/receipt\/.* as bob$/, here: /^200/, there: /^400 M_NOT_JSON/ },
    ],
  },
  {
    says: '`/publicRooms`: `total_room_count_estimate` counts what is searched for; `server` may be this server’s name without a token, too; an unknown `third_party_instance_id` has no rooms; the body may be missing.',
    seen: [
      { request: /"generic_search_term"/, shows: /^total_room_count_estimate: \d+, there \d+$/ },
      { request: /publicRooms\?server=\S+ as nobody/, here: /^200/, there: /^401/ },
      { request: /"third_party_instance_id":"x"/, here: /^200/, there: /^400/ },
      { request: /POST \S+\/publicRooms as bob$/, here: /^200/, there: /^400 M_NOT_JSON/ },
    ],
  },
  {
    says: 'Pushers by mail are 400 `M_INVALID_PARAM` where no mail is sent.',
    seen: [{ request: /"kind":"email"/, here: /^400 M_INVALID_PARAM/, there: /^400 M_THREEPID_NOT_FOUND/ }],
  },
  {
    says: 'An alias of another server in `m.room.canonical_alias` is 400 `M_BAD_ALIAS` if that server cannot be asked; Synapse has 502.',
    seen: [{ request: /"alias":"#none:x"/, here: /^400 M_BAD_ALIAS/, there: /^502/ }],
  },
  {
    says: 'An event’s type belongs to the transaction: the same transaction id with another type is another event.',
    seen: [{ request: /PUT \S+\/send\/\/1 as/, shows: /^event_id: / }],
  },
  {
    says: 'Thumbnails have a file name in `Content-Disposition`, and URL previews that are turned off are 404 to everybody.',
    seen: [
      { request: /^thumbnail /, shows: /^header content-disposition/ },
      { request: /preview_url/, here: /^404 M_UNRECOGNIZED/, there: /^401/ },
    ],
  },
  {
    says: 'Events have no copies of `sender` and `unsigned` under names from before the specification (`user_id`, `age`, `prev_content`, `replaces_state`, `redacted_because` beside `content`).',
    seen: [
      {
        request: /./,
        shows:
          /(^|\.|\])(age|user_id|prev_content|prev_sender|replaces_state|redacted_because|invite_room_state): only there/,
      },
    ],
  },
  {
    says: '`unsigned.membership` (MSC4115), `prev_content` and `replaces_state` are there wherever events are shown, lists of state and members too.',
    seen: seen({ shows: /unsigned\.(membership|prev_content|prev_sender|replaces_state|age): only here/ }),
  },
  {
    says: '`public_chat` rooms have an `m.room.guest_access` event (`forbidden`), as the specification has it.',
    seen: [
      {
        request: CLIENT,
        shows: /guest_access|^(state|chunk)?: \d+ items, there \d+: .*m\.room\.create|events_before\[/,
      },
    ],
  },
  {
    says: 'Messages without `body` or `msgtype`, and names and topics that are no text, are taken; Synapse refuses them.',
    seen: [
      { request: /PUT \S+\/(send|state)\/m\.room\.(message|name|topic|redaction)/, here: /^200/ },
      { request: /GET \S+\/state\/m\.room\.name/, shows: /name: number 3/ },
    ],
  },
  {
    says: 'Leaving a room one has left succeeds.',
    seen: [{ request: /POST \S+\/leave as/, here: /^200/, there: /^403/ }],
  },
  {
    says: '`POST /createRoom` and `/register` may come without a body.',
    seen: [{ request: /POST \S+\/(createRoom|register) as \w+$/ }],
  },
  {
    says: '`null` as `displayname`, `avatar_url` or `username` is the same as none.',
    seen: [{ request: /"(username|displayname|avatar_url)":null/, here: /^200/, there: /^400/ }],
  },
  {
    says: 'A profile field that is not set is 404; Synapse shows `null` for a name or picture that is not. A user without any has an empty profile rather than none.',
    seen: [
      { request: /GET \S+\/profile\//, here: /^404 M_NOT_FOUND/, there: /^(200|400|502)/ },
      { request: /GET \S+\/profile\//, here: /^200/, there: /^404/ },
      { request: /GET \S+\/profile\/\S+\/avatar_url/, shows: /^avatar_url: "padded"/ },
    ],
  },
  {
    says: '`GET /versions` and `/capabilities` name what is served here: versions of the specification up to v1.16, and unstable features Synapse has not turned on.',
    seen: [{ request: /GET \S+\/(versions|capabilities)/ }],
  },
  {
    says: '`GET /login` names `m.login.application_service` only if there is an application service.',
    seen: [{ request: /GET \S+\/login/, shows: /^flows/ }],
  },
  {
    says: 'Names of devices longer than 100 characters are cut at login rather than refused.',
    seen: [{ request: /POST \S+\/login as nobody .*"initial_device_display_name":"x{20}/ }],
  },
  {
    says: 'Changing an unknown device, forgetting a room one was never in, redacting an unknown event and reporting an unknown user are 404.',
    seen: [
      {
        request: /(PUT \S+\/devices\/NONE|POST \S+\/forget|PUT \S+\/redact\/\S+|POST \S+\/report) /,
        here: /^404/,
        there: /^200/,
      },
    ],
  },
  {
    says: 'Third-party lookups without a bridge that answers are 404, as the specification has it; Synapse has empty lists.',
    seen: [{ request: /GET \S+\/thirdparty\// }],
  },
  {
    says: 'A stage of user-interactive authentication that is not offered is answered with those that are (401).',
    seen: [{ request: /"type":"m\.login\.none"/, here: /^401/ }],
  },
  {
    says: 'An `m.room.server_acl` that denies this server itself is taken.',
    seen: [{ request: /m\.room\.server_acl/ }],
  },
  {
    says: '`POST /createRoom` answers with `room_alias` too when one was asked for; `m.topic` says its `mimetype`; room summaries have the names of their drafts too.',
    seen: [
      {
        request: /./,
        shows: /^room_alias: only here|mimetype: only here|im\.nheko\.summary\.\w+: only here/,
      },
    ],
  },
  {
    says: 'JSON and SVG are served without a `charset`, which they have no use for; a content type that is none is `application/octet-stream`.',
    seen: [
      {
        request: /media\/download|download/,
        shows:
          /^header content-(type: "(application\/json|image\/svg\+xml|application\/octet-stream)"|disposition)/,
      },
    ],
  },
  {
    says: 'Default push rules are those of the specification, in its order, with those for polls and calls of drafts that clients know; own rules may come without `conditions`.',
    seen: [
      {
        request: /./,
        shows:
          /(override|underride|content)(\[\d+\])?(: \d+ items|\.actions\[)|^actions\[|postcontent: only there/,
      },
      { request: /\/pushrules/, shows: /^status: (200, there 4\d\d|404, there 200)|^body: / },
    ],
  },
  {
    says: 'Tags may be set before a room is joined.',
    seen: [
      {
        request: /\/tags/,
        shows: /^status: 200, there 403|^body: \{\}, there "M_FORBIDDEN"|^tags\.[\w.]+: only/,
      },
    ],
  },
  {
    says: 'Pushers are shown with `enabled` and `device_id`.',
    seen: [
      {
        request: /GET \S+\/pushers/,
        shows: /pushers\[\d+\]\.[\w.]*(enabled|device_id): only here|^pushers: \d+ items/,
      },
    ],
  },
  {
    says: 'The global push rules are no account data of a room (404).',
    seen: [{ request: /rooms\/\S+\/account_data\/m\.push_rules/ }],
  },
  {
    says: 'Whoever says something in a room has read it: messages before are not counted as unread. Nor are messages that were redacted.',
    seen: [
      {
        request: /GET \S+\/sync.* as (carol|dan)/,
        shows: /unread_notifications\.notification_count: [012], there [123]$/,
      },
    ],
  },
  {
    says: 'Presence is told of oneself too, and `rooms` has no empty `summary`.',
    seen: [
      {
        request: /GET \S+\/sync/,
        shows: /^presence\.events(: \d+ items|\[\d\]\.content\.last_active_ago)|\.summary: only there, \{\}/,
      },
    ],
  },
  {
    says: '`limit` in the filter of `/messages` counts, and empty query parameters are those that are not there.',
    seen: [
      { request: /GET \S+\/messages\?\S*limit%22%3A/ },
      { request: /GET \S+[?&](filter|since|from|to)=(&| |$)/, here: /^200/, there: /^400/ },
    ],
  },
  {
    says: 'The calls of 2014 (`/initialSync` of everything, `/events`) are not served.',
    seen: [
      { request: /GET \S+\/v3\/(initialSync|events)(\?\S*)? /, here: /^404/ },
      { request: /\/initialSync/, shows: /^(presence|receipts|visibility): only/ },
    ],
  },
  {
    says: '`/notifications` has a `next_token` only if there are more, and no `profile_tag` that is null.',
    seen: [{ request: /\/notifications/ }],
  },
  {
    says: 'Power levels of new public rooms have `m.call.invite` among `events`, where it has an effect.',
    seen: [{ request: /./, shows: /m\.call\.invite/ }],
  },
  {
    says: 'Filters have ids that cannot be guessed.',
    seen: [{ request: /GET \S+\/filter\/\d/ }],
  },
  {
    says: 'Keys of users who do not exist are not in the answer, rather than none of theirs.',
    seen: [
      { request: /POST \S+\/keys\/query/, shows: /nobody\S*: only there, \{\}/ },
      { request: /signatures\/upload/, shows: /^failures\./ },
      { request: /"device_keys":null/ },
    ],
  },
  {
    says: 'Files that were asked for with a token are for the cache of that client alone (`private`), and browsers are told not to guess types (`nosniff`).',
    seen: [
      {
        request: CLIENT,
        shows:
          /^header (cache-control|x-content-type-options|content-security-policy|cross-origin-resource-policy|referrer-policy)/,
      },
    ],
  },
]
