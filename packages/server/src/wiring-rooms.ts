import { randomBytes } from 'node:crypto'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import { serverNameOf } from '@ranvier/protocol/ids/server-name'
import type { Storage } from '@ranvier/storage'
import type { Clock } from './clock.ts'
import type { Config } from './config/config.ts'
import { ClientTxns } from './rooms/client-txns.ts'
import { createRoom } from './rooms/create-room.ts'
import { changeMembership, type FindProfile, forgetRoom } from './rooms/membership.ts'
import { partRoom, propagateProfile } from './rooms/profile.ts'
import { RoomEvents } from './rooms/room-events.ts'
import { RoomWriters } from './rooms/room-writers.ts'

/** What rooms are changed with. */
export function wireRooms(parts: { storage: Storage; config: Config; clock: Clock }) {
  const { storage, config, clock } = parts
  const findProfile: FindProfile = async (userId) => {
    const account = await storage.read.accounts.find(userId)
    return account && { displayName: account.displayname, avatarUrl: account.avatarUrl }
  }
  const { eventCacheEntries, roomCacheEntries } = config.limits
  const roomEvents = new RoomEvents(storage, { events: eventCacheEntries, rooms: roomCacheEntries })
  const opaqueId = () => randomBytes(12).toString('base64url')
  const isLocal = (userId: string) => serverNameOf(userId) === config.serverName
  const nowMs = () => clock.nowMs()
  const identity = { serverName: config.serverName, key: config.signingKey }
  const writers = new RoomWriters(
    storage,
    { identity, roomEvents, nowMs, opaqueId },
    { rooms: roomCacheEntries },
  )
  return {
    roomEvents,
    writers,
    isLocal,
    nowMs,
    txns: new ClientTxns(storage),
    changeMembership: changeMembership({ writers, storage, findProfile, isLocal }),
    forgetRoom: forgetRoom({ storage }),
    createRoom: createRoom({
      storage,
      writers,
      findProfile,
      isLocal,
      defaultVersion: config.rooms.defaultVersion,
      newRoomId: () => `!${opaqueId()}:${config.serverName}` as RoomId,
    }),
    propagateProfile: propagateProfile({ storage, writers, findProfile }),
    partRoom: partRoom({ writers }),
  }
}
