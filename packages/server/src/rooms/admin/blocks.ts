import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { forbidden } from '../../errors.ts'

/** Throws 403 `M_FORBIDDEN` if an administrator has blocked the room. Synapse: admin_api/rooms §Block Room API */
export async function checkNotBlocked(storage: Pick<Storage, 'read'>, roomId: string): Promise<void> {
  if ((await storage.read.roomBlocks.findBlocker(roomId)) !== undefined)
    throw forbidden('This room has been blocked on this server')
}

export type SetBlocked = (by: UserId, roomId: RoomId, blocked: boolean) => Promise<void>

/** Blocks a room, known here or not, or ends that. Who is in it stays in it. Doing it twice is doing it once. */
export function setBlocked({ storage }: { storage: Pick<Storage, 'write'> }): SetBlocked {
  return (by, roomId, blocked) =>
    storage.write((tx) => (blocked ? tx.roomBlocks.block(roomId, by) : tx.roomBlocks.unblock(roomId)))
}
