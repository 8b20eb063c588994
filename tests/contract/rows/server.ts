import { eachQuery, eachValue, type Refusal, type Rows } from '../row.ts'

const REPORT: readonly Refusal[] = [
  ...['x', '-1', '', '1.5'].map(
    (reportId) => [`report ${reportId}`, { params: { reportId } }, 400, 'M_INVALID_PARAM'] as const,
  ),
  ['an unknown report', { params: { reportId: '12345' } }, 404, 'M_NOT_FOUND'],
]
const PURGE: readonly Refusal[] = [
  ...eachValue('purge_up_to_ts', ['1', 1.5, true], 'M_BAD_JSON'),
  ...eachValue('delete_local_events', ['true', 1], 'M_BAD_JSON'),
]
const NO_EVENT: Refusal = [
  'an unknown event',
  { body: { purge_up_to_event_id: '$none' } },
  404,
  'M_NOT_FOUND',
]
const NEITHER: Refusal = ['neither event nor time', { body: {} }, 400, 'M_BAD_JSON']
const AFAR: Refusal = [
  'an event of another room',
  { body: { purge_up_to_event_id: '{otherEvent}' } },
  400,
  'M_UNKNOWN',
]
const EARLY: Refusal = ['a time before all events', { body: { purge_up_to_ts: 1 } }, 404, 'M_NOT_FOUND']
const USES = [-1, 1.5, true, '1', 2 ** 63]
const TIMES = [1, '1', 1.5, true, 2 ** 63]
const NO_TOKEN: Refusal = ['an unknown token', { params: { token: 'none' } }, 404, 'M_NOT_FOUND']
const CONTENT = { msgtype: 'm.text', body: 'x' }
const NOTICE: readonly Refusal[] = [
  ...eachValue('user_id', ['bob'], 'M_INVALID_PARAM', { content: CONTENT }),
  ...eachValue('user_id', ['@bob:elsewhere'], 'M_UNKNOWN', { content: CONTENT }),
  ['an unknown user', { body: { user_id: '@nobody:{server}', content: CONTENT } }, 404, 'M_NOT_FOUND'],
  ...eachValue('content', [{}, { body: 'x' }, { msgtype: 'm.text' }], 'M_UNKNOWN', { user_id: '{bob}' }),
  ...eachValue('content', ['x', null], 'M_BAD_JSON', { user_id: '{bob}' }),
  ...eachValue('type', [3], 'M_BAD_JSON', { user_id: '{bob}', content: CONTENT }),
  ...eachValue('state_key', [3], 'M_BAD_JSON', { user_id: '{bob}', content: CONTENT }),
]
const NO_DESTINATION: Refusal = ['an unknown destination', {}, 404, 'M_NOT_FOUND']
const notEnabled =
  'notices › without notices in the configuration, and with a bad picture there, none is sent' as const

