import {
  AdminRegistrationToken,
  NewRegistrationToken,
  RegistrationTokenChange,
  RegistrationTokenList,
} from '../../registration-tokens.ts'
import type { ErrorRow, Operations } from '../operation.ts'
import { RegistrationTokensQuery } from '../queries/registration-tokens.ts'
import { done } from './shared.ts'

/** `GET /v1/registration_tokens` */
const tag = 'Registration tokens'
const params = { token: 'The token' } as const
const unknownToken = [404, 'M_NOT_FOUND', 'No such token'] as const satisfies ErrorRow
const badValue = [
  400,
  'M_INVALID_PARAM',
  'A value has the wrong type or is out of range, or `expiry_time` is in the past',
] as const satisfies ErrorRow

/** Tokens that let somebody register. */
export const registrationTokenOperations = {
  listRegistrationTokens: {
    method: 'GET',
    path: '/_synapse/admin/v1/registration_tokens',
    tag,
    area: 'registration',
    summary: 'The registration tokens',
    query: RegistrationTokensQuery,
    answers: { 200: { when: 'The tokens', schema: RegistrationTokenList } },
    errors: [],
  },
  createRegistrationToken: {
    method: 'POST',
    path: '/_synapse/admin/v1/registration_tokens/new',
    tag,
    area: 'registration',
    summary: 'Make a registration token',
    body: NewRegistrationToken,
    answers: { 200: { when: 'The token', schema: AdminRegistrationToken } },
    errors: [
      badValue,
      [400, 'M_INVALID_PARAM', '`token` exists'],
      [500, 'M_UNKNOWN', 'No free token of this `length` was found'],
    ],
  },
  getRegistrationToken: {
    method: 'GET',
    path: '/_synapse/admin/v1/registration_tokens/:token',
    tag,
    area: 'registration',
    summary: 'One registration token',
    params,
    answers: { 200: { when: 'The token', schema: AdminRegistrationToken } },
    errors: [unknownToken],
  },
  updateRegistrationToken: {
    method: 'PUT',
    path: '/_synapse/admin/v1/registration_tokens/:token',
    tag,
    area: 'registration',
    summary: 'Change how often and how long a registration token can be used',
    params,
    body: RegistrationTokenChange,
    answers: { 200: { when: 'The token as it is now', schema: AdminRegistrationToken } },
    errors: [badValue, unknownToken],
  },
  deleteRegistrationToken: {
    method: 'DELETE',
    path: '/_synapse/admin/v1/registration_tokens/:token',
    tag,
    area: 'registration',
    summary: 'Delete a registration token',
    params,
    answers: done,
    errors: [unknownToken],
  },
} as const satisfies Operations
