import { ServerVersion } from '../../common.ts'
import { RegisterNonce, SecretRegisterAnswer, SecretRegisterBody } from '../../register.ts'
import type { Operations } from '../operation.ts'

/** What needs no token. */
export const serverOperations = {
  getServerVersion: {
    method: 'GET',
    path: '/_synapse/admin/v1/server_version',
    auth: 'none',
    tag: 'Server',
    area: 'server',
    summary: 'Which server this is',
    answers: { 200: { when: 'Name and version', schema: ServerVersion } },
    errors: [],
  },
  getRegisterNonce: {
    method: 'GET',
    path: '/_synapse/admin/v1/register',
    auth: 'none',
    tag: 'Registration with the shared secret',
    area: 'registration',
    summary: 'A nonce to register with',
    answers: { 200: { when: 'The nonce', schema: RegisterNonce } },
    errors: [],
  },
  registerWithSecret: {
    method: 'POST',
    path: '/_synapse/admin/v1/register',
    auth: 'none',
    tag: 'Registration with the shared secret',
    area: 'registration',
    summary: 'Make an account with the shared secret',
    body: SecretRegisterBody,
    missingErrcode: 'M_BAD_JSON',
    answers: { 200: { when: 'The account, logged in', schema: SecretRegisterAnswer } },
    errors: [
      [400, 'M_BAD_JSON', '`nonce`, `username`, `password` or `mac` is missing'],
      [
        400,
        'M_UNKNOWN',
        'There is no shared secret, the nonce is unknown or too old, or a value cannot be taken',
      ],
      [
        400,
        'M_INVALID_USERNAME',
        'The name is empty, too long, only digits, or has characters that are not allowed',
      ],
      [400, 'M_INVALID_PARAM', '`device_id` is empty or too long'],
      [400, 'M_USER_IN_USE', 'The name is taken'],
      [400, 'M_EXCLUSIVE', 'The name is kept for the server itself or an application service'],
      [403, 'M_UNKNOWN', 'The MAC is not right'],
    ],
  },
} as const satisfies Operations
