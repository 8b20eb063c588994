import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Device, StalePlace, Storage } from '@ranvier/storage'
import type { Clock } from '../../clock.ts'
import { MatrixError, notFound } from '../../errors.ts'
import { type AccountDependents, deleteDevicesIn } from '../account-data.ts'
import { checkDeviceId, MAX_DEVICE_NAME_LENGTH } from './sessions.ts'

/** A user's devices, for the user and for administrators alike. */
export interface Devices {
  list(userId: UserId): Promise<Device[]>
  /** The id of the user's dehydrated device, which is among the devices. MSC3814 */
  findDehydrated(userId: UserId): Promise<string | undefined>
  /** Devices of all users not used since a time (ms since epoch), those unseen longest first, behind `after`. */
  listStale(unseenSinceTs: number, page: { after: StalePlace | undefined; limit: number }): Promise<Device[]>
  /** 404 `M_NOT_FOUND` if there is no such device. */
  get(userId: UserId, deviceId: string): Promise<Device>
  /** 404 for an unknown device, 400 `M_TOO_LARGE` for a name of more than 100 characters. */
  rename(userId: UserId, deviceId: string, displayName: string): Promise<void>
  /** Makes a device without a session; an existing one stays as it is. */
  create(userId: UserId, deviceId: string): Promise<void>
  /** As {@link create}, with a name; false, and nothing changes, if there is such a device. 400 for id and name. */
  createNamed(userId: UserId, deviceId: string, displayName: string | undefined): Promise<boolean>
  /** Logs these devices out and removes them with their keys. Unknown ones are none too many. */
  delete(userId: UserId, deviceIds: readonly string[]): Promise<void>
}

export function devices(deps: {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
  dependents: readonly AccountDependents[]
  /** Brings "last seen" up to date before it is read. */
  flushSeen: () => Promise<void>
}): Devices {
  const { storage } = deps
  return {
    async list(userId) {
      await deps.flushSeen()
      return storage.read.devices.list(userId)
    },
    findDehydrated: async (userId) => (await storage.read.dehydratedDevices.find(userId))?.deviceId,
    async listStale(unseenSinceTs, page) {
      await deps.flushSeen()
      return storage.read.devices.listStale(unseenSinceTs, page)
    },
    async get(userId, deviceId) {
      await deps.flushSeen()
      const device = await storage.read.devices.find(userId, deviceId)
      if (device === undefined) throw notFound('Device')
      return device
    },
    async rename(userId, deviceId, displayName) {
      checkDeviceName(displayName)
      if (!(await storage.write((tx) => tx.devices.rename(userId, deviceId, displayName))))
        throw notFound('Device')
    },
    async create(userId, deviceId) {
      await storage.write((tx) => tx.devices.ensure(userId, deviceId, null, deps.clock.nowMs()))
    },
    createNamed(userId, deviceId, displayName) {
      checkDeviceId(deviceId)
      if (displayName !== undefined) checkDeviceName(displayName)
      return storage.write((tx) =>
        tx.devices.ensure(userId, deviceId, displayName ?? null, deps.clock.nowMs()),
      )
    },
    delete: (userId, deviceIds) =>
      storage.write((tx) => deleteDevicesIn(tx, userId, [...new Set(deviceIds)], deps.dependents)),
  }
}

/** Throws 400 `M_TOO_LARGE` for a name of more than 100 characters. */
export function checkDeviceName(displayName: string): void {
  if (displayName.length > MAX_DEVICE_NAME_LENGTH)
    throw new MatrixError(
      400,
      'M_TOO_LARGE',
      `A device name has at most ${MAX_DEVICE_NAME_LENGTH} characters`,
    )
}
