import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Storage } from '@ranvier/storage'
import type { Tags } from '../client-data/tags.ts'
import type { Clock } from '../clock.ts'
import type { ServerNoticesConfig } from '../config/config.ts'
import { parseMxc } from '../media/media-id.ts'
import { actAs } from '../rooms/auto-join.ts'
import type { CreateRoom } from '../rooms/create-room.ts'
import type { ChangeMembership } from '../rooms/membership.ts'
import type { RoomWriters } from '../rooms/room-writers.ts'

/** Finds the room in which a user gets notices, as the configuration now describes it; makes one if there is none. */
export interface NoticeRooms {
  /** Throws when the configured pictures are no `mxc://` URIs. */
  roomOf(userId: UserId, config: ServerNoticesConfig, sender: UserId): Promise<RoomId>
}

export function noticeRooms(deps: {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
  writers: RoomWriters
  /** The verbs without what is asked of users: the server is not limited. */
  createRoom: CreateRoom
  changeMembership: ChangeMembership
  tags: Pick<Tags, 'put'>
}): NoticeRooms {
  const { storage, writers } = deps
  /** One after the other for each user: two notices at once make one room. */
  const running = new Map<UserId, Promise<RoomId>>()

  /** The room the user gets notices in, unless the sender has left or it was deleted. Who has left is invited again. */
  async function present(userId: UserId, sender: UserId): Promise<RoomId | undefined> {
    const roomId = await storage.read.serverNotices.findRoom(userId)
    if (roomId === undefined) return undefined
    const [own, theirs] = await Promise.all([
      storage.read.members.find(roomId, sender),
      storage.read.members.find(roomId, userId),
    ])
    if (own?.membership !== 'join') return undefined
    if (theirs?.membership === 'leave')
      await deps.changeMembership(actAs(sender), roomId, { target: userId, membership: 'invite' })
    return roomId
  }

  async function make(userId: UserId, config: ServerNoticesConfig, sender: UserId): Promise<RoomId> {
    const roomId = await deps.createRoom(actAs(sender), {
      published: false,
      preset: 'private_chat',
      name: config.roomName,
      invite: [userId],
      isDirect: false,
      creationContent: {},
      initialState: [],
      powerLevelOverride: { users_default: -10 }, // Synapse: nobody but the server may write there
    })
    await storage.write((tx) => tx.serverNotices.setRoom(userId, roomId))
    await deps.tags.put(actAs(userId), userId, roomId, 'm.server_notice', {})
    return roomId
  }

  async function ensure(userId: UserId, config: ServerNoticesConfig, sender: UserId): Promise<RoomId> {
    checkPictures(config)
    await ensureSender(config, sender)
    const roomId = (await present(userId, sender)) ?? (await make(userId, config, sender))
    await describe(roomId, config, sender)
    if (config.autoJoin)
      await deps.changeMembership(actAs(userId), roomId, { target: userId, membership: 'join' })
    return roomId
  }

  /** Gives the account that sends notices the configured name and picture. */
  async function ensureSender(config: ServerNoticesConfig, sender: UserId): Promise<void> {
    const { displayName, avatarUrl } = config
    await storage.write(async (tx) => {
      const account = await tx.accounts.find(sender)
      if (account === undefined)
        await tx.accounts.create({
          userId: sender,
          createdTs: deps.clock.nowMs(),
          passwordHash: null,
          displayname: displayName ?? config.localpart,
          userType: 'bot',
        })
      const isName = displayName === null || account?.displayname === displayName
      const isPicture = avatarUrl === null || account?.avatarUrl === avatarUrl
      if (isName && isPicture) return
      await tx.accounts.update(sender, {
        ...(displayName !== null && { displayname: displayName }),
        ...(avatarUrl !== null && { avatarUrl }),
      })
    })
  }

  /** Tells the room what changed in the configuration. */
  async function describe(roomId: RoomId, config: ServerNoticesConfig, sender: UserId): Promise<void> {
    await writers.write(roomId, async (room) => {
      const member: JsonObject = { ...(await room.state('m.room.member', sender))?.content }
      if (config.displayName !== null) member['displayname'] = config.displayName
      if (config.avatarUrl !== null) member['avatar_url'] = config.avatarUrl
      const entries: [type: string, stateKey: string, content: JsonObject][] = [
        ['m.room.member', sender, member],
        ['m.room.name', '', { name: config.roomName }],
      ]
      if (config.roomTopic !== null) entries.push(['m.room.topic', '', { topic: config.roomTopic }])
      if (config.roomAvatarUrl !== null) entries.push(['m.room.avatar', '', { url: config.roomAvatarUrl }])
      for (const [type, stateKey, content] of entries)
        await room.append({ type, stateKey, sender, content }, { unlessSame: true })
    })
  }

  return {
    async roomOf(userId, config, sender) {
      const before = running.get(userId) ?? Promise.resolve()
      const next = before.then(
        () => ensure(userId, config, sender),
        () => ensure(userId, config, sender),
      )
      running.set(userId, next)
      try {
        return await next
      } finally {
        if (running.get(userId) === next) running.delete(userId)
      }
    },
  }
}

function checkPictures({ avatarUrl, roomAvatarUrl }: ServerNoticesConfig): void {
  for (const url of [avatarUrl, roomAvatarUrl])
    if (url !== null && parseMxc(url) === undefined)
      throw new Error(`server_notices: ${url} is no mxc:// URI: change it in the configuration`)
}
