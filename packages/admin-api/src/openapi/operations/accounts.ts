import { Type } from 'typebox'
import {
  DeactivateAnswer,
  DeactivateBody,
  FoundUser,
  LoginAsAnswer,
  LoginAsBody,
  ModifyUserBody,
  ResetPasswordBody,
  SearchedUser,
  UserAccountData,
  UserDetails,
  UserList,
  UsernameAvailable,
} from '../../users.ts'
import type { Operations } from '../operation.ts'
import { ListUsersV2Query, ListUsersV3Query, SearchUsersQuery, UsernameQuery } from '../queries/users.ts'
import {
  done,
  localUserErrors,
  malformedUser,
  notOwnUser,
  remoteUser,
  unknownUser,
  userIdPath,
} from './shared.ts'

const tag = 'Accounts'

const usernameErrors = [
  [
    400,
    'M_INVALID_USERNAME',
    'The name is empty, too long, only digits, or has characters that are not allowed',
  ],
  [400, 'M_USER_IN_USE', 'The name is taken, in whatever letter case'],
  [400, 'M_EXCLUSIVE', 'The name is kept for the server itself or an application service'],
] as const

/** Accounts: look at, find, make, change, close. */
export const accountOperations = {
  getUser: {
    method: 'GET',
    path: '/_synapse/admin/v2/users/:userId',
    tag,
    summary: 'One account',
    params: userIdPath,
    answers: { 200: { when: 'The account', schema: UserDetails } },
    errors: localUserErrors,
  },
  putUser: {
    method: 'PUT',
    path: '/_synapse/admin/v2/users/:userId',
    tag,
    summary: 'Make or change an account',
    description:
      'Everything that is given is done, or nothing. What is absent stays as it is, or is the default of a new account.',
    params: userIdPath,
    body: ModifyUserBody,
    answers: {
      200: { when: 'The account was changed', schema: UserDetails },
      201: { when: 'The account was made', schema: UserDetails },
    },
    errors: [
      malformedUser,
      remoteUser,
      ...usernameErrors,
      [400, 'M_MISSING_PARAM', 'A threepid or external id without one of its members'],
      [400, 'M_INVALID_PARAM', 'A displayname or avatar_url that is no string, or an unknown medium'],
      [400, 'M_BAD_JSON', '`admin` is neither true nor false'],
      [400, 'M_UNKNOWN', 'Any other value that cannot be taken; taking your own administrator flag'],
      [403, 'M_FORBIDDEN', 'A password for an existing account, where passwords are not kept here'],
      [409, 'M_UNKNOWN', 'An external id that is another account’s'],
    ],
  },
  listUsers: {
    method: 'GET',
    path: '/_synapse/admin/v2/users',
    tag,
    summary: 'Accounts, page by page',
    query: ListUsersV2Query,
    answers: { 200: { when: 'A page', schema: UserList } },
    errors: [[400, 'M_UNKNOWN', '`user_id` is not ASCII']],
  },
  listUsersV3: {
    method: 'GET',
    path: '/_synapse/admin/v3/users',
    tag,
    summary: 'Accounts, page by page, deactivated ones included',
    query: ListUsersV3Query,
    answers: { 200: { when: 'A page', schema: UserList } },
    errors: [[400, 'M_UNKNOWN', '`user_id` is not ASCII']],
  },
  searchUsers: {
    method: 'GET',
    path: '/_synapse/admin/v1/search_users/:userId',
    tag,
    summary: 'Accounts whose id contains a text',
    description: 'At most 1,000. `listUsers` has pages and more filters.',
    params: { userId: 'Any full user id of this server' },
    query: SearchUsersQuery,
    answers: { 200: { when: 'The accounts, by ascending name', schema: Type.Array(SearchedUser) } },
    errors: [malformedUser, remoteUser],
  },
  findUserByExternalId: {
    method: 'GET',
    path: '/_synapse/admin/v1/auth_providers/:provider/users/:externalId',
    tag,
    summary: 'Whose identity at a provider of single sign-on this is',
    params: { provider: 'The provider, by its `idp_id`', externalId: 'The user at that provider' },
    answers: { 200: { when: 'The account', schema: FoundUser } },
    errors: [[404, 'M_NOT_FOUND', 'It is no account’s']],
  },
  findUserByThreepid: {
    method: 'GET',
    path: '/_synapse/admin/v1/threepid/:medium/users/:address',
    tag,
    summary: 'Whose email address or phone number this is',
    params: { medium: '`email` or `msisdn`', address: 'The address as it is kept: emails in lower case' },
    answers: { 200: { when: 'The account', schema: FoundUser } },
    errors: [[404, 'M_NOT_FOUND', 'It is no account’s']],
  },
  deactivateUser: {
    method: 'POST',
    path: '/_synapse/admin/v1/deactivate/:userId',
    tag,
    summary: 'Deactivate an account',
    description:
      'Ends all sessions; removes password, devices and their keys, pushers, email addresses and phone numbers; leaves ' +
      'all rooms and refuses invitations in the background. Once more for a deactivated account succeeds.',
    params: userIdPath,
    body: DeactivateBody,
    bodyOptional: true,
    answers: { 200: { when: 'The account is deactivated', schema: DeactivateAnswer } },
    errors: localUserErrors,
  },
  resetPassword: {
    method: 'POST',
    path: '/_synapse/admin/v1/reset_password/:userId',
    tag,
    summary: 'Set the password of an account',
    params: userIdPath,
    body: ResetPasswordBody,
    answers: done,
    errors: [
      malformedUser,
      [400, 'M_UNKNOWN', 'The password is longer than 512 characters'],
      [403, 'M_FORBIDDEN', 'Passwords are not kept here'],
      [404, 'M_NOT_FOUND', 'No such user, or one of another server'],
    ],
  },
  loginAsUser: {
    method: 'POST',
    path: '/_synapse/admin/v1/users/:userId/login',
    tag,
    summary: 'A token to act as a user',
    description:
      'It makes no device, so the user does not see it. It ends with `/logout`, with `/logout/all` of the administrator, ' +
      'and at `valid_until_ms`; not with the sessions of the user.',
    params: userIdPath,
    body: LoginAsBody,
    bodyOptional: true,
    answers: { 200: { when: 'The token', schema: LoginAsAnswer } },
    errors: [
      notOwnUser,
      [400, 'M_UNKNOWN', '`valid_until_ms` is no integer, or the user is yourself'],
      unknownUser,
    ],
  },
  getAccountData: {
    method: 'GET',
    path: '/_synapse/admin/v1/users/:userId/accountdata',
    tag,
    summary: 'What clients keep on the server for a user',
    params: userIdPath,
    answers: { 200: { when: 'All of it', schema: UserAccountData } },
    errors: [notOwnUser, unknownUser],
  },
  checkUsername: {
    method: 'GET',
    path: '/_synapse/admin/v1/username_available',
    tag,
    summary: 'Whether an account of this name could be made',
    query: UsernameQuery,
    answers: { 200: { when: 'It could', schema: UsernameAvailable } },
    errors: usernameErrors,
  },
} as const satisfies Operations
