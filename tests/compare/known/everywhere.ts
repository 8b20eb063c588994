import type { KnownDifference } from '../known.ts'

const REFUSED =
  /^(status: 400, there|errcode: "M_BAD_JSON", there|errcode: "M_INVALID_PARAM", there|errcode: "M_UNKNOWN", there|body: "M_(BAD_JSON|INVALID_PARAM|UNKNOWN)", there)/

/** What holds for every call. */
export const everywhere: readonly KnownDifference[] = [
  {
    says: 'Nothing that is sent is answered with a 500. Synapse has 500 for many values of a wrong type; they are refused with 400 here, and so are those that Synapse takes for something else (a text for a list, 1 for `true`).',
    seen: [{ request: /./, there: /^500/ }],
  },
  {
    says: 'Texts with U+0000 or half a surrogate pair and numbers too large for JSON are refused wherever they stand: no database keeps them faithfully.',
    seen: [
      { request: /\\u0000|\\ud800|%00|a body with (a huge number|half a character)/, shows: REFUSED },
      { request: /\\u0000|%00/, here: /^400/ },
      { request: /./, shows: /, there ".*\\u0000/ },
    ],
  },
  {
    says: 'Integers beyond 2^53, which JavaScript clients cannot read, are refused.',
    seen: [{ request: /\b1152921504606847000\b|=99999999999999999999/ }],
  },
  {
    says: 'What is unknown is 404 `M_NOT_FOUND` wherever Synapse says 404 `M_UNKNOWN`.',
    seen: [{ request: /./, shows: /^errcode: "M_NOT_FOUND", there "M_UNKNOWN"$/ }],
  },
  {
    says: 'User ids longer than 255 bytes are malformed (400) rather than unknown.',
    seen: [{ request: /userId @x+… \(310\)/ }],
  },
  {
    says: 'New rooms have version 12 (Synapse: 11), whose ids have no server name in them. `default_room_version: "11"` makes rooms as before.',
  },
  {
    says: 'Paths outside `/_matrix` and `/_synapse` answer 404 `M_UNRECOGNIZED` in JSON; there is no page at `/`.',
    seen: [
      { request: /^(GET|HEAD) \/(\.well-known\S*|none|robots\.txt|favicon\.ico|_matrix\/static\/|health)? / },
    ],
  },
]
