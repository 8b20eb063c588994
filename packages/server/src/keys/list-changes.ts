import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import type { RoomEvents } from '../rooms/room-events.ts'
import type { SyncToken } from '../sync/token.ts'
import { changedListsSince } from './changed-lists.ts'
import { noteRoom, type Traffic } from './room-traffic.ts'

/** Whose keys to look at anew, and whose are no longer of interest. */
export interface DeviceListChanges {
  changed: UserId[]
  left: UserId[]
}

/**
 * What happened to device lists the user may see between two tokens, as the `device_lists` of `/sync` would have told:
 * who has new keys or came to share a room, and with whom no room is shared any more.
 * Spec: CS API §GET /keys/changes
 */
export type ListDeviceListChanges = (
  userId: UserId,
  range: { from: SyncToken; to: SyncToken },
) => Promise<DeviceListChanges>

interface Parts {
  storage: Pick<Storage, 'read'>
  roomEvents: Pick<RoomEvents, 'byNid'>
}

export function listDeviceListChanges(parts: Parts): ListDeviceListChanges {
  const { read } = parts.storage
  return async (userId, { from, to }) => {
    const traffic: Traffic = { came: new Set(), went: new Set() }
    for (const roomId of await read.sync.changedRooms(userId, from.events))
      await noteRoom(parts, userId, roomId, { after: from.events, upTo: to.events }, traffic)
    const own = await changedLists(parts, userId, from.deviceLists)
    const changed = new Set([...own, ...traffic.came])
    const asked = [...new Set([...changed, ...traffic.went])].filter((each) => each !== userId)
    const sharing = new Set(await read.members.sharingWith(userId, asked))
    return {
      changed: [...changed].filter((each) => (each === userId ? own.has(userId) : sharing.has(each))),
      left: [...traffic.went].filter((each) => each !== userId && !sharing.has(each)),
    }
  }
}

/**
 * Users with changes after `position`. `to` is no bound here: of several changes only the last is known, and an earlier one
 * may be in the range.
 */
async function changedLists({ storage }: Parts, userId: UserId, position: number): Promise<Set<UserId>> {
  const signed = await storage.read.crossSigning.signedSince(userId, position)
  const changed = await changedListsSince(storage, userId, position)
  return new Set([...signed, ...changed.map((each) => each.userId)])
}