/** §2, §4, §6–§8, §10–§12 */
export const serverRows = {
  getRegisterNonce: {
    proofs: {
      '128 hex characters': 'register › who knows the secret makes an administrator',
      'also when it is off': 'register › without a secret the feature is off, though nonces are still given',
    },
  },
  registerWithSecret: {
    body: { nonce: 'x', username: 'x', password: 'x', mac: 'x' },
    refusals: [
      ['a nonce that was never given', {}, 400, 'M_UNKNOWN'],
      ...eachValue('nonce', [1, null], 'M_UNKNOWN', { username: 'x', password: 'x', mac: 'x' }),
    ],
    proofs: {
      'user_id, home_server, access_token, device_id':
        'register › who knows the secret makes an administrator',
      'approved at once': 'approval › accounts made by administrators are approved unless they say otherwise',
      'a nonce is good once, for 60 s': 'register › a nonce is good once, and for a minute',
      '400 M_BAD_JSON: something is missing': 'register › what is missing or wrong is named in order',
      '403 M_UNKNOWN: the MAC': 'register › what is missing or wrong is named in order',
      'displayname, user_type, device_id, refresh_token, inhibit_login':
        'register › display name, user type, device and refresh token are taken over',
      '400 M_USER_IN_USE: the name': 'register › names are held to the rules',
      '400 M_INVALID_USERNAME: the name': 'register › names are held to the rules',
      '400 M_EXCLUSIVE: the name': 'register › names are held to the rules',
      '400 M_INVALID_PARAM: device_id': 'register › what is missing or wrong is named in order',
      '400 M_UNKNOWN: there is no secret':
        'register › without a secret the feature is off, though nonces are still given',
    },
  },
  listEventReports: {
    proofs: {
      'R; from, limit, dir, user_id, room_id, event_sender_user_id; §0.5: next_token is a number':
        'reports › reported events are listed, found, shown with the event, and deleted',
      'rooms that are gone': 'reports › reports of rooms that are gone are neither listed nor counted',
    },
  },
  getEventReport: {
    refusals: REPORT,
    proofs: {
      'R and event_json': 'reports › reported events are listed, found, shown with the event, and deleted',
    },
  },
  deleteEventReport: {
    refusals: REPORT,
    proofs: { '200 {}': 'reports › reported events are listed, found, shown with the event, and deleted' },
  },
  listUserReports: {
    proofs: {
      'every field; from, limit, dir, user_id, target_user_id':
        'reports › rooms and users are reported, users are listed',
    },
  },
  getUserReport: {
    refusals: REPORT.map(([what, change, status, errcode]) => [what, change, status, errcode]),
    proofs: { 'every field': 'reports › rooms and users are reported, users are listed' },
  },
  deleteUserReport: {
    refusals: REPORT,
    proofs: { '200 {}': 'reports › rooms and users are reported, users are listed' },
  },
  purgeHistory: {
    refusals: [...PURGE, NEITHER, NO_EVENT, AFAR, EARLY],
    proofs: {
      'purge_id; state stays, and what came later; delete_local_events':
        'purge › what is older than an event goes, in small pieces; state and what came later stay',
      'up to a time; the last event stays':
        'purge › what is older than a time goes; the newest event always stays',
      '400 M_UNKNOWN: it is at work': 'purge › what cannot be purged has its errcode',
    },
  },
  purgeHistoryUpToEvent: {
    refusals: [
      ...PURGE.slice(-2),
      ['an unknown event', { params: { eventId: '$none' } }, 404, 'M_NOT_FOUND'],
      ['an event of another room', { params: { eventId: '{otherEvent}' } }, 400, 'M_UNKNOWN'],
    ],
    proofs: {
      'the path wins': 'purge › what cannot be purged has its errcode',
      '400 M_BAD_JSON: a time that is none': 'purge › what cannot be purged has its errcode',
      purge_id: 'purge › what is older than an event goes, in small pieces; state and what came later stay',
    },
  },
  getPurgeHistoryStatus: {
    refusals: [['an unknown purge', {}, 404, 'M_NOT_FOUND']],
    proofs: {
      'active, complete':
        'purge › what is older than an event goes, in small pieces; state and what came later stay',
      'scheduled is active; failed with error; the id of other work':
        'purge › what cannot be purged has its errcode',
    },
  },
  listRegistrationTokens: {
    proofs: { 'the object; valid': 'regTokens › tokens are made, listed, changed and deleted' },
  },
  createRegistrationToken: {
    refusals: [
      ...eachValue('token', [1, null, '', 'x'.repeat(65), 'a b', 'ä', 'letin'], 'M_INVALID_PARAM'),
      ...eachValue('length', ['8', 0, 65, 1.5, null, true], 'M_INVALID_PARAM'),
      ...eachValue('uses_allowed', USES, 'M_INVALID_PARAM'),
      ...eachValue('expiry_time', TIMES, 'M_INVALID_PARAM'),
    ],
    proofs: {
      'quirk 12: 200; token, length, uses_allowed 0, expiry_time':
        'regTokens › tokens are made, listed, changed and deleted',
      '500 M_UNKNOWN: all are taken':
        'regTokens › when every token of a length is taken, a random one is not to be had',
    },
  },
  getRegistrationToken: {
    refusals: [NO_TOKEN],
    proofs: {
      'the object': 'regTokens › tokens are made, listed, changed and deleted',
      'pending, completed': 'regTokens › a token that has been used up is not valid any more',
      'quirk 1: a token called new':
        'contractMedia › a file that is called delete can be deleted, and a token that is called new be looked at',
    },
  },
  updateRegistrationToken: {
    refusals: [
      ['an unknown token', { ...NO_TOKEN[1], body: {} }, 404, 'M_NOT_FOUND'],
      ...eachValue('uses_allowed', USES, 'M_INVALID_PARAM'),
      ...eachValue('expiry_time', TIMES, 'M_INVALID_PARAM'),
    ],
    proofs: { 'null; absent; {}': 'regTokens › tokens are made, listed, changed and deleted' },
  },
  deleteRegistrationToken: {
    refusals: [NO_TOKEN],
    proofs: { '200 {}': 'regTokens › tokens are made, listed, changed and deleted' },
  },
  sendServerNotice: {
    body: { user_id: '{bob}', content: CONTENT },
    refusals: NOTICE,
    proofs: {
      'event_id; one room, tagged; the invite stays':
        'notices › a notice comes in a room of its own, tagged, whose invite cannot be rejected',
      'type, state_key; what the configuration says anew':
        'notices › what the configuration says anew is told in rooms that exist; state can be sent',
      '400 M_UNKNOWN: notices are off': notEnabled,
      '500 M_UNKNOWN: a bad picture': notEnabled,
      'the order of errors':
        'contractServer › of notices that cannot be sent it is told first what is missing',
    },
  },
  sendServerNoticeOnce: {
    body: { user_id: '{bob}', content: CONTENT },
    refusals: NOTICE,
    proofs: {
      'the same answer, no second event':
        'notices › with a transaction id a notice is sent once; notices at once go to one room',
      '500 M_UNKNOWN: a bad picture': notEnabled,
    },
  },
  listDestinations: {
    proofs: {
      'F; destination, order_by, dir; §0.5: next_token is a string':
        'federation › destinations are listed, filtered, ordered, shown with their rooms, and reset',
    },
  },
  getDestination: {
    refusals: [NO_DESTINATION],
    proofs: {
      F: 'federation › destinations are listed, filtered, ordered, shown with their rooms, and reset',
    },
  },
  listDestinationRooms: {
    refusals: [NO_DESTINATION],
    proofs: {
      'room_id, stream_ordering':
        'federation › destinations are listed, filtered, ordered, shown with their rooms, and reset',
    },
  },
  resetDestination: {
    refusals: [NO_DESTINATION],
    proofs: {
      '200 {}': 'federation › destinations are listed, filtered, ordered, shown with their rooms, and reset',
      '400 M_UNKNOWN: nothing to reset':
        'federation › destinations are listed, filtered, ordered, shown with their rooms, and reset',
    },
  },
  getBackgroundUpdatesStatus: {
    proofs: {
      'enabled, current_updates':
        'background › background updates are started, paused, watched, and do their work',
    },
  },
  getBackgroundUpdatesEnabled: {
    proofs: { enabled: 'background › background updates are started, paused, watched, and do their work' },
  },
  setBackgroundUpdatesEnabled: {
    refusals: eachValue('enabled', ['yes', 1, null], 'M_UNKNOWN'),
    proofs: {
      'enabled, true by default':
        'background › background updates are started, paused, watched, and do their work',
      'lost on restart': 'contractServer › background updates go on after a restart',
    },
  },
  startBackgroundUpdate: {
    body: { job_name: 'none' },
    refusals: [...eachValue('job_name', ['none'], 'M_UNKNOWN'), ...eachValue('job_name', [3], 'M_UNKNOWN')],
    proofs: { '200 {}': 'background › background updates are started, paused, watched, and do their work' },
  },
  listScheduledTasks: {
    refusals: eachQuery(['status=lost', 'job_status=lost'], 'M_INVALID_PARAM'),
    proofs: {
      'every field; action_name, resource_id, status, max_timestamp':
        'background › scheduled tasks are found by what they do, about whom, in which state and until when',
    },
  },
  getServerVersion: {
    proofs: {
      'exactly server_version, to anybody':
        'contractServer › the version is told to anybody, and nothing else',
    },
  },
  renewAccount: {
    body: { user_id: '{bob}' },
    refusals: [
      ['no user', { body: {} }, 400, 'M_UNKNOWN'],
      ...eachValue('user_id', ['@bob:elsewhere'], 'M_UNKNOWN'),
      ...eachValue('user_id', ['bob'], 'M_INVALID_PARAM'),
      ['an unknown user', { body: { user_id: '@nobody:{server}' } }, 404, 'M_NOT_FOUND'],
      ...eachValue('expiration_ts', ['1', -1, 1.5], 'M_BAD_JSON', { user_id: '{bob}' }),
      ...eachValue('expiration_ts', [2 ** 60], 'M_INVALID_PARAM', { user_id: '{bob}' }),
      ...eachValue('enable_renewal_emails', ['no'], 'M_BAD_JSON', { user_id: '{bob}' }),
    ],
    proofs: {
      expiration_ts:
        'validity › an account that has expired can log out and nothing else, until an administrator renews it',
      '400 M_UNKNOWN: accounts do not expire': 'validity › the admin call refuses what it cannot do',
      enable_renewal_emails:
        'validity › an expired account can ask for the mail; an administrator can say that none is sent',
    },
  },
  fetchEvent: {
    refusals: [['an unknown event', { params: { eventId: '$none' } }, 404, 'M_NOT_FOUND']],
    proofs: { 'event, unredacted': 'statistics › an event is fetched as it is stored, redacted or not' },
  },
} as const satisfies Rows
