import type { KnownDifference } from '../known.ts'

/** Membership, aliases, the directory of rooms. */
export const members: readonly KnownDifference[] = [
  {
    says: 'Joining where one is banned is `M_FORBIDDEN`; Synapse has `M_BAD_STATE`.',
    seen: [{ request: /\/join as/, here: /^403 M_FORBIDDEN/, there: /^403 M_BAD_STATE/ }],
  },
  {
    says: '`PUT /directory/room/<alias>`: a room one is not in is 403, and an alias without a name before the colon is malformed (Synapse serves it).',
    seen: [
      { request: /PUT \S+\/directory\/room\/.*"!none:x"/, here: /^403/, there: /^400/ },
      { request: /\/directory\/room\/%23%3A/, here: /^400 M_INVALID_PARAM/ },
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
    says: 'Leaving a room one has left succeeds.',
    seen: [{ request: /POST \S+\/leave as/, here: /^200/, there: /^403/ }],
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
]
