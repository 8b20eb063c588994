import { eachQuery, eachValue, type Refusal, type Rows } from '../row.ts'

const UNKNOWN: Refusal = ['an unknown room', { params: { roomId: '!none:{server}' } }, 404, 'M_NOT_FOUND']
const NO_ID: Refusal = ['no room id', { params: { roomId: 'nonsense' } }, 400, 'M_UNKNOWN']
const NEITHER: Refusal = ['neither id nor alias', { params: { roomIdOrAlias: 'nonsense' } }, 400, 'M_UNKNOWN']
const NO_ALIAS: Refusal = [
  'an unknown alias',
  { params: { roomIdOrAlias: '#none:{server}' } },
  404,
  'M_NOT_FOUND',
]
const NO_ROOM = { params: { roomIdOrAlias: '!none:{server}' } }
const FILTERS: readonly Refusal[] = [
  ...eachQuery(['filter=x'], 'M_NOT_JSON'),
  ...eachQuery(['filter=%5B%5D', 'filter=%7B%22limit%22%3A%22x%22%7D'], 'M_BAD_JSON'),
]
const DELETION: readonly Refusal[] = [
  NO_ID,
  ...['block', 'purge', 'force_purge'].flatMap((name) => eachValue(name, ['true', 1, null], 'M_BAD_JSON')),
  ...eachValue('new_room_user_id', ['@bob:elsewhere'], 'M_UNKNOWN'),
  ...eachValue('new_room_user_id', [3], 'M_BAD_JSON'),
  ...eachValue('room_name', [3], 'M_BAD_JSON'),
  ...eachValue('message', [3], 'M_BAD_JSON'),
]

