import type { Fact, Storage, ToDeviceChange } from '@ranvier/storage'
import type { ActiveUser } from './active-user.ts'

// Where the queues of messages to an active user's devices end.

/** Something was put into queues of the user's devices. */
export function noteToDevice(user: ActiveUser, fact: Fact): void {
  for (const deviceId of (fact.detail as ToDeviceChange | undefined)?.deviceIds ?? []) {
    const queue = user.toDevice.get(deviceId)
    if (queue === undefined) user.toDevice.set(deviceId, { last: fact.position, acknowledged: 0 })
    else queue.last = fact.position
  }
}

/** Devices may be gone, and what waited for them with them. */
export async function forgetQueues({ read }: Pick<Storage, 'read'>, user: ActiveUser): Promise<void> {
  if (user.toDevice.size === 0) return
  const known = [...user.toDevice].map(([deviceId, queue]) => ({ deviceId, queue, last: queue.last }))
  const waiting = new Set((await read.toDevice.waiting(user.userId)).map((one) => one.deviceId))
  for (const { deviceId, queue, last } of known) {
    // One that has got something meanwhile may not have been read with it.
    const isSame = user.toDevice.get(deviceId) === queue && queue.last === last
    if (isSame && !waiting.has(deviceId)) user.toDevice.delete(deviceId)
  }
}
