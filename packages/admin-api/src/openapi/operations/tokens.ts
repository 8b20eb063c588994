import { Empty } from '../../common.ts'
import { AdminTokenList, AdminTokenShape, CreatedToken, CreateTokenBody } from '../../tokens.ts'
import type { ErrorRow, Operations } from '../operation.ts'
import { TokensQuery } from '../queries/tokens.ts'
import { badToken } from './shared.ts'

const tag = 'Scoped tokens'
const params = { tokenId: 'Id of the token' } as const
const unknownToken = [404, 'M_NOT_FOUND', 'No such token'] as const satisfies ErrorRow

/** Tokens for scripts. */
export const tokenOperations = {
  createToken: {
    method: 'POST',
    path: '/_ranvier/admin/v1/tokens',
    tag,
    area: 'access',
    summary: 'Make a token that may do some of what you may',
    description:
      'Only calls of the admin API take it. It ends when you are no administrator any more, are locked or deactivated.',
    body: CreateTokenBody,
    answers: { 200: { when: 'The token, which is not shown again', schema: CreatedToken } },
    errors: [
      [400, 'M_INVALID_PARAM', '`name` is empty or too long, `scopes` is empty, or `expires_ts` has passed'],
      [403, 'M_FORBIDDEN', 'It would be wider, or last longer, than the token it is made with'],
    ],
  },
  listTokens: {
    method: 'GET',
    path: '/_ranvier/admin/v1/tokens',
    tag,
    area: 'access',
    summary: 'The scoped tokens of all administrators, with their last use',
    query: TokensQuery,
    answers: { 200: { when: 'A page of them, without the tokens themselves', schema: AdminTokenList } },
    errors: [badToken],
  },
  getToken: {
    method: 'GET',
    path: '/_ranvier/admin/v1/tokens/:tokenId',
    tag,
    area: 'access',
    summary: 'One scoped token',
    params,
    answers: { 200: { when: 'What is known about it', schema: AdminTokenShape } },
    errors: [unknownToken],
  },
  revokeToken: {
    method: 'DELETE',
    path: '/_ranvier/admin/v1/tokens/:tokenId',
    tag,
    area: 'access',
    summary: 'End a scoped token, and those made with it',
    description: 'From the next request on. One that has ended already stays so.',
    params,
    answers: { 200: { when: 'It has ended', schema: Empty } },
    errors: [unknownToken],
  },
} as const satisfies Operations
