import type { KnownDifference } from '../known.ts'
import { CLIENT, odd, seen } from './client-requests.ts'

/** All of the client API. */
export const everywhere: readonly KnownDifference[] = [
  {
    says: 'Members of a wrong type, values that are not in a list of values, and identifiers that are none are refused with 400 also where Synapse overlooks them.',
    seen: [
      ...odd({ here: /^400 M_(BAD_JSON|INVALID_PARAM|MISSING_PARAM)/, there: /^20/ }),
      // What came of it.
      {
        request: /GET \S+\/members(\?not_membership=join)? as bob/,
        shows: /\.unsigned\.prev_content\.reason: text "r", there number 3$/,
      },
    ],
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
    says: 'Events have no copies of `sender` and `unsigned` under names from before the specification (`user_id`, `age`, `prev_content`, `replaces_state`, `redacted_because`, `invite_room_state` beside `content`).',
    seen: [
      {
        request: /./,
        shows:
          /(^|\.|\])(age|user_id|prev_content|prev_sender|replaces_state|redacted_because|(?<!unsigned\.)invite_room_state): only there/,
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
    says: 'Power levels of new public rooms have `m.call.invite` among `events`, where it has an effect.',
    seen: [{ request: /./, shows: /m\.call\.invite/ }],
  },
  {
    says: 'A filter has at most 262,144 characters (413 `M_TOO_LARGE`) and at most 100 types with a `*` in one list (400 `M_BAD_JSON`); `required_state` of a list or room of sliding sync has at most 32,768 characters (400 `M_INVALID_PARAM`).',
  },
]
