import type { UserId } from '@ranvier/protocol/ids/brands'
import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import type { Storage, ToDeviceMessage } from '@ranvier/storage'
import type { DeviceName } from '@ranvier/storage/stores/sessions/named-devices'
import type { Transaction } from '@ranvier/storage/transaction'
import type { Clock } from '../clock.ts'
import { badJson, tooLarge } from '../errors.ts'
import type { Requester } from '../requester.ts'
import { type ClientTxns, txnDeviceOf } from '../rooms/client-txns.ts'

export interface ToDeviceParts {
  storage: Storage
  txns: ClientTxns
  clock: Clock
  isLocal: (userId: string) => boolean
}

export type SendToDevice = (
  by: Requester,
  what: { type: string; txnId: string; messages: JsonObject },
) => Promise<void>

const MAX_CONTENT_BYTES = 65_536 // Synapse: what fits into an EDU
const BATCH = 500

/** Stands for every device of a user. Spec: CS API §Send-to-Device messaging. */
const ALL_DEVICES = '*'

/**
 * Sends messages to devices, once per transaction id. Users and devices that do not exist are passed over.
 * 400 `M_BAD_JSON` when `messages` is not user → device → content, 413 for a content over 64 KiB.
 */
export function sendToDevice({ storage, txns, clock, isLocal }: ToDeviceParts): SendToDevice {
  return async (by, { type, txnId, messages }) => {
    const wanted = parseMessages(messages)
    const local = new Map([...wanted].filter(([userId]) => isLocal(userId)))
    const deviceId = txnDeviceOf(by)
    const key = { userId: by.userId, deviceId, scope: `to_device/${type}`, txnId }
    await txns.run(key, () =>
      storage.write(async (tx) => {
        const known = await devicesOf(tx, local)
        const rows: ToDeviceMessage[] = []
        for (const device of known) {
          const contents = local.get(device.userId)
          const content = contents?.get(device.deviceId) ?? contents?.get(ALL_DEVICES)
          if (content === undefined) continue
          const message = `{"content":${content},"sender":${JSON.stringify(by.userId)},"type":${JSON.stringify(type)}}`
          rows.push({ userId: device.userId, deviceId: device.deviceId, message })
        }
        for (let i = 0; i < rows.length; i += BATCH) await tx.toDevice.add(rows.slice(i, i + BATCH))
        const response = '{}'
        await tx.rooms.rememberTxn({ ...key, response, createdTs: clock.nowMs() })
        return response
      }),
    )
  }
}

/** Those that exist of the devices meant. Of a user with many only those that are named are looked at. */
async function devicesOf(
  tx: Pick<Transaction, 'devices'>,
  messages: ReadonlyMap<UserId, ReadonlyMap<string, string>>,
): Promise<DeviceName[]> {
  const withAll: UserId[] = []
  const named: DeviceName[] = []
  for (const [userId, contents] of messages)
    if (contents.has(ALL_DEVICES)) withAll.push(userId)
    else for (const deviceId of contents.keys()) named.push({ userId, deviceId })
  return [...(await tx.devices.listOfUsers(withAll)), ...(await tx.devices.existing(named))]
}

/** User → device → content as JSON text. */
function parseMessages(messages: JsonObject): Map<UserId, Map<string, string>> {
  const parsed = new Map<UserId, Map<string, string>>()
  for (const [userId, devices] of Object.entries(messages)) {
    if (!isJsonObject(devices)) throw badJson(`'messages' of ${userId.slice(0, 255)} must be an object`)
    const contents = new Map<string, string>()
    for (const [deviceId, content] of Object.entries(devices)) {
      if (!isJsonObject(content)) throw badJson('A message must be an object')
      const text = JSON.stringify(content)
      if (Buffer.byteLength(text) > MAX_CONTENT_BYTES) throw tooLarge('A message is larger than 64 KiB')
      contents.set(deviceId, text)
    }
    parsed.set(userId as UserId, contents) // only compared with ids of local users
  }
  return parsed
}
