import type { UserId } from '@ranvier/protocol/ids/brands'

/** A device as the text of an item. No user id has a space. */
export function deviceItem(userId: UserId, deviceId: string): string {
  return `${userId} ${deviceId}`
}

export function parseDeviceItem(item: string): { userId: UserId; deviceId: string } {
  const space = item.indexOf(' ')
  return { userId: item.slice(0, space) as UserId, deviceId: item.slice(space + 1) } // made by `deviceItem`
}

/** Whether an item is a file: its `mxc://` URI. */
export function isMediaItem(item: string): boolean {
  return item.startsWith('mxc://')
}
