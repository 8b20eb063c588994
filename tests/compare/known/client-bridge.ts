import type { KnownDifference } from '../known.ts'

/** Application services. */
export const bridge: readonly KnownDifference[] = [
  {
    says: 'Application services: `…/ping` may come without a body, and under the name of its proposal (MSC2659); `transaction_id` must be a text, and is not passed on if there is none (Synapse: `null`).',
    seen: [
      {
        request: /\/compare\/ping as the bridge( \{\})?$/,
        here: /^200/,
        there: /^(400 M_NOT_JSON|404 M_UNRECOGNIZED)$/,
      },
      { request: /^how it is asked$/, shows: /^pings\[\d\]\.transaction_id: only there, (null|3)$/ },
    ],
  },
  {
    says: 'Application services: registering without a token is 401 `M_MISSING_TOKEN`, an unknown device `M_UNKNOWN_DEVICE`, logging in as a user of nobody’s 400 `M_EXCLUSIVE`, and as one that does not exist 403 `M_FORBIDDEN`.',
    seen: [
      {
        request: /POST \S+\/register as nobody \{"type":"m\.login\.application_service"/,
        here: /^401 M_MISSING_TOKEN/,
        there: /^400 M_UNKNOWN/,
      },
      { request: /"username":""\}$/, here: /^400 M_INVALID_USERNAME/, there: /^400 M_EXCLUSIVE/ },
      { request: /&device_id=NONE as the bridge/, there: /^400 ORG\.MATRIX\.MSC4326\.M_UNKNOWN_DEVICE/ },
      {
        request: /POST \S+\/login as the bridge \{"type":"m\.login\.application_service"/,
        here: /^(400 M_EXCLUSIVE|403 M_FORBIDDEN)$/,
        there: /^(403 M_FORBIDDEN|404 M_UNKNOWN)$/,
      },
    ],
  },
  {
    says: 'Application services: messages are counted as unread for their users as well.',
    seen: [
      {
        request: /GET \S+\/sync\?user_id=\S+ as the bridge/,
        shows:
          /^device_one_time_keys_count\.signed_curve25519: only here, 0$|^rooms\.join\.\{bridged\}\.(state\.events: 2 items, there 0|timeline\.(limited: true, there false|events\[\d\]\.unsigned\.transaction_id: only there, "b1")|unread_notifications\.notification_count: 1, there 0)/,
      },
    ],
  },
  {
    says: '`DELETE /directory/list/appservice/…` is not served; `PUT` with `private` does it, as the specification has it.',
    seen: [{ request: /DELETE \S+\/directory\/list\/appservice\//, here: /^405/, there: /^200/ }],
  },
]
