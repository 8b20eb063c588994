import type { KnownDifference } from '../known.ts'

/** What clients see that sync. */
export const flows: readonly KnownDifference[] = [
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
]
