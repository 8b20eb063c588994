import type { KnownDifference } from '../known.ts'

/** Making rooms, sending and state. */
export const rooms: readonly KnownDifference[] = [
  {
    says: 'Whoever is not in a room is not told whether it has an event (403 rather than 404).',
    seen: [{ request: /GET \S+\/context\/\$none\?limit=2 as dan/, here: /^403/, there: /^404/ }],
  },
  {
    says: '`POST /createRoom`: initial state that the rules of the room do not allow is 400 `M_INVALID_ROOM_STATE`, as the specification has it; inviting oneself is 400 `M_INVALID_PARAM`.',
    seen: [
      { request: /POST \S+\/createRoom /, here: /^400 M_INVALID_ROOM_STATE/, there: /^40/ },
      { request: /createRoom as bob \{"invite":\["@\{run\}bob/, here: /^400 M_INVALID_PARAM/, there: /^403/ },
    ],
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
]
