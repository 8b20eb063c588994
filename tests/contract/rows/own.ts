import { eachQuery, eachValue, parsedUser, type Refusal, type Rows } from '../row.ts'

const FROM = eachQuery(['from=nonsense'], 'M_INVALID_PARAM')
const NONE: Refusal = ['there is none', {}, 404, 'M_NOT_FOUND']
const WISH: readonly Refusal[] = [
  ['nothing it is about', { body: { action: 'lock' } }, 400, 'M_INVALID_PARAM'],
  ['an empty list', { body: { action: 'lock', users: [] } }, 400, 'M_INVALID_PARAM'],
  ['a user of another server', { body: { action: 'lock', users: ['@x:elsewhere'] } }, 400, 'M_INVALID_PARAM'],
  ['an empty filter', { body: { action: 'lock', filter: {} } }, 400, 'M_INVALID_PARAM'],
  ...eachValue('action', ['dance', 3], 'M_BAD_JSON', { users: ['{bob}'] }),
]
const LOCK = { action: 'lock', users: ['{bob}'] }

/** Ranvier's own calls. */
export const ownRows = {
  logOutUser: {
    refusals: parsedUser,
    proofs: { devices: 'sessions › an administrator logs a user out everywhere, and nobody else' },
  },
  listStaleDevices: {
    query: 'unseen_since=1',
    refusals: eachQuery(['unseen_since=1&from=nonsense', 'unseen_since=1&limit=0'], 'M_INVALID_PARAM'),
    proofs: {
      'devices, next_token':
        'sessions › devices nobody has used for long are listed, those unseen longest first',
    },
  },
  previewBulkJob: {
    body: LOCK,
    refusals: WISH,
    proofs: {
      'counts, and nothing is changed':
        'bulkAccounts › accounts found by a filter are deactivated; who asks and who sends the notices are spared',
    },
  },
  startBulkJob: {
    body: LOCK,
    refusals: WISH,
    proofs: {
      flags: 'bulkAccounts › flags are set and taken from a list of accounts, each once',
      filters: 'bulkAccounts › a filter finds what the list of accounts finds',
      'log_out, redact, quarantine_media':
        'bulkAccounts › users are logged out, and what they have sent and uploaded is taken away',
      'kick, ban, unban, leave': 'bulkRooms › a user is kicked, banned and let in again everywhere',
      delete_devices: 'bulkRooms › devices nobody uses are deleted, but not one that was used meanwhile',
    },
  },
  listBulkJobs: {
    refusals: FROM,
    proofs: {
      'jobs, next_token':
        'bulkLife › jobs and their items are listed in pages, and forgotten a week after the end',
    },
  },
  getBulkJob: {
    refusals: [NONE],
    proofs: { progress: 'bulkAccounts › flags are set and taken from a list of accounts, each once' },
  },
  listBulkItems: {
    refusals: [NONE],
    proofs: {
      'items, state':
        'bulkLife › jobs and their items are listed in pages, and forgotten a week after the end',
      '400 M_INVALID_PARAM: from': 'bulkLife › what cannot be a bulk job has its errcode',
    },
  },
  cancelBulkJob: {
    refusals: [NONE],
    proofs: {
      'what had been done': 'bulkLife › a cancelled job does nothing more, and tells what it had done',
    },
  },
  listAudit: {
    refusals: FROM,
    proofs: {
      'filters, pages': 'audit › the log is filtered, paged in both directions, and exported in full',
    },
  },
  exportAudit: {
    proofs: { 'all rows': 'audit › the log is filtered, paged in both directions, and exported in full' },
  },
  getAudit: {
    refusals: [NONE],
    proofs: {
      'every field':
        'audit › before and after are told of the fields that differ, and nothing of the password',
    },
  },
  previewRoomDeletion: {
    refusals: [
      ['no room id', { params: { roomId: 'nonsense' } }, 400, 'M_UNKNOWN'],
      ...eachValue('new_room_user_id', ['@x:elsewhere'], 'M_UNKNOWN'),
    ],
    proofs: {
      'counts, and nothing is changed':
        'previews › what the deletion of a room would take away is told, and nothing is changed',
    },
  },
  previewPurgeHistory: {
    refusals: [
      ['neither event nor time', {}, 400, 'M_BAD_JSON'],
      ['an event of another room', { body: { purge_up_to_event_id: '{otherEvent}' } }, 400, 'M_UNKNOWN'],
      ['an unknown event', { body: { purge_up_to_event_id: '$none' } }, 404, 'M_NOT_FOUND'],
    ],
    proofs: { counts: 'previews › what a purge of history would take away is what it takes away' },
  },
  previewUnusedMediaDeletion: {
    query: 'before_ts=30000000000',
    refusals: eachQuery(['before_ts=1600000000'], 'M_INVALID_PARAM'),
    proofs: { counts: 'previews › what a deletion of files would take away is what it takes away' },
  },
  previewUserMediaDeletion: {
    refusals: parsedUser,
    proofs: { counts: 'previews › what a deletion of files would take away is what it takes away' },
  },
  createToken: {
    body: { name: 'x', scopes: ['users:read'], expires_ts: null },
    refusals: [
      ...eachValue('name', ['', 'x'.repeat(1001)], 'M_INVALID_PARAM', {
        scopes: ['users:read'],
        expires_ts: null,
      }),
      ...eachValue('scopes', [[]], 'M_INVALID_PARAM', { name: 'x', expires_ts: null }),
      ...eachValue('expires_ts', [1], 'M_INVALID_PARAM', { name: 'x', scopes: ['users:read'] }),
    ],
    proofs: {
      'shown once': 'tokens › it is shown once, listed with its last use, and is no token of a client',
      'scope × endpoint': 'tokens › each scope opens its calls and no other',
      '403 M_FORBIDDEN: wider than the token it is made with':
        'tokens › nothing wider is had with a token than the token',
    },
  },
  listTokens: {
    refusals: FROM,
    proofs: {
      'last use': 'tokens › it is shown once, listed with its last use, and is no token of a client',
    },
  },
  getToken: {
    refusals: [NONE],
    proofs: {
      'every field': 'tokens › it is shown once, listed with its last use, and is no token of a client',
    },
  },
  revokeToken: {
    refusals: [NONE],
    proofs: {
      '200 {}': 'tokens › a token ends when it expires, is revoked, or its owner loses what it stands on',
    },
  },
  listRoomStorage: {
    refusals: FROM,
    proofs: { 'every order': 'storage › every order is paged without a hole, by its index' },
  },
  listUserStorage: {
    refusals: FROM,
    proofs: { 'every order': 'storage › every order is paged without a hole, by its index' },
  },
  streamEvents: {
    refusals: eachQuery(['since=nonsense'], 'M_INVALID_PARAM'),
    proofs: {
      'events, and on from where one was':
        'adminEvents › administrators hear of what happens, and after a kill of what they missed',
      '429 M_LIMIT_EXCEEDED: too many': 'contractServer › only so many listen to events at once',
    },
  },
} as const satisfies Rows
