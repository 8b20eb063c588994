import { comparedUser, eachQuery, eachValue, parsedUser, type Refusal, type Rows } from '../row.ts'

const MALFORMED: Refusal = ['no user id', { params: { userId: 'bob' } }, 400, 'M_INVALID_PARAM']
const REMOTE: Refusal = [
  'a user of another server',
  { params: { userId: '@bob:elsewhere' } },
  400,
  'M_UNKNOWN',
]
const UNKNOWN: Refusal = ['an unknown user', { params: { userId: '@nobody:{server}' } }, 404, 'M_NOT_FOUND']
/** Spec: CS API §Account moderation */
const CLIENT_API: readonly Refusal[] = [
  MALFORMED,
  ['a user of another server', REMOTE[1], 400, 'M_INVALID_PARAM'],
  ['an unknown user', UNKNOWN[1], 404, 'M_NOT_FOUND'],
]
const OWN: Refusal = ['your own account', { params: { userId: '{admin}' } }, 403, 'M_FORBIDDEN']
const NUMBERS = ['1', -1, 1.5, true, null, [], 2 ** 60]

/** §1.7, §1.8, §1.13, §1.14 and what §1.16 has of rights and activity. */
export const moderationRows = {
  getAdminFlag: {
    refusals: [MALFORMED, REMOTE],
    proofs: {
      'true, false; false for an unknown user': 'verbs › the admin flag is read and set',
      'the page of 2021': 'seedSessions › Get whether a user is a server administrator or not',
    },
  },
  setAdminFlag: {
    body: { admin: false },
    refusals: [
      MALFORMED,
      REMOTE,
      UNKNOWN,
      ['quirk 4: a text', { body: { admin: 'false' } }, 400, 'M_BAD_JSON'],
      ...eachValue('admin', [0, 1, null], 'M_BAD_JSON'),
      ['taking your own', { params: { userId: '{admin}' } }, 400, 'M_UNKNOWN'],
    ],
    proofs: {
      '200, at once': 'verbs › the admin flag is read and set',
      'the page of 2021': 'seedSessions › Change whether a user is a server administrator or not',
    },
  },
  suspendUser: {
    body: { suspend: false },
    refusals: [...parsedUser, ...eachValue('suspend', ['true', 1, null], 'M_BAD_JSON')],
    proofs: {
      'quirk 11; idempotent':
        'smallCalls › shadow bans and suspensions are switched, shown, and may be switched again',
    },
  },
  getSuspended: {
    refusals: CLIENT_API,
    proofs: {
      suspended: 'clientModeration › …: what administrators set takes effect at once, and is what they read',
    },
  },
  setSuspended: {
    body: { suspended: false },
    refusals: [...CLIENT_API, OWN, ...eachValue('suspended', ['true', 1, null], 'M_BAD_JSON')],
    proofs: {
      'by the same verb':
        'clientModeration › …: what administrators set takes effect at once, and is what they read',
    },
  },
  getLocked: {
    refusals: CLIENT_API,
    proofs: {
      locked: 'clientModeration › …: what administrators set takes effect at once, and is what they read',
    },
  },
  setLocked: {
    body: { locked: false },
    refusals: [...CLIENT_API, OWN, ...eachValue('locked', ['true', 1, null], 'M_BAD_JSON')],
    proofs: {
      'by the same verb':
        'clientModeration › …: what administrators set takes effect at once, and is what they read',
    },
  },
  shadowBanUser: {
    refusals: comparedUser,
    proofs: {
      '200 {}; idempotent; shown':
        'smallCalls › shadow bans and suspensions are switched, shown, and may be switched again',
      'on the sessions there are':
        'moderation › a shadow-banned user believes to be heard, on the sessions there are, until the ban is lifted',
      'the page of 2021': 'seedDevices › Controlling whether a user is shadow-banned',
    },
  },
  unshadowBanUser: {
    refusals: comparedUser,
    proofs: {
      '200 {}; idempotent; shown':
        'smallCalls › shadow bans and suspensions are switched, shown, and may be switched again',
    },
  },
  getRateLimit: {
    refusals: comparedUser,
    proofs: {
      '{}, both numbers, nulls as 0':
        'smallCalls › an override is set, read and deleted; only whole numbers from 0 on will do',
    },
  },
  setRateLimit: {
    refusals: [
      ...comparedUser,
      ...eachValue('messages_per_second', NUMBERS, 'M_INVALID_PARAM'),
      ...eachValue('burst_count', NUMBERS, 'M_INVALID_PARAM'),
    ],
    proofs: {
      'both numbers; no body; again':
        'smallCalls › an override is set, read and deleted; only whole numbers from 0 on will do',
      'the page of 2021': 'seedDevices › Override ratelimiting for users: get, set and delete',
      'it limits and lifts':
        'moderation › an override of messages is one of messages alone; one of none lifts every limit',
    },
  },
  deleteRateLimit: {
    refusals: comparedUser,
    proofs: {
      '200 {}; idempotent':
        'smallCalls › an override is set, read and deleted; only whole numbers from 0 on will do',
    },
  },
  getExperimentalFeatures: {
    refusals: [MALFORMED, REMOTE],
    proofs: { 'every key, always': 'smallCalls › experimental features are kept one by one' },
  },
  setExperimentalFeatures: {
    body: { features: { msc3881: true } },
    refusals: [
      MALFORMED,
      REMOTE,
      UNKNOWN,
      ['no features', { body: {} }, 400, 'M_UNKNOWN'],
      ...eachValue('features', [{}, [], 'x', null, { msc1: true }, { msc3881: 1 }], 'M_UNKNOWN'),
    ],
    proofs: { '200 {}': 'smallCalls › experimental features are kept one by one' },
  },
  allowKeyReplacement: {
    refusals: [
      ['an unknown user', UNKNOWN[1], 404, 'M_NOT_FOUND'],
      ['a user without a master key', {}, 404, 'M_NOT_FOUND'],
    ],
    proofs: {
      'ten minutes': 'smallCalls › the window to replace cross-signing keys needs a user with a master key',
      'the keys are replaced without a password':
        'crossSigning › an administrator may let a user replace the keys without proof, for ten minutes',
    },
  },
  redactUser: {
    body: { rooms: [] },
    refusals: [
      MALFORMED,
      ...eachValue('rooms', ['all', [1], null], 'M_BAD_JSON'),
      ...eachValue('limit', ['1', 1.5, true], 'M_BAD_JSON', { rooms: [] }),
      ...eachValue('limit', [-1], 'M_UNKNOWN', { rooms: [] }),
      ...eachValue('use_admin', [1, 'true'], 'M_BAD_JSON', { rooms: [] }),
      ...eachValue('reason', [1], 'M_BAD_JSON', { rooms: [] }),
      ...eachValue('before_ts', ['x', 1.5], 'M_BAD_JSON', { rooms: [] }),
      ...eachValue('after_ts', ['x', 1.5], 'M_BAD_JSON', { rooms: [] }),
      ['two things wrong', { body: { limit: 'x' } }, 400, 'M_BAD_JSON'],
    ],
    proofs: {
      'all rooms joined or banned from; messages, encrypted ones and joins':
        'redactions › all that a user has said is redacted, in the user’s name, in rooms joined and banned from',
      'limit, 0 too; bounds are inclusive':
        'redactions › limit and times choose what is redacted, the newest first',
      use_admin: 'redactions › what cannot be redacted is told, and stops nothing',
      'remote and unknown users':
        'redactions › bad requests have their errcodes; unknown and remote users have nothing to redact',
      '400 M_UNKNOWN: a job is running':
        'redactions › one redaction of a user is done at a time, and suspended users are cleaned up behind as well',
    },
  },
  getRedactStatus: {
    refusals: [['an unknown job', {}, 404, 'M_NOT_FOUND']],
    proofs: {
      'complete, with what failed': 'redactions › what cannot be redacted is told, and stops nothing',
      'scheduled, failed with error':
        'redactions › one redaction of a user is done at a time, and suspended users are cleaned up behind as well',
    },
  },
  listJoinedRooms: {
    proofs: {
      'joined_rooms, total': 'moderation › what a user does in rooms is counted and listed',
      'habit C': 'smallCalls › what is asked about rooms, anybody may be asked about',
      'the page of 2021': 'seedSessions › List room memberships of a user',
    },
  },
  listMemberships: {
    proofs: {
      'by room; a forgotten room too': 'moderation › what a user does in rooms is counted and listed',
      'invite, ban, knock': 'contractRooms › what a user is to each room is one of five words',
      'habit C': 'smallCalls › what is asked about rooms, anybody may be asked about',
    },
  },
  countSentInvites: {
    query: 'from_ts=0',
    refusals: eachQuery(['from_ts=yesterday'], 'M_INVALID_PARAM'),
    proofs: {
      'inclusive; kicks and bans do not count':
        'moderation › what a user does in rooms is counted and listed',
      'habit C': 'smallCalls › what is asked about rooms, anybody may be asked about',
    },
  },
  countJoinedRooms: {
    query: 'from_ts=0',
    refusals: eachQuery(['from_ts=yesterday'], 'M_INVALID_PARAM'),
    proofs: {
      'still counted after a leave': 'moderation › what a user does in rooms is counted and listed',
      'habit C': 'smallCalls › what is asked about rooms, anybody may be asked about',
    },
  },
} as const satisfies Rows
