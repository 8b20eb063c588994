import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { serverNameOf } from '@ranvier/protocol/ids/server-name'
import {
  type DirectoryEntry,
  type DirectoryName,
  EVERYBODY,
  IN_PUBLIC_ROOMS,
  type QueuedDirectoryItem,
  type Transaction,
  together,
} from '@ranvier/storage'
import { namesOf } from './names.ts'

const MEMBERS_AT_ONCE = 200
const NOWHERE: readonly DirectoryName[] = []

/** Makes the directory right about one item of its queue. Doing it twice is doing it once. */
export async function indexItem(
  tx: Transaction,
  serverName: string,
  item: QueuedDirectoryItem,
): Promise<void> {
  const { roomId, userId } = item
  if (userId === '') {
    const last = await tx.userDirectory.queueMembersOf(roomId, {
      after: item.resumeAfter,
      limit: MEMBERS_AT_ONCE,
    })
    if (last !== undefined) return tx.userDirectory.resumeAfter(item, last)
  } else {
    const listed = await indexUser(tx, serverName, userId)
    if (roomId !== '' && listed !== undefined) await indexMember(tx, roomId, userId, listed)
  }
  await tx.userDirectory.done(item)
}

/** Where everybody looks. Returns how the user is listed; `undefined` for who is not to be found at all. */
async function indexUser(
  tx: Transaction,
  serverName: string,
  userId: UserId,
): Promise<DirectoryEntry | undefined> {
  const [entry, entries, isShown] = await together([
    serverNameOf(userId) === serverName ? localEntry(tx, userId) : remoteEntry(tx, userId),
    tx.userDirectory.entries([userId]),
    tx.userDirectory.isInPublicRoom(userId),
  ])
  const before = entries.get(userId)
  if (entry === undefined) {
    if (before !== undefined) await tx.userDirectory.delete(userId)
    return undefined
  }
  const names = namesOf(userId, entry.displayName)
  const { remote } = entry
  await together([
    tx.userDirectory.setNames(userId, EVERYBODY, { names, remote }),
    tx.userDirectory.setNames(userId, IN_PUBLIC_ROOMS, { names: isShown ? names : NOWHERE, remote }),
  ])
  if (before?.displayName === entry.displayName && before.avatarUrl === entry.avatarUrl) return entry
  await tx.userDirectory.put(userId, entry)
  // The names in the user's rooms follow, each in its turn.
  if (before?.displayName !== entry.displayName) await tx.userDirectory.queueRoomsOf(userId)
  return entry
}

/** Where those look who share the room. Members of public rooms are found by everybody: they need no place of their own. */
async function indexMember(
  tx: Transaction,
  roomId: RoomId,
  userId: UserId,
  { displayName, remote }: DirectoryEntry,
): Promise<void> {
  const [room, member] = await together([tx.rooms.findRoom(roomId), tx.members.find(roomId, userId)])
  const isPublic = room?.joinRule === 'public' || room?.historyVisibility === 'world_readable'
  const isHere = room !== undefined && !isPublic && member?.membership === 'join'
  await tx.userDirectory.setNames(userId, roomId, {
    names: isHere ? namesOf(userId, displayName) : NOWHERE,
    remote,
  })
}

/**
 * Synapse: handlers/user_directory. Who cannot be written to is not listed: deactivated and expired accounts, support
 * accounts, users of application services. Guests and locked accounts are; whether locked ones are shown is asked at the search.
 */
async function localEntry(tx: Transaction, userId: UserId): Promise<DirectoryEntry | undefined> {
  const [account, validity] = await together([tx.accounts.find(userId), tx.accountValidity.find(userId)])
  if (account === undefined || account.deactivated || validity?.hidden) return undefined
  if (account.userType === 'support' || account.appserviceId !== null) return undefined
  return { displayName: account.displayname, avatarUrl: account.avatarUrl, remote: false }
}

/** Users of other servers are called what they were last called in a room of ours. */
async function remoteEntry(tx: Transaction, userId: UserId): Promise<DirectoryEntry | undefined> {
  const profile = await tx.userDirectory.lastMemberProfile(userId)
  return profile && { ...profile, remote: true }
}
