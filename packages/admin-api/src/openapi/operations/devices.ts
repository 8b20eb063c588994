import { Empty } from '../../common.ts'
import {
  AdminDevice,
  AdminDeviceList,
  CreateDeviceBody,
  DeleteDevicesBody,
  RenameDeviceBody,
} from '../../devices.ts'
import { AdminPusherList } from '../../pushers.ts'
import { WhoisAnswer } from '../../whois.ts'
import type { Operations } from '../operation.ts'
import { deviceIdPath, done, localUserErrors, malformedUser, remoteUser, userIdPath } from './shared.ts'

const tag = 'Devices'

const whoisErrors = [
  malformedUser,
  remoteUser,
  [403, 'M_FORBIDDEN', 'You ask for somebody else, and are no server administrator'],
] as const

/** Devices, and from where they were used. */
export const deviceOperations = {
  listDevices: {
    method: 'GET',
    path: '/_synapse/admin/v2/users/:userId/devices',
    tag,
    area: 'users',
    summary: 'The devices of a user',
    params: userIdPath,
    answers: { 200: { when: 'All devices', schema: AdminDeviceList } },
    errors: localUserErrors,
  },
  createDevice: {
    method: 'POST',
    path: '/_synapse/admin/v2/users/:userId/devices',
    tag,
    area: 'users',
    summary: 'Give a user a device',
    description: 'Nothing changes where the user has it already.',
    params: userIdPath,
    body: CreateDeviceBody,
    missingErrcode: 'M_UNKNOWN',
    answers: { 201: { when: 'The user has the device', schema: Empty } },
    errors: [...localUserErrors, [400, 'M_UNKNOWN', '`device_id` is missing, empty or no string']],
  },
  deleteDevices: {
    method: 'POST',
    path: '/_synapse/admin/v2/users/:userId/delete_devices',
    tag,
    area: 'users',
    summary: 'Delete several devices of a user',
    description: 'Ends their sessions. Ids the user has no device of are passed over.',
    params: userIdPath,
    body: DeleteDevicesBody,
    answers: done,
    errors: localUserErrors,
  },
  getDevice: {
    method: 'GET',
    path: '/_synapse/admin/v2/users/:userId/devices/:deviceId',
    tag,
    area: 'users',
    summary: 'One device of a user',
    params: deviceIdPath,
    answers: { 200: { when: 'The device', schema: AdminDevice } },
    errors: [...localUserErrors, [404, 'M_NOT_FOUND', 'The user has no such device']],
  },
  renameDevice: {
    method: 'PUT',
    path: '/_synapse/admin/v2/users/:userId/devices/:deviceId',
    tag,
    area: 'users',
    summary: 'Name a device of a user',
    description: 'Without a name nothing changes, even where there is no such device.',
    params: deviceIdPath,
    body: RenameDeviceBody,
    bodyOptional: true,
    answers: done,
    errors: [
      ...localUserErrors,
      [400, 'M_TOO_LARGE', 'The name is longer than 100 characters'],
      [404, 'M_NOT_FOUND', 'The user has no such device'],
    ],
  },
  deleteDevice: {
    method: 'DELETE',
    path: '/_synapse/admin/v2/users/:userId/devices/:deviceId',
    tag,
    area: 'users',
    summary: 'Delete a device of a user',
    description: 'Ends its session. A device the user does not have is as good as deleted.',
    params: deviceIdPath,
    answers: done,
    errors: localUserErrors,
  },
  listPushers: {
    method: 'GET',
    path: '/_synapse/admin/v1/users/:userId/pushers',
    tag,
    area: 'users',
    summary: 'The pushers of a user: where notifications are sent to',
    params: userIdPath,
    answers: { 200: { when: 'All pushers', schema: AdminPusherList } },
    errors: localUserErrors,
  },
  whois: {
    method: 'GET',
    path: '/_synapse/admin/v1/whois/:userId',
    auth: 'user',
    tag,
    area: 'users',
    summary: 'From where a user was seen',
    description: 'For server administrators, and for users themselves.',
    params: userIdPath,
    answers: { 200: { when: 'The connections; none of an unknown user', schema: WhoisAnswer } },
    errors: whoisErrors,
  },
  whoisClientApi: {
    method: 'GET',
    path: '/_matrix/client/v3/admin/whois/:userId',
    auth: 'user',
    tag,
    area: 'users',
    summary: 'From where a user was seen: the call of the client-server API',
    description: 'The same under `r0`, `unstable` and `api/v1` in place of `v3`.',
    params: userIdPath,
    answers: { 200: { when: 'The connections; none of an unknown user', schema: WhoisAnswer } },
    errors: whoisErrors,
  },
} as const satisfies Operations
