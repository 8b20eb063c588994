import { eachValue, parsedUser, type Refusal, type Rows } from '../row.ts'

const NO_DEVICE: Refusal = ['an unknown device', { params: { deviceId: 'NONE' } }, 404, 'M_NOT_FOUND']
/** It parses the user id before it looks at the token. */
const WHOIS: readonly Refusal[] = [
  ['no user id', { params: { userId: 'bob' } }, 400, 'M_INVALID_PARAM'],
  ['no user id, and no token', { params: { userId: 'bob' }, as: 'nobody' }, 400, 'M_INVALID_PARAM'],
  ['a user of another server', { params: { userId: '@bob:elsewhere' } }, 400, 'M_UNKNOWN'],
  [
    'somebody else, asked by no administrator',
    { params: { userId: '{carol}' }, as: 'bob' },
    403,
    'M_FORBIDDEN',
  ],
]

/** §1.4, §1.11, §1.12 */
export const deviceRows = {
  whois: {
    refusals: WHOIS,
    proofs: {
      'user_id, devices, connections with ip, last_seen, user_agent':
        'whois › connections are listed once for each token and address, with the latest agent',
      'an unknown user': 'whois › unknown users were seen nowhere, remote and malformed ones are refused',
      'the user themselves': 'whois › it answers under every path, to administrators and to the user',
      'puppets are booked on the administrator': 'whois › what a puppet does is booked on the administrator',
      'the page of 2021': 'seedSessions › Query current sessions for a user',
    },
  },
  whoisClientApi: {
    refusals: WHOIS,
    proofs: {
      'r0, v3, unstable, api/v1': 'whois › it answers under every path, to administrators and to the user',
    },
  },
  listDevices: {
    refusals: parsedUser,
    proofs: {
      'D and total': 'seedDevices › User devices: List all devices',
      'dehydrated, where there is one':
        'sessions › a dehydrated device is marked among the user’s devices, and none of those nobody uses',
    },
  },
  createDevice: {
    body: { device_id: 'NEW' },
    refusals: [
      ...parsedUser,
      ['no device id', { body: {} }, 400, 'M_UNKNOWN'],
      ...eachValue('device_id', ['', 3, null, ['X']], 'M_UNKNOWN'),
    ],
    proofs: { '201; what is there already stays': 'verbs › devices are made, listed, renamed and deleted' },
  },
  deleteDevices: {
    body: { devices: [] },
    refusals: [...parsedUser, ...eachValue('devices', ['X', { X: 1 }, [1], null], 'M_BAD_JSON')],
    proofs: {
      'unknown devices are fine': 'verbs › devices are made, listed, renamed and deleted',
      'the page of 2021': 'seedDevices › User devices: Delete multiple devices',
      'tokens, keys, waiting messages and pushers go':
        'devices › by … takes its session, keys, pusher and waiting messages along, and no others',
    },
  },
  getDevice: {
    refusals: [...parsedUser, NO_DEVICE],
    proofs: {
      'every field, null where there is nothing': 'verbs › devices are made, listed, renamed and deleted',
      'every field with a value':
        'contractAccounts › a device that was used shows by whom, from where and when',
      'the page of 2021': 'seedDevices › User devices: Show a device',
    },
  },
  renameDevice: {
    refusals: [
      ...parsedUser,
      [
        'a new name for an unknown device',
        { ...NO_DEVICE[1], body: { display_name: 'x' } },
        404,
        'M_NOT_FOUND',
      ],
      ...eachValue('display_name', ['x'.repeat(101)], 'M_TOO_LARGE'),
    ],
    proofs: {
      '200; no body, or no name, also for an unknown device':
        'verbs › devices are made, listed, renamed and deleted',
      'the page of 2021': 'seedDevices › User devices: Update a device',
    },
  },
  deleteDevice: {
    refusals: parsedUser,
    proofs: {
      '200, also for an unknown device': 'verbs › devices are made, listed, renamed and deleted',
      'tokens, keys, waiting messages and pushers go':
        'devices › by … takes its session, keys, pusher and waiting messages along, and no others',
      'the page of 2021': 'seedDevices › User devices: Delete a device',
    },
  },
  listPushers: {
    refusals: parsedUser,
    proofs: {
      'P and total': 'pushers › an administrator sees the pushers of a user',
      'the page of 2021': 'seedDevices › List all pushers',
    },
  },
} as const satisfies Rows
