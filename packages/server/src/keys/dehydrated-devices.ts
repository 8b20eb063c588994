import type { UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { DehydratedDevice, Storage, Transaction } from '@ranvier/storage'
import { type AccountDependents, deleteDevicesIn } from '../accounts/account-data.ts'
import { checkDeviceName } from '../accounts/sessions/devices.ts'
import { checkDeviceId } from '../accounts/sessions/sessions.ts'
import type { Clock } from '../clock.ts'
import { badRequest, forbidden, invalidParam, notFound, tooLarge, unknownToken } from '../errors.ts'
import type { Requester } from '../requester.ts'
import { type KeyUpload, parseUpload, storeKeysIn } from './upload-keys.ts'

export interface NewDehydratedDevice {
  deviceId: string
  deviceData: JsonObject
  displayName: string | undefined
  keys: KeyUpload & { deviceKeys: JsonObject }
}

/** Some of the messages that wait for a dehydrated device. */
export interface DehydratedMessages {
  /** JSON texts, oldest first. */
  events: string[]
  /** Where the next ones begin: behind the last of these. */
  next: number
  /** There were no more when this was read. */
  isLast: boolean
}

/**
 * A user's dehydrated device: others encrypt for it as for any device while nobody is logged in on it, and the user's
 * next device reads what came. MSC3814
 */
export interface DehydratedDevices {
  /**
   * Makes the device with its keys in place of the one before. 400 for keys of another device, for the id of a device or
   * cross-signing key there is, and for a token without a device; 413 `M_TOO_LARGE` for data over 64 KiB.
   */
  put(by: Pick<Requester, 'userId' | 'deviceId'>, device: NewDehydratedDevice): Promise<void>
  /** 404 `M_NOT_FOUND` without one. */
  get(userId: UserId): Promise<DehydratedDevice>
  /** Deletes it with all that hangs on it; its id. 404 without one. */
  delete(userId: UserId): Promise<string>
  /**
   * What waits for it behind the position `after`. Nothing is deleted: whoever is interrupted begins again. 403 for a
   * device that is not the user's dehydrated one.
   */
  events(
    userId: UserId,
    deviceId: string,
    page: { after: number; limit: number },
  ): Promise<DehydratedMessages>
}

const MAX_DATA_BYTES = 65_536 // NOTSPEC: with a hundred private one-time keys it has about 10 kB

export function dehydratedDevices(deps: {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
  /** What goes with a device. */
  dependents: readonly AccountDependents[]
}): DehydratedDevices {
  const { storage, clock, dependents } = deps
  return {
    async put({ userId, deviceId: ownDeviceId }, { deviceId, deviceData, displayName, keys }) {
      if (ownDeviceId === null) throw badRequest('To upload keys, the access token must belong to a device')
      checkDeviceId(deviceId)
      if (displayName !== undefined) checkDeviceName(displayName)
      const text = JSON.stringify(deviceData)
      if (Buffer.byteLength(text) > MAX_DATA_BYTES)
        throw tooLarge(`'device_data' takes at most ${MAX_DATA_BYTES} bytes`)
      const owner = { userId, deviceId }
      const parsed = parseUpload(owner, keys)
      await storage.write(async (tx) => {
        // The account may have been logged out since the request came in.
        if ((await tx.devices.find(userId, ownDeviceId)) === undefined) throw unknownToken()
        await deleteIn(tx, userId)
        if (Object.values(await tx.crossSigning.keysOf(userId)).some((key) => key.publicKey === deviceId))
          throw invalidParam("'device_id' is one of your cross-signing keys")
        if (!(await tx.devices.ensure(userId, deviceId, displayName ?? null, clock.nowMs())))
          throw invalidParam("'device_id' is the id of another device of yours")
        await tx.dehydratedDevices.set(userId, { deviceId, deviceData: text })
        await storeKeysIn(tx, owner, parsed)
      })
    },

    async get(userId) {
      const device = await storage.read.dehydratedDevices.find(userId)
      if (device === undefined) throw none()
      return device
    },

    delete: (userId) =>
      storage.write(async (tx) => {
        const deviceId = await deleteIn(tx, userId)
        if (deviceId === undefined) throw none()
        return deviceId
      }),

    async events(userId, deviceId, { after, limit }) {
      const device = await storage.read.dehydratedDevices.find(userId)
      if (device?.deviceId !== deviceId) throw forbidden('This is not your dehydrated device')
      const range = { after, upTo: Number.MAX_SAFE_INTEGER, limit }
      const rows = await storage.read.toDevice.list(userId, deviceId, range)
      return {
        events: rows.map((row) => row.message),
        next: rows.at(-1)?.position ?? after,
        isLast: rows.length < limit,
      }
    },
  }

  async function deleteIn(tx: Transaction, userId: UserId): Promise<string | undefined> {
    const device = await tx.dehydratedDevices.find(userId)
    if (device !== undefined) await deleteDevicesIn(tx, userId, [device.deviceId], dependents)
    return device?.deviceId
  }
}

const none = () => notFound('Dehydrated device')
