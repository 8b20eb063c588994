import type { KnownDifference } from '../known.ts'

const SLIDING = /^sliding sync |\/org\.matrix\.simplified_msc3575\/sync/
/** A window that holds every room of the script. */
const ALL = /^sliding sync.*"ranges":\[\[0,99?\]\]|^POST \S+msc3575\/sync\S* .*"ranges":\[\[0,99?\]\]/

/** Simplified sliding sync. */
export const sliding: readonly KnownDifference[] = [
  {
    says: 'Sliding sync: rooms of a list are named in its order, the liveliest first (Synapse: in any order if all are in the window), and only when it has changed.',
    seen: [
      { request: ALL, shows: /^lists\.\w+\.ops\[0\]\.room_ids\[\d\]: "\{\w+\}", there "\{\w+\}"$/ },
      { request: SLIDING, shows: /^lists\.\w+\.ops: only there, \[\{"op":"SYNC"/ },
    ],
  },
  {
    says: 'Sliding sync: rooms have `bump_stamp`, counts of notifications, and `timeline`, `required_state` and `heroes` also when these are empty; counts that have changed are news. Extensions without news are left out, and so are empty lists in them; Synapse sends them empty.',
    seen: [
      {
        request: SLIDING,
        shows:
          /^rooms\.\S+\.(bump_stamp: only here, "<number>"|(timeline|required_state|heroes): only here, \[\]|(notification_count|highlight_count): \d+, there 0)$/,
      },
      {
        request: SLIDING,
        shows:
          /^extensions\.(account_data|receipts|typing|e2ee\.device_lists|account_data\.rooms\.\S+): only there, (\[\]|\{"rooms":\{\}\}|\{"global":\[\],"rooms":\{\}\}|\{"changed":\[\],"left":\[\]\})$/,
      },
      { request: SLIDING, shows: /^lists: only here, \{\}$/ },
      { request: /private receipt$/, shows: /^rooms\.\{den\}: only here, .*"notification_count":0/ },
    ],
  },
  {
    says: 'Sliding sync: a room says its name and how many are in it whenever a member or the name has changed; one that the user is asked into is `initial`. One that was left is told of once, and is not counted any more.',
    seen: [
      {
        request: /^sliding sync as dan, memberships: /,
        shows:
          /^rooms\.\{club\}\.(initial: only here, true|name: only here, "Club!"|(invited|joined)_count: only here, \d)$|^lists\.all\.count: 0, there 1$/,
      },
    ],
  },
  {
    says: 'Sliding sync: a client that asked for a longer timeline before, has it, and is not sent it again.',
    seen: [
      {
        request: /^sliding sync as bob, windows: two lists$/,
        shows: /^rooms\.\{den\}: only there, .*"unstable_expanded_timeline":true/,
      },
    ],
  },
  {
    says: 'Sliding sync: a position is good until the answer to a later one is taken up, and then 400 `M_UNKNOWN_POS`, as is one that is none; an empty one is none. `timeline_limit`, `required_state` and the body may be missing.',
    seen: [
      { request: /^sliding sync as bob, positions: one that is over$/, here: /^400 M_UNKNOWN_POS/ },
      { request: /^sliding sync as bob, positions: none$/, there: /^400 M_UNKNOWN$/ },
      { request: /msc3575\/sync\?pos= as bob/, here: /^200/, there: /^400 M_UNKNOWN$/ },
      {
        request: /msc3575\/sync as bob( \{"(lists|room_subscriptions)".*)?$/,
        here: /^200/,
        there: /^400 M_(BAD_JSON|MISSING_PARAM|NOT_JSON)$/,
      },
    ],
  },
]
