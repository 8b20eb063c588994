import type { RoomAlias, RoomId, ServerName } from '@ranvier/protocol/ids/brands'
import { parseRoomAlias } from '@ranvier/protocol/ids/room-alias'
import { serverNameOf } from '@ranvier/protocol/ids/server-name'
import { ConflictError } from '@ranvier/storage'
import type { DirectoryRule } from '../config/config.ts'
import { conflict, exclusive, forbidden, invalidParam, MatrixError } from '../errors.ts'
import type { Requester } from '../requester.ts'
import type { RoomWriters } from '../rooms/room-writers.ts'
import { checkNotSuspended } from '../rooms/standing.ts'
import { withoutAlias } from './canonical-alias.ts'
import { aliasNotFound } from './resolve-alias.ts'
import { mayManageListing, type RoomPowerDeps } from './room-power.ts'
import { rulesAllow } from './rules.ts'

export type IsAliasReserved = (alias: string, appserviceId: string | null) => boolean

export interface AliasDeps extends RoomPowerDeps {
  writers: RoomWriters
  serverName: ServerName
  nowMs: () => number
  /** Aliases that only an application service other than `appserviceId` (null: a person) may make. Default: none. */
  isAliasReserved?: IsAliasReserved
  config: {
    requireMembershipForAliases: boolean
    aliasCreationRules: readonly DirectoryRule[]
  }
}

export type CreateAlias = (by: Requester, alias: RoomAlias, roomId: RoomId) => Promise<void>

/**
 * Points a local alias at a room. 400 `M_INVALID_PARAM` for an alias of another server or with blanks in it, 403 for
 * who is not in the room or may not make such an alias, 409 `M_UNKNOWN` when it is taken.
 */
export function createAlias(deps: AliasDeps): CreateAlias {
  return async (by, alias, roomId) => {
    checkNotSuspended(by)
    checkNewAlias(alias, deps.serverName)
    checkAliasNotReserved(deps, by, alias)
    const isAdmin = await deps.isAdmin(by.userId)
    // An application service gives rooms aliases of its namespace before it is in them. Synapse's
    if (!isAdmin && by.appserviceId === null) await checkMayCreate(deps, by, alias, roomId)
    try {
      await deps.storage.write(async (tx) => {
        // A room nobody here knows could not be joined by its alias.
        if ((await tx.rooms.findRoom(roomId)) === undefined)
          throw forbidden(`Room ${roomId} is not known here`)
        if (isAdmin) tx.audit.asAdmin()
        await tx.rooms.addAlias(alias, roomId, by.userId, deps.nowMs())
      })
    } catch (error) {
      if (error instanceof ConflictError) throw conflict(`Room alias ${alias} already exists`)
      throw error
    }
  }
}

async function checkMayCreate(
  deps: AliasDeps,
  by: Requester,
  alias: RoomAlias,
  roomId: RoomId,
): Promise<void> {
  if (deps.config.requireMembershipForAliases) {
    const member = await deps.storage.read.members.find(roomId, by.userId)
    if (member?.membership !== 'join') throw forbidden('You must be in the room to create an alias for it')
  }
  checkAliasAllowed(deps.config.aliasCreationRules, by.userId, alias, roomId)
}

/** 403 unless the rules of this server let the user make the alias. `roomId` is '' for a room still to be made. */
export function checkAliasAllowed(
  rules: readonly DirectoryRule[],
  userId: string,
  alias: RoomAlias,
  roomId: string,
): void {
  if (!rulesAllow(rules, { userId, roomId, aliases: [alias] }))
    throw forbidden('Not allowed to create this alias')
}

/** Throws 400 `M_EXCLUSIVE` for an alias of an application service that is not the one who asks. */
export function checkAliasNotReserved(
  deps: { isAliasReserved?: IsAliasReserved },
  by: Requester,
  alias: string,
): void {
  if (deps.isAliasReserved?.(alias, by.appserviceId)) throw exclusive('This alias is reserved')
}

/** Throws 400 `M_INVALID_PARAM` for what must not become an alias here. Existing ones may look like anything. */
export function checkNewAlias(alias: RoomAlias, serverName: ServerName): void {
  const parts = parseRoomAlias(alias)
  if (parts === undefined || /\s/.test(parts.localpart))
    throw invalidParam('Invalid characters in room alias')
  if (parts.server !== serverName) throw invalidParam('Room alias must be of this server')
}

export type DeleteAlias = (by: Requester, alias: RoomAlias) => Promise<RoomId>

/**
 * Takes an alias away, for who made it, those who may manage the room's listing (403 otherwise) and the application service
 * whose it is (400 `M_EXCLUSIVE` otherwise); 404 for an unknown one. A canonical alias that pointed there is corrected if
 * the requester may. Resolves with the room it pointed to.
 */
export function deleteAlias(deps: AliasDeps): DeleteAlias {
  return async (by, alias) => {
    if (serverNameOf(alias) !== deps.serverName) throw invalidParam('Room alias must be of this server')
    const found = await deps.storage.read.rooms.findAlias(alias)
    if (found === undefined) throw aliasNotFound(alias)
    const { roomId, creator } = found
    const isOwn = creator === by.userId || by.appserviceId !== null
    if (!isOwn && !(await mayManageListing(deps, by, roomId)))
      throw forbidden("You don't have permission to delete the alias")
    const isAdmin = creator !== by.userId && (await deps.isAdmin(by.userId))
    if (!isAdmin) checkAliasNotReserved(deps, by, alias)
    await deps.storage.write(async (tx) => {
      if (isAdmin) tx.audit.asAdmin()
      if (!(await tx.rooms.removeAlias(alias))) throw aliasNotFound(alias)
    })
    // What a shadow-banned user does is not seen in rooms. Synapse: admin_api/user_admin_api §Shadow-ban
    if (!by.shadowBanned && !by.suspended) await correctCanonicalAlias(deps, by, roomId, alias)
    return roomId
  }
}

async function correctCanonicalAlias(
  deps: AliasDeps,
  by: Requester,
  roomId: RoomId,
  alias: RoomAlias,
): Promise<void> {
  try {
    await deps.writers.write(roomId, async (room) => {
      const present = await room.state('m.room.canonical_alias', '')
      const content = present && withoutAlias(present.content, alias)
      if (content === undefined) return
      await room.append({ type: 'm.room.canonical_alias', stateKey: '', sender: by.userId, content })
    })
  } catch (error) {
    // Spec: CS API §DELETE /directory/room: the alias goes even if the user may not change the event.
    if (!(error instanceof MatrixError) || error.status >= 500) throw error
  }
}