/** §3 */
export const roomRows = {
  listRooms: {
    refusals: eachQuery(['search_term='], 'M_INVALID_PARAM'),
    proofs: {
      'every field with its value': 'roomList › a listed room says what Synapse says of it',
      'order_by, dir, quirk 10': 'roomList › rooms go by every order, in both directions',
      'search_term, quirk 8; public_rooms, empty_rooms; §0.5: next_batch, prev_batch, offset, limit=0':
        'roomList › search looks at name, alias and id; pages lead to each other',
    },
  },
  getRoom: {
    refusals: [UNKNOWN],
    proofs: {
      'every field with its value': 'contractRooms › a room shows everything it is',
      'forgotten, tombstoned, replacement_room':
        'roomReads › a room that was left by all and forgotten, and one that is replaced, say so',
    },
  },
  getRoomMembers: {
    refusals: [UNKNOWN],
    proofs: { 'members, total': 'roomReads › an administrator sees a private room from outside' },
  },
  getRoomState: {
    refusals: [UNKNOWN],
    proofs: {
      'type; of a type there is not, and empty':
        'roomReads › an administrator sees a private room from outside',
      'client format': 'contractRooms › events are shown as clients know them',
    },
  },
  getRoomMessages: {
    refusals: [...FILTERS, ...eachQuery(['from=x', 'to=x'], 'M_UNKNOWN')],
    proofs: {
      'from, limit, dir': 'roomReads › an administrator sees a private room from outside',
      'start, end, filter; §0.5: no end at the end':
        'contractRooms › a history is read to its end, in both directions',
      'an unknown room': 'roomReads › what is not there or not understood is refused with the right code',
      'after a purge':
        'roomDelete › a deleted room is left by all, gone from every table, and nowhere to be seen',
    },
  },
  getEventAtTime: {
    query: 'ts=1',
    refusals: [
      UNKNOWN,
      ['nothing after it', { query: 'ts=99999999999999' }, 404, 'M_NOT_FOUND'],
      ['nothing before it', { query: 'ts=1&dir=b' }, 404, 'M_NOT_FOUND'],
    ],
    proofs: { 'event_id, origin_server_ts': 'roomReads › an administrator sees a private room from outside' },
  },
  getRoomContext: {
    refusals: [
      ...FILTERS,
      ['an unknown event', { params: { eventId: '$none' } }, 404, 'M_NOT_FOUND'],
      ['an event of another room', { params: { eventId: '{otherEvent}' } }, 404, 'M_NOT_FOUND'],
      ['an unknown room', UNKNOWN[1], 404, 'M_NOT_FOUND'],
    ],
    proofs: {
      'events_before, event, events_after, state':
        'roomReads › an administrator sees a private room from outside',
      'start, end': 'contractRooms › a history is read to its end, in both directions',
    },
  },
  getRoomHierarchy: {
    refusals: [
      UNKNOWN,
      ...eachQuery(['from=x'], 'M_INVALID_PARAM'),
      ...eachQuery(['limit=0'], 'M_INVALID_PARAM'),
    ],
    proofs: {
      'rooms, next_batch, limit, max_depth, another’s token':
        'roomHierarchy › a space is walked depth first, page by page, also by who is in none of its rooms',
    },
  },
  getRoomBlock: {
    refusals: [NO_ID],
    proofs: {
      'block, user_id': 'roomBlock › nobody comes into a blocked room until it is blocked no longer',
      'an unknown room':
        'roomBlock › a room can be blocked before it is known; what is no room or no block is refused',
    },
  },
  setRoomBlock: {
    body: { block: false },
    refusals: [NO_ID, ...eachValue('block', ['true', 1, null], 'M_BAD_JSON')],
    proofs: {
      'the first who blocks is remembered':
        'roomBlock › nobody comes into a blocked room until it is blocked no longer',
    },
  },
  deleteRoomV1: {
    body: {},
    refusals: DELETION,
    proofs: {
      'kicked_users, failed_to_kick_users, local_aliases, new_room_id; the new room':
        'roomDelete › members are moved to a new room with a message, and the aliases with them',
      'an unknown room; block':
        'roomDelete › without purge the room stays, empty; unknown rooms are deleted and blocked without more',
      '400 M_UNKNOWN: still joined, unless force_purge':
        'roomDelete › who cannot be made to leave keeps the room from being purged, unless that is forced',
      'a second call waits':
        'roomDeleteKilled › a room that is being deleted is not deleted a second time; the first call of old waits',
    },
  },
  deleteRoom: {
    body: {},
    refusals: DELETION,
    proofs: {
      'delete_id; nothing is left':
        'roomDelete › a deleted room is left by all, gone from every table, and nowhere to be seen',
      'an unknown room; block; purge':
        'roomDelete › without purge the room stays, empty; unknown rooms are deleted and blocked without more',
      '400 M_UNKNOWN: it is being deleted':
        'roomDeleteKilled › a room that is being deleted is not deleted a second time; the first call of old waits',
      'a client sees the leave':
        'roomDelete › a client that waits is told that its user has left, and then of the room no more',
    },
  },
  listRoomDeletions: {
    refusals: [NO_ID, ['no deletion', {}, 404, 'M_NOT_FOUND']],
    proofs: {
      results: 'roomDelete › a deleted room is left by all, gone from every table, and nowhere to be seen',
    },
  },
  getRoomDeletion: {
    refusals: [['no such deletion', {}, 404, 'M_NOT_FOUND']],
    proofs: {
      'delete_id, room_id, status, shutdown_room; no error':
        'roomDelete › a deleted room is left by all, gone from every table, and nowhere to be seen',
      'failed, with error':
        'roomDelete › who cannot be made to leave keeps the room from being purged, unless that is forced',
    },
  },
  makeRoomAdmin: {
    refusals: [
      NEITHER,
      NO_ALIAS,
      ['an unknown room', NO_ROOM, 400, 'M_UNKNOWN'],
      ...eachValue('user_id', ['x'], 'M_INVALID_PARAM'),
      ...eachValue('user_id', [3], 'M_BAD_JSON'),
    ],
    proofs: {
      'power, invite, room version 12':
        'roomMembership › an administrator becomes as powerful as the most powerful local user, and is invited',
      '400 M_UNKNOWN: nobody has the power':
        'roomMembership › power cannot be given where nobody of this server has it',
      '403 M_FORBIDDEN: the user cannot be invited':
        'contractRooms › who cannot be invited is given no power',
    },
  },
  getForwardExtremities: {
    refusals: [NEITHER, NO_ALIAS, ['an unknown room', NO_ROOM, 404, 'M_NOT_FOUND']],
    proofs: {
      'count, results':
        'roomMembership › of several ends of a history the newest is kept, and the room goes on from there',
    },
  },
  deleteForwardExtremities: {
    refusals: [NEITHER, NO_ALIAS, ['an unknown room', NO_ROOM, 404, 'M_NOT_FOUND']],
    proofs: {
      deleted:
        'roomMembership › of several ends of a history the newest is kept, and the room goes on from there',
    },
  },
  joinRoom: {
    body: { user_id: '{carol}' },
    refusals: [
      NEITHER,
      NO_ALIAS,
      ['an unknown room', NO_ROOM, 404, 'M_UNKNOWN'],
      ...eachValue('user_id', ['carol'], 'M_INVALID_PARAM'),
      ...eachValue('user_id', ['@carol:elsewhere'], 'M_UNKNOWN'),
      ...eachValue('user_id', [3, null], 'M_BAD_JSON'),
      ['an unknown user', { body: { user_id: '@nobody:{server}' } }, 404, 'M_NOT_FOUND'],
      [
        'a closed room the administrator is not in',
        { params: { roomIdOrAlias: '{hidden}' } },
        403,
        'M_FORBIDDEN',
      ],
    ],
    proofs: {
      'public, invited, by alias': 'roomMembership › an administrator lets users join rooms',
      '403 M_USER_SUSPENDED: the user is suspended':
        'contractRooms › a suspended user is not brought into rooms',
    },
  },
  forceMembership: {
    body: { action: 'kick' },
    refusals: [
      NEITHER,
      ['an unknown room', NO_ROOM, 404, 'M_NOT_FOUND'],
      ['no user id', { params: { userId: 'bob' } }, 400, 'M_INVALID_PARAM'],
      [
        'leave of a user of another server',
        { params: { userId: '@b:elsewhere' }, body: { action: 'leave' } },
        400,
        'M_UNKNOWN',
      ],
      ...eachValue('action', ['dance', 3], 'M_BAD_JSON'),
    ],
    proofs: {
      'kick, ban, unban, leave':
        'roomForce › an administrator takes users out of rooms they have no power in',
      'in your own name': 'roomForce › the administrator who may acts in their own name',
      '403 M_FORBIDDEN: nobody may':
        'roomForce › an administrator takes users out of rooms they have no power in',
    },
  },
} as const satisfies Rows
