import { Empty } from '../../common.ts'
import type { ErrorRow } from '../operation.ts'

// Rows many operations have.
export const malformedUser = [400, 'M_INVALID_PARAM', 'What stands for the user id is none'] as const
export const remoteUser = [400, 'M_UNKNOWN', 'The user is of another server'] as const
/** Where only the server's name is looked at. */
export const notOwnUser = [400, 'M_UNKNOWN', 'The id is malformed, or of another server'] as const
export const unknownUser = [404, 'M_NOT_FOUND', 'No such user'] as const

/** Malformed, remote, unknown. */
export const localUserErrors = [malformedUser, remoteUser, unknownUser] as const satisfies ErrorRow[]

export const userIdPath = { userId: 'Full user id, such as `@user:server.com`' } as const

export const deviceIdPath = { ...userIdPath, deviceId: 'Id of the device' } as const

export const done = { 200: { when: 'Done', schema: Empty } } as const

/** Of our own lists. */
export const badToken = [400, 'M_INVALID_PARAM', '`from` is no `next_token` of this list'] as const
