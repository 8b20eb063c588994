import {
  type AdminDevice,
  type AdminDeviceList,
  DeleteDevicesBody,
  RenameDeviceBody,
} from '@ranvier/admin-api/devices'
import { Type } from '@ranvier/admin-api/schema'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Device } from '@ranvier/storage'
import { badRequest } from '../../../errors.ts'
import { json } from '../../answer.ts'
import { adminRoute, type Route } from '../../route.ts'
import { localUserParam } from '../../user-params.ts'
import { type AdminUserDeps, checkExists } from './deps.ts'

const LIST = '/_synapse/admin/v2/users/:userId/devices'
const ONE = '/_synapse/admin/v2/users/:userId/devices/:deviceId'

/** The devices of a user, seen and changed by administrators. */
export function adminDeviceRoutes({ accounts }: AdminUserDeps): Route[] {
  const { devices } = accounts
  const params = { userId: localUserParam(accounts.config.serverName, 'Can only lookup local users') }
  return [
    adminRoute({
      method: 'GET',
      path: LIST,
      operationId: 'listDevices',
      params,
      async handler({ params: { userId } }): Promise<AdminDeviceList> {
        await checkExists(accounts, userId)
        const [list, dehydrated] = await Promise.all([devices.list(userId), devices.findDehydrated(userId)])
        // Synapse: only of users who have a dehydrated device.
        const more = (device: Device) =>
          dehydrated === undefined ? {} : { dehydrated: device.deviceId === dehydrated }
        return {
          devices: list.map((device) => ({ ...deviceShape(device), ...more(device) })),
          total: list.length,
        }
      },
    }),
    adminRoute({
      method: 'POST',
      path: LIST,
      operationId: 'createDevice',
      params,
      body: Type.Object({}),
      async handler({ params: { userId }, body }) {
        await checkExists(accounts, userId)
        const { device_id: deviceId } = body as JsonObject // parsed JSON
        if (typeof deviceId !== 'string' || deviceId === '')
          throw badRequest("'device_id' must be a non-empty string")
        await devices.create(userId, deviceId)
        return json(201, {})
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/_synapse/admin/v2/users/:userId/delete_devices',
      operationId: 'deleteDevices',
      params,
      body: DeleteDevicesBody,
      async handler({ params: { userId }, body }) {
        await checkExists(accounts, userId)
        await devices.delete(userId, body.devices)
        return {}
      },
    }),
    adminRoute({
      method: 'GET',
      path: ONE,
      operationId: 'getDevice',
      params,
      async handler({ params: { userId, deviceId } }): Promise<AdminDevice> {
        await checkExists(accounts, userId)
        return deviceShape(await devices.get(userId, deviceId))
      },
    }),
    adminRoute({
      method: 'PUT',
      path: ONE,
      operationId: 'renameDevice',
      params,
      body: RenameDeviceBody,
      emptyBody: true,
      async handler({ params: { userId, deviceId }, body }) {
        await checkExists(accounts, userId)
        if (typeof body.display_name === 'string') await devices.rename(userId, deviceId, body.display_name)
        return {}
      },
    }),
    adminRoute({
      method: 'DELETE',
      path: ONE,
      operationId: 'deleteDevice',
      params,
      async handler({ params: { userId, deviceId } }) {
        await checkExists(accounts, userId)
        await devices.delete(userId, [deviceId])
        return {}
      },
    }),
  ]
}

function deviceShape(device: Device): AdminDevice {
  return {
    user_id: device.userId,
    device_id: device.deviceId,
    display_name: device.displayName,
    last_seen_ip: device.lastSeenIp,
    last_seen_user_agent: device.lastSeenUserAgent,
    last_seen_ts: device.lastSeenTs,
  }
}
