import { AccountValidityAnswer, AccountValidityBody } from '../../account-validity.ts'
import type { Operations } from '../operation.ts'
import { unknownUser } from './shared.ts'

/** Accounts that expire. */
export const accountValidityOperations = {
  renewAccount: {
    method: 'POST',
    path: '/_synapse/admin/v1/account_validity/validity',
    tag: 'Account validity',
    area: 'users',
    summary: 'Say until when an account may be used',
    description:
      'Works at once, also for an account that has expired. Where accounts do not expire (`account_validity` in the ' +
      'configuration) the time is kept and has no effect until they do.',
    body: AccountValidityBody,
    missingErrcode: 'M_UNKNOWN',
    answers: { 200: { when: 'It is set', schema: AccountValidityAnswer } },
    errors: [
      [
        400,
        'M_UNKNOWN',
        '`user_id` is missing or of another server, or accounts do not expire and no time is given',
      ],
      [400, 'M_INVALID_PARAM', '`user_id` is none, or `expiration_ts` is too large'],
      unknownUser,
    ],
  },
} as const satisfies Operations
