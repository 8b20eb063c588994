import type { Storage } from '@ranvier/storage'
import type { ActiveUser } from '../notify/active-user.ts'
import type { SyncScope } from './scope.ts'

const MAX_MESSAGES = 100 // Spec: CS API §Send-to-Device messaging, server behaviour

export interface ToDeviceSection {
  messages: string[]
  /** Something was for the device: a message, or that keys of it were given out, which the answer tells by counts. */
  hasNews: boolean
  /** Where the next answer goes on: behind the last message of this one if there are more. */
  position: number
}

/** Whether anything waits for the device, or waited when it last came: it may have to be deleted. */
export function hasToDevice(user: ActiveUser, deviceId: string | null): boolean {
  return deviceId !== null && user.toDevice.has(deviceId)
}

/** Deletes what a device has acknowledged by coming back with the token of the answer that carried it. */
export async function acknowledgeToDevice(
  storage: Storage,
  user: ActiveUser,
  deviceId: string | null,
  upTo: number,
): Promise<void> {
  const queue = deviceId === null ? undefined : user.toDevice.get(deviceId)
  if (deviceId === null || queue === undefined || upTo <= queue.acknowledged) return
  await storage.write((tx) => tx.toDevice.acknowledge(user.userId, deviceId, upTo))
  queue.acknowledged = Math.max(queue.acknowledged, upTo)
  // Nothing waits any more: the next request need not even look. Another request of the device may have found so while
  // we wrote, and a message may have come since: what is known of that one stays.
  if (queue.last <= upTo && user.toDevice.get(deviceId) === queue) user.toDevice.delete(deviceId)
}

/** Messages for the device, oldest first, behind those it has had. */
export async function toDeviceSection(
  storage: Storage,
  scope: SyncScope,
  { after = scope.since?.toDevice ?? 0, limit = MAX_MESSAGES }: { after?: number; limit?: number } = {},
): Promise<ToDeviceSection> {
  const { userId, deviceId, user, upTo } = scope
  const queue = deviceId === null ? undefined : user.toDevice.get(deviceId)
  const nothing = { messages: [], hasNews: false, position: upTo.toDevice }
  if (deviceId === null || queue === undefined) return nothing
  if (queue.last <= after) return nothing
  const range = { after, upTo: upTo.toDevice, limit: Math.min(limit, MAX_MESSAGES) }
  const rows = await storage.read.toDevice.list(userId, deviceId, range)
  return {
    messages: rows.map((row) => row.message),
    hasNews: true,
    position: rows.length < range.limit ? upTo.toDevice : rows.at(-1)!.position,
  }
}
