import { randomBytes } from 'node:crypto'
import { generateSigningKey } from '@ranvier/protocol/event/signing-key'
import type { RoomId, ServerName, UserId } from '@ranvier/protocol/ids/brands'
import type { Requester } from '@ranvier/server/requester'
import { ClientTxns } from '@ranvier/server/rooms/client-txns'
import { createRoom } from '@ranvier/server/rooms/create-room'
import { changeMembership } from '@ranvier/server/rooms/membership'
import { RoomEvents } from '@ranvier/server/rooms/room-events'
import { RoomWriters } from '@ranvier/server/rooms/room-writers'
import { sendEvent } from '@ranvier/server/rooms/send-event'
import { openStorage, type RoomCommit, type Storage, type StorageOptions } from '@ranvier/storage'

/** Who sends how much at once: the senders are spread over the rooms evenly. */
export interface Crowd {
  name: string
  rooms: number
  senders: number
}

export const CROWDS: readonly Crowd[] = [
  { name: 'commit-one-room', rooms: 1, senders: 50 },
  { name: 'commit-50-rooms', rooms: 50, senders: 50 },
]

/** What the server's verbs handed to the storage: plain data, which can be committed again on any empty database. */
export interface Recording {
  crowd: Crowd
  /** Makes the rooms and lets everybody in. In this order, or the events get other positions. */
  preparation: RoomCommit[]
  /** The messages' commits, a list for each room: each follows on the one before. */
  chains: RoomCommit[][]
  messages: number
}

const SERVER = 'ranvier.test'

/** Lets a crowd make rooms and send `messages` messages as the server does, without HTTP, on an empty database. */
export async function record(crowd: Crowd, messages: number, scratch: StorageOptions): Promise<Recording> {
  await using storage = await openStorage(scratch)
  const commits: RoomCommit[] = []
  const rooms = verbsOn({
    ...storage,
    commitRoom(commit) {
      commits.push(commit)
      return storage.commitRoom(commit)
    },
  })
  const senders = Array.from({ length: crowd.senders }, (_, i) => requester(`sender${i}`))
  const roomIds: RoomId[] = []
  for (let i = 0; i < crowd.rooms; i++) roomIds.push(await rooms.create(senders[i]!))
  const places = senders.map((sender, i) => ({ sender, roomId: roomIds[i % crowd.rooms]! }))
  for (const { sender, roomId } of places.slice(crowd.rooms)) await rooms.join(sender, roomId)
  const preparation = commits.splice(0)
  const each = Math.ceil(messages / crowd.senders)
  await Promise.all(
    places.map(async ({ sender, roomId }) => {
      for (let n = 0; n < each; n++) await rooms.say(sender, roomId, `t${n}`)
    }),
  )
  const chains = Map.groupBy(commits, ({ roomId }) => roomId)
  return { crowd, preparation, chains: [...chains.values()], messages: each * crowd.senders }
}

function requester(name: string): Requester {
  return {
    userId: `@${name}:${SERVER}` as UserId,
    deviceId: `DEVICE${name}`,
    tokenId: 1,
    isGuest: false,
    shadowBanned: false,
    suspended: false,
    locked: false,
    puppetedBy: null,
    appserviceId: null,
    accessTokenValidUntilMs: null,
  }
}

/** The domain's verbs on a storage, as the server wires them. */
function verbsOn(storage: Storage) {
  const roomEvents = new RoomEvents(storage, { bytes: 1_000_000, rooms: 100 })
  const opaqueId = () => randomBytes(12).toString('base64url')
  const identity = { serverName: SERVER as ServerName, key: generateSigningKey() }
  const nowMs = Date.now
  const writers = new RoomWriters(storage, { identity, roomEvents, nowMs, opaqueId }, { rooms: 100 })
  const findProfile = async () => ({ displayName: null, avatarUrl: null })
  const isLocal = () => true
  const membership = changeMembership({ writers, storage, findProfile, isLocal })
  const newRoomId = () => `!${opaqueId()}:${SERVER}` as RoomId
  const create = createRoom({ storage, writers, findProfile, isLocal, defaultVersion: '12', newRoomId })
  const send = sendEvent({
    writers,
    roomEvents,
    txns: new ClientTxns(storage),
    limits: { message: async () => {} },
    changeMembership: membership,
    nowMs,
    checkCanonicalAlias: async () => {},
    storage,
  })
  return {
    create: (by: Requester) =>
      create(by, {
        published: false,
        preset: 'public_chat',
        invite: [],
        isDirect: false,
        creationContent: {},
        initialState: [],
      }),
    join: (by: Requester, roomId: RoomId) =>
      membership(by, roomId, { target: by.userId, membership: 'join' }),
    say: (by: Requester, roomId: RoomId, txnId: string) =>
      send(by, roomId, {
        type: 'm.room.message',
        content: { msgtype: 'm.text', body: 'the quick brown fox' },
        txnId,
      }),
  }
}
