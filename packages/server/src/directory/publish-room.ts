import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { DirectoryRule } from '../config/config.ts'
import { forbidden, notFound } from '../errors.ts'
import type { Requester } from '../requester.ts'
import { checkNotSuspended } from '../rooms/standing.ts'
import { checkMayManageListing, type RoomPowerDeps } from './room-power.ts'
import { rulesAllow } from './rules.ts'

export interface PublishDeps extends RoomPowerDeps {
  config: { listPublicationRules: readonly DirectoryRule[] }
}

export type PublishRoom = (by: Requester, roomId: RoomId, published: boolean) => Promise<void>

/**
 * Puts a room into this server's list of rooms or takes it out. 404 for an unknown room, 403 for who may not set its
 * canonical alias or not publish rooms at all. Synapse: room_list_publication_rules.
 */
export function publishRoom(deps: PublishDeps): PublishRoom {
  return async (by, roomId, published) => {
    checkNotSuspended(by)
    await roomIsPublished(deps, roomId)
    await checkMayManageListing(deps, by, roomId)
    const isAdmin = await deps.isAdmin(by.userId)
    if (published && !isAdmin) {
      const aliases = await deps.storage.read.rooms.aliasesOf(roomId)
      checkPublicationAllowed(deps.config.listPublicationRules, { userId: by.userId, roomId, aliases })
    }
    await deps.storage.write((tx) => {
      if (isAdmin) tx.audit.asAdmin()
      return tx.rooms.setPublished(roomId, published)
    })
  }
}

/** 403 unless the rules of this server let the user publish the room. `roomId` is '' for a room still to be made. */
export function checkPublicationAllowed(
  rules: readonly DirectoryRule[],
  what: { userId: string; roomId: string; aliases: readonly string[] },
): void {
  if (!rulesAllow(rules, what)) throw forbidden('Not allowed to publish room')
}

/** Whether the room is in the list. 404 `M_NOT_FOUND` for an unknown room. */
export async function roomIsPublished(
  deps: Pick<RoomPowerDeps, 'storage'>,
  roomId: RoomId,
): Promise<boolean> {
  const room = await deps.storage.read.rooms.findRoom(roomId)
  if (room === undefined) throw notFound('Room')
  return room.published
}

export type ListRoom = (by: Requester, roomId: RoomId, networkId: string, listed: boolean) => Promise<void>

/**
 * Puts a room into the list that an application service keeps for a network of its own, or takes it out. 403 for anybody
 * else, 404 for an unknown room. Spec: AS API §Published room directory
 */
export function listRoomOfNetwork({ storage }: Pick<PublishDeps, 'storage'>): ListRoom {
  return async ({ appserviceId, tokenId }, roomId, networkId, listed) => {
    if (appserviceId === null || tokenId >= 0)
      throw forbidden('Only application services have lists for their networks')
    if ((await storage.read.rooms.findRoom(roomId)) === undefined) throw notFound(`Room ${roomId}`)
    await storage.write((tx) => tx.rooms.setListed(roomId, { appserviceId, networkId }, listed))
  }
}
