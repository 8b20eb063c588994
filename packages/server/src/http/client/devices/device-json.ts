import type { Device } from '@ranvier/storage'

/** A device as its owner sees it. What is not known is left out. */
export function deviceJson(device: Device) {
  return {
    device_id: device.deviceId,
    ...(device.displayName !== null && { display_name: device.displayName }),
    ...(device.lastSeenIp !== null && { last_seen_ip: device.lastSeenIp }),
    ...(device.lastSeenTs !== null && { last_seen_ts: device.lastSeenTs }),
  }
}
