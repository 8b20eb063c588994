import type { KnownDifference, Sighting } from '../known.ts'

/** A request of a client, in words. */
const CLIENT = /^([A-Z]+ )?\/_matrix|^(whoami|upload|thumbnail) /

const seen = (...sightings: Omit<Sighting, 'request'>[]): Sighting[] =>
  sightings.map((each) => ({ request: CLIENT, ...each }))

/** The client API. */
export const client: readonly KnownDifference[] = [
  {
    says: 'Members of a wrong type, values that are not in a list of values, and identifiers that are none are refused with 400 also where Synapse overlooks them.',
    seen: seen({ here: /^400 M_(BAD_JSON|INVALID_PARAM|MISSING_PARAM|BAD_ALIAS)/, there: /^20/ }),
  },
  {
    says: 'Where both refuse a request, Ranvier has the errcode of the specification where Synapse often has `M_UNKNOWN`; where a request is wrong in more than one way, another of them may be named first.',
    seen: seen({ here: /^4(00|03|04|05|13) M_/, there: /^4(00|03|04|05|13) / }),
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
    seen: [{ request: /PUT \S+\/(send|state)\/m\.room\.(message|name|topic|redaction)/, here: /^200/ }],
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
    seen: [{ request: /GET \S+\/profile\// }],
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
        request: /(PUT \S+\/devices\/NONE|POST \S+\/forget|PUT \S+\/redact\/|POST \S+\/report) /,
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
    says: 'Sliding sync counts notifications, and answers with empty members.',
    seen: [{ request: /simplified_msc3575\/sync/ }],
  },
  {
    says: 'Whoever says something in a room has read it: messages before are not counted as unread.',
    seen: [{ request: /GET \S+\/sync/, shows: /unread_notifications/ }],
  },
  {
    says: 'Presence is told of oneself too, and `rooms` has no empty `summary`.',
    seen: [{ request: /GET \S+\/sync/, shows: /^presence\.events|\.summary: only there, \{\}/ }],
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
      { request: /GET \S+\/v3\/(initialSync|events) /, here: /^404/ },
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
