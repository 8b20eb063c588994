import { comparedUser, eachQuery, eachValue, parsedUser, type Rows } from '../row.ts'

const MALFORMED = { params: { userId: 'bob' } }
const REMOTE = { params: { userId: '@bob:elsewhere' } }
const UNKNOWN = { params: { userId: '@nobody:{server}' } }
const CLASH = [{ auth_provider: 'p', external_id: 'hers' }]

const LONG = 'a'.repeat(255)

/** Names nobody can have; of those who can be had, `bob` is taken. */
const NAMES: readonly [what: string, name: string, errcode: string][] = [
  ['a space in the name', 'a b', 'M_INVALID_USERNAME'],
  ['capital letters', 'Fresh', 'M_INVALID_USERNAME'],
  ['no name', '', 'M_INVALID_USERNAME'],
  ['an underscore at the beginning', '_x', 'M_INVALID_USERNAME'],
  ['only digits', '123', 'M_INVALID_USERNAME'],
  ['the name of the notices', 'notices', 'M_EXCLUSIVE'],
]

/** §1.1–§1.3, §1.5, §1.6, §1.10, §1.15 and what §1.16 has of accounts. */
export const accountRows = {
  getUser: {
    refusals: parsedUser,
    proofs: {
      'every field with its value': 'put › an account is created with everything given, and shown as it is',
      'the fields of 2021': 'seedAccounts › Query User Account',
      'approved, with MSC3866 on':
        'approval › accounts made by administrators are approved unless they say otherwise',
      last_seen_ts: 'whois › connections are listed once for each token and address, with the latest agent',
      '0 and 1, and password_hash, with compat 2021 only': 'put › clients of 2021 are sent ones and noughts',
    },
  },
  putUser: {
    refusals: [
      ['no user id', { ...MALFORMED, body: {} }, 400, 'M_INVALID_PARAM'],
      ['a user of another server', { ...REMOTE, body: {} }, 400, 'M_UNKNOWN'],
      ...NAMES.map(
        ([what, name, errcode]) =>
          [what, { params: { userId: `@${name}:{server}` }, body: {} }, 400, errcode] as const,
      ),
      [
        'more than 255 characters',
        { params: { userId: `@${LONG}:{server}` }, body: {} },
        400,
        'M_INVALID_USERNAME',
      ],
      ...eachValue('password', [1, {}, true, 'x'.repeat(513)], 'M_UNKNOWN'),
      ...eachValue('logout_devices', ['no', 1], 'M_UNKNOWN', { password: 'x' }),
      ...eachValue('displayname', [5, null, [], {}], 'M_INVALID_PARAM'),
      ...eachValue('displayname', ['x'.repeat(257)], 'M_UNKNOWN'),
      ...eachValue('avatar_url', [5, [], {}], 'M_INVALID_PARAM'),
      ...eachValue('avatar_url', ['x'.repeat(1001)], 'M_UNKNOWN'),
      ...eachValue(
        'threepids',
        ['x', ['x'], [{ medium: 'email' }], [{ address: 'a@b.c' }]],
        'M_MISSING_PARAM',
      ),
      ...eachValue('threepids', [[{ medium: 'fax', address: '1' }]], 'M_INVALID_PARAM'),
      ...eachValue('threepids', [[{ medium: 'email', address: 'nobody' }]], 'M_UNKNOWN'),
      ...eachValue(
        'external_ids',
        ['x', [{ auth_provider: 'x' }], [{ external_id: 'x' }]],
        'M_MISSING_PARAM',
      ),
      ...eachValue('admin', ['true', 1, 0, null], 'M_BAD_JSON'),
      ...eachValue('deactivated', ['false', 1, null], 'M_UNKNOWN'),
      ...eachValue('user_type', ['wizard', 3], 'M_UNKNOWN'),
      ...eachValue('locked', ['true', 1, null], 'M_UNKNOWN'),
      ['locked and deactivated at once', { body: { locked: true, deactivated: true } }, 400, 'M_UNKNOWN'],
      ['taking your own flag', { params: { userId: '{admin}' }, body: { admin: false } }, 400, 'M_UNKNOWN'],
      ['an identity of another account', { body: { external_ids: CLASH } }, 409, 'M_UNKNOWN'],
      [
        'the same for a new account',
        { params: { userId: '@fresh:{server}' }, body: { external_ids: CLASH } },
        409,
        'M_UNKNOWN',
      ],
    ],
    proofs: {
      '201 with everything given': 'put › an account is created with everything given, and shown as it is',
      '200, absent is unchanged; "", [] and null clear': 'put › only what is given is changed',
      'the name of a new account; "" is no profile':
        'put › a new account is called by its localpart unless it has no name',
      'logout_devices, and your own session': 'put › a new password logs the user out unless told not to',
      'quirks 2 and 3: all or nothing': 'put › a late conflict leaves nothing behind',
      'a threepid moves silently': 'put › an address moves silently to the latest account',
      '§1.2.1, without a password': 'put › an account is deactivated and opened again',
      '§1.2.1, erased': 'put › an erased account is not erased any more when it is opened again',
      locked: 'put › locking shuts out, and is undone',
      'a refusal changes nothing': 'put › every bad value has its errcode, and nothing is changed',
      '403 M_FORBIDDEN: passwords are not kept here':
        'put › passwords are refused by a server that keeps none, but not for new accounts',
      '403 M_FORBIDDEN: limits of avatars':
        'avatars › only pictures that the configuration lets be are avatars',
      '400 M_EXCLUSIVE: a name of an application service':
        'appservice › a namespace is for its application service alone, which has no other',
      approved: 'approval › accounts made by administrators are approved unless they say otherwise',
      '400 M_USER_IN_USE: an account from other times, with capitals':
        'put › nobody demotes themselves, and bad names are refused',
      'the page of 2021': 'seedAccounts › Create or modify Account: each body parameter',
      'an email pusher for a new account, none for a number':
        'contractAccounts › a new account with an address gets mail about events, and none for a telephone number',
      'rooms hear of a new name; surrounding spaces go':
        'contractAccounts › a new name is told to the rooms in the name of the user, without the spaces around it',
      'new accounts join the rooms for everybody; no session':
        'configured › new accounts join the rooms everybody is put into, however they are made',
      'extra and default user types':
        'contractAccounts › types of the configuration can be given, and one is given by itself',
    },
  },
  listUsers: {
    refusals: eachQuery(['user_id=%C3%A9'], 'M_UNKNOWN'),
    proofs: {
      'every field with its value': 'list › an item of the list has the documented members',
      'deactivated, locked': 'list › deactivated and locked accounts are hidden unless asked for',
      'guests, admins, not_user_type': 'list › guests, administrators and types are filtered',
      'name, user_id, quirk 7':
        'list › names and ids are searched by part, in any letter case, wildcards meaning themselves',
      'order_by, dir, quirk 10': 'list › every order goes both ways, and equal ones by ascending name',
      '§0.5: next_token is a string; limit=0': 'list › pages follow each other without gaps',
      approved: 'approval › who signs up waits until an administrator approves the account',
      '0 and 1 with compat 2021': 'put › clients of 2021 are sent ones and noughts',
      'the page of 2021': 'seedAccounts › List Accounts',
    },
  },
  listUsersV3: {
    refusals: eachQuery(['user_id=%C3%A9'], 'M_UNKNOWN'),
    proofs: {
      'deactivated: absent all, true only, false none':
        'list › deactivated and locked accounts are hidden unless asked for',
    },
  },
  searchUsers: {
    query: 'term=x',
    refusals: [
      ['no user id', MALFORMED, 400, 'M_INVALID_PARAM'],
      ['a user of another server', REMOTE, 400, 'M_UNKNOWN'],
    ],
    proofs: {
      'a bare list; quirk 6':
        'smallCalls › accounts are searched by part of their id, without their password hashes',
    },
  },
  findUserByExternalId: {
    refusals: [
      ['an unknown provider', { params: { provider: 'x' } }, 404, 'M_NOT_FOUND'],
      ['an unknown identity', { params: { externalId: 'x' } }, 404, 'M_NOT_FOUND'],
    ],
    proofs: {
      'encoded in the path': 'smallCalls › a user is found by address and by identity at a provider',
    },
  },
  findUserByThreepid: {
    refusals: [
      ['an unknown medium', { params: { medium: 'fax' } }, 404, 'M_NOT_FOUND'],
      ['an unknown address', { params: { address: 'x@y.z' } }, 404, 'M_NOT_FOUND'],
    ],
    proofs: {
      '200': 'smallCalls › a user is found by address and by identity at a provider',
    },
  },
  deactivateUser: {
    refusals: [...parsedUser, ...eachValue('erase', ['yes', 1, null], 'M_BAD_JSON')],
    proofs: {
      '200, empty body, repeated, erase':
        'verbs › deactivating closes the account for good, and can be repeated',
      'erase makes displayname and avatar_url null':
        'deactivateDb › an erased account has no name any more, and who comes later does not see what it said',
      'of yourself': 'administrators › may deactivate themselves',
      '400 M_UNKNOWN: unbinding fails':
        'unbind › who closes their account is unbound first; if that cannot be, the account stays',
      'the page of 2021': 'seedSessions › Deactivate Account: …',
    },
  },
  resetPassword: {
    body: { new_password: 'x' },
    refusals: [
      ['no user id', MALFORMED, 400, 'M_INVALID_PARAM'],
      ['a user of another server', REMOTE, 404, 'M_NOT_FOUND'],
      ['an unknown user', UNKNOWN, 404, 'M_NOT_FOUND'],
      ...eachValue('new_password', [1, null, {}], 'M_BAD_JSON'),
      ...eachValue('new_password', ['x'.repeat(513)], 'M_UNKNOWN'),
      ...eachValue('logout_devices', ['y', 1], 'M_BAD_JSON', { new_password: 'x' }),
    ],
    proofs: {
      '200; logout_devices; a deactivated account':
        'verbs › resetting a password logs out, unless told not to, and works on deactivated accounts',
      '403 M_FORBIDDEN: no passwords here': 'resetPassword › is refused where there are no passwords',
      'the page of 2021': 'seedSessions › Reset password',
    },
  },
  loginAsUser: {
    refusals: [
      ...comparedUser,
      ...eachValue('valid_until_ms', [true, 1.5, '1', []], 'M_UNKNOWN'),
      ['yourself', { params: { userId: '{admin}' } }, 400, 'M_UNKNOWN'],
    ],
    proofs: {
      'only access_token': 'loginAs › a puppet token acts as the user, has no device and shows nowhere',
      'valid_until_ms; null': 'loginAs › locking stops puppets, and so does their time',
      'log-outs': 'loginAs › log-outs of user, administrator and puppet end what is theirs',
      'quirk 9': 'loginAs › a puppet that logs out everywhere logs the user out and stays',
      'deactivated users': 'loginAs › puppets die with their administrator, and outlive the user',
      'the page of 2021': 'seedDevices › Login as a user',
    },
  },
  getAccountData: {
    refusals: comparedUser,
    proofs: {
      '200, global and by room': 'smallCalls › account data is shown whole, alone and by room',
    },
  },
  checkUsername: {
    query: 'username=fresh',
    refusals: [
      ['a name that is taken', { query: 'username=bob' }, 400, 'M_USER_IN_USE'],
      ['more than 255 characters', { query: `username=${LONG}` }, 400, 'M_INVALID_USERNAME'],
      ...NAMES.map(
        ([what, name, errcode]) =>
          [what, { query: `username=${encodeURIComponent(name)}` }, 400, errcode] as const,
      ),
    ],
    proofs: {
      '200 {available: true}': 'verbs › a name is available or its 400 says why not',
      'with registration closed': 'seedDevices › Check username availability',
    },
  },
} as const satisfies Rows
