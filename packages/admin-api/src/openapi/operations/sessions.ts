import { LoggedOut, StaleDevices } from '../../sessions.ts'
import type { Operations } from '../operation.ts'
import { StaleDevicesQuery } from '../queries/sessions.ts'
import { badToken, localUserErrors, userIdPath } from './shared.ts'

const tag = 'Devices'

/** Who is logged in. Our own calls. */
export const sessionOperations = {
  logOutUser: {
    method: 'POST',
    path: '/_ranvier/admin/v1/users/:userId/log_out',
    tag,
    area: 'users',
    summary: 'Log a user out everywhere',
    description:
      'As `/logout/all` of their own: devices with their keys, access and refresh tokens and pushers go. Tokens that administrators hold for the user stay.',
    params: userIdPath,
    answers: { 200: { when: 'Done', schema: LoggedOut } },
    errors: localUserErrors,
  },
  listStaleDevices: {
    method: 'GET',
    path: '/_ranvier/admin/v1/stale_devices',
    tag,
    area: 'users',
    summary: 'Devices nobody has used for long',
    query: StaleDevicesQuery,
    answers: { 200: { when: 'A page of them', schema: StaleDevices } },
    errors: [badToken],
  },
} as const satisfies Operations
