import type { RoomAlias, RoomId, ServerName, UserId } from '@ranvier/protocol/ids/brands'
import { serverNameOf } from '@ranvier/protocol/ids/server-name'
import { localpartOf } from '@ranvier/protocol/ids/user-id'
import type { Storage } from '@ranvier/storage'
import type { RegistrationConfig } from '../config/config.ts'
import type { FindAlias } from '../directory/resolve-alias.ts'
import type { Requester } from '../requester.ts'
import type { CreateRoom } from './create-room.ts'
import type { ChangeMembership } from './membership.ts'

export interface AutoJoinDeps {
  storage: Pick<Storage, 'read' | 'write'>
  serverName: ServerName
  nowMs: () => number
  findAlias: FindAlias
  /** The verbs without what is asked of users: nobody is to be kept out by a limit. */
  createRoom: CreateRoom
  changeMembership: ChangeMembership
  config: Pick<
    RegistrationConfig,
    | 'autoJoinRooms'
    | 'autoJoinGuests'
    | 'autoJoinLocalpart'
    | 'autocreateAutoJoinRooms'
    | 'autocreateFederated'
    | 'autocreatePreset'
  >
  onError: (error: unknown, where: { userId: UserId; alias: RoomAlias | undefined }) => void
}

/** Puts a new account into the rooms everybody is put into. Never rejects: an account does without a room. */
export type AutoJoin = (userId: UserId) => Promise<void>

/**
 * Rooms that do not exist are made when the first person registers, and only then: later it would make a stranger the
 * owner of a room an administrator has deleted. `auto_join_mxid_localpart` makes the rooms and invites to private ones.
 * Synapse: usage/configuration/config_documentation §auto_join_rooms
 */
export function autoJoin(deps: AutoJoinDeps): AutoJoin {
  const { config, storage } = deps
  /** Who registers meanwhile waits for the rooms. */
  let making: Promise<void> = Promise.resolve()

  return async (userId) => {
    if (config.autoJoinRooms.length === 0) return
    try {
      const account = await storage.read.accounts.find(userId)
      if (account === undefined || (account.isGuest && !config.autoJoinGuests)) return
      if (config.autocreateAutoJoinRooms && (await storage.read.accounts.firstPerson()) === userId)
        making = makeRooms(deps, userId)
      await making
      for (const alias of config.autoJoinRooms)
        await joinRoom(deps, { userId, isGuest: account.isGuest }, alias).catch((error: unknown) =>
          deps.onError(error, { userId, alias }),
        )
    } catch (error) {
      deps.onError(error, { userId, alias: undefined })
    }
  }
}

async function makeRooms(deps: AutoJoinDeps, firstUser: UserId): Promise<void> {
  const { config, serverName } = deps
  const creator = systemUserOf(deps) ?? firstUser
  for (const alias of config.autoJoinRooms) {
    if (serverNameOf(alias) !== serverName || (await deps.findAlias(alias)) !== undefined) continue
    try {
      await ensureAccount(deps, creator)
      await deps.createRoom(actAs(creator), {
        published: false,
        preset: config.autocreatePreset,
        alias,
        invite: [],
        isDirect: false,
        creationContent: config.autocreateFederated ? {} : { 'm.federate': false },
        initialState: [],
      })
    } catch (error) {
      deps.onError(error, { userId: creator, alias })
    }
  }
}

/** Without an account the name of the rooms' owner could be registered by anybody. */
async function ensureAccount(deps: AutoJoinDeps, userId: UserId): Promise<void> {
  await deps.storage.write(async (tx) => {
    if ((await tx.accounts.find(userId)) !== undefined) return
    await tx.accounts.create({
      userId,
      createdTs: deps.nowMs(),
      passwordHash: null,
      displayname: localpartOf(userId),
      userType: 'bot',
    })
  })
}

async function joinRoom(
  deps: AutoJoinDeps,
  user: { userId: UserId; isGuest: boolean },
  alias: RoomAlias,
): Promise<void> {
  const found = await deps.findAlias(alias)
  if (found === undefined) throw new Error(`auto_join_rooms: there is no room ${alias}`)
  const { roomId } = found
  const { userId } = user
  const present = await deps.storage.read.members.find(roomId, userId)
  if (present?.membership === 'join') return
  const inviter = systemUserOf(deps)
  if (inviter !== undefined && inviter !== userId && !(await isPublic(deps, roomId)))
    await deps.changeMembership(actAs(inviter), roomId, { target: userId, membership: 'invite' })
  await deps.changeMembership(actAs(userId, user.isGuest), roomId, { target: userId, membership: 'join' })
}

async function isPublic(deps: AutoJoinDeps, roomId: RoomId): Promise<boolean> {
  return (await deps.storage.read.rooms.findRoom(roomId))?.joinRule === 'public'
}

function systemUserOf({ config, serverName }: AutoJoinDeps): UserId | undefined {
  const { autoJoinLocalpart } = config
  return autoJoinLocalpart === null ? undefined : (`@${autoJoinLocalpart}:${serverName}` as UserId) // the configuration says so
}

/** The account as who the server itself acts. */
export function actAs(userId: UserId, isGuest = false): Requester {
  return {
    userId,
    deviceId: null,
    tokenId: 0,
    isGuest,
    shadowBanned: false,
    suspended: false,
    locked: false,
    puppetedBy: null,
    appserviceId: null,
    accessTokenValidUntilMs: null,
  }
}
