import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { isJsonObject } from '@ranvier/protocol/json'
import { parseJson } from '@ranvier/protocol/parse-json'
import type { Storage } from '@ranvier/storage'
import { MatrixError } from '../../errors.ts'
import { actAs } from '../auto-join.ts'
import type { CreateRoom } from '../create-room.ts'
import type { RoomWriters } from '../room-writers.ts'

/** In the create event: the deletion the room was made for. By it the room is found again after a crash. */
const MARK = 'org.ranvier.delete_id'

/** Clocks may have been set back since. */
const MAX_CLOCK_STEP_MS = 86_400_000

export interface NewRoomDeps {
  storage: Pick<Storage, 'read'>
  writers: RoomWriters
  /** The verb without what is asked of users. */
  createRoom: CreateRoom
}

/**
 * The room those are moved to whose room is deleted: anybody may come in, nobody but its maker may speak. Made once for
 * each deletion, however often it is asked for. Synapse: admin_api/rooms §Delete Room API, `new_room_user_id`.
 */
export async function makeNewRoom(
  deps: NewRoomDeps,
  wanted: { deleteId: string; userId: UserId; name: string; startedTs: number },
): Promise<RoomId> {
  return (
    (await findMade(deps, wanted)) ??
    (await deps.createRoom(actAs(wanted.userId), {
      published: false,
      preset: 'public_chat',
      name: wanted.name,
      invite: [],
      isDirect: false,
      creationContent: { [MARK]: wanted.deleteId },
      initialState: [],
      powerLevelOverride: { users_default: -10 },
    }))
  )
}

/**
 * Says why, once. After everybody was moved: what is said before is read by those who come, but they are not notified of it.
 * Nothing where the room is gone or its maker may not speak there any more: the old room is deleted all the same.
 */
export async function sayWhy(
  deps: NewRoomDeps,
  newRoomId: RoomId,
  { userId, message }: { userId: UserId; message: string },
): Promise<void> {
  const type = 'm.room.message'
  const newest = await deps.storage.read.rooms.timeline(newRoomId, { limit: 10, dir: 'b' })
  if (newest.some((event) => event.type === type)) return
  try {
    await deps.writers.write(newRoomId, (room) =>
      room.append({ type, sender: userId, content: { msgtype: 'm.text', body: message } }),
    )
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error
  }
}

async function findMade(
  { storage }: NewRoomDeps,
  { userId, startedTs, deleteId }: { userId: UserId; startedTs: number; deleteId: string },
): Promise<RoomId | undefined> {
  for (const { roomId } of await storage.read.roomList.madeBy(userId, startedTs - MAX_CLOCK_STEP_MS)) {
    const create = await storage.read.roomState.entry(roomId, 'm.room.create', '')
    const pdu = create && parseJson(create.pdu)
    if (isJsonObject(pdu) && isJsonObject(pdu['content']) && pdu['content'][MARK] === deleteId) return roomId
  }
  return undefined
}
