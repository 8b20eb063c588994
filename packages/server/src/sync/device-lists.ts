import { membershipOf } from '@ranvier/protocol/auth/room-state'
import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import type { LoadedEvent, RoomEvents } from '../rooms/room-events.ts'
import type { JoinedRoom, LeftRoom } from './plan.ts'
import type { SyncScope } from './scope.ts'

/** Who came into rooms of the user, and who is no longer in them, since the last answer. */
export interface Traffic {
  came: Set<UserId>
  went: Set<UserId>
}

interface Parts {
  storage: Storage
  roomEvents: RoomEvents
}

/** Notes who came and went by member events of a joined room that are new to the client. */
export async function noteJoinedRoom(
  { storage, roomEvents }: Parts,
  { userId, since }: SyncScope,
  room: JoinedRoom,
  events: Iterable<LoadedEvent>,
  traffic: Traffic,
): Promise<void> {
  if (since === undefined) return
  if (room.isNew) {
    for (const member of await storage.read.members.joinedIds(room.roomId)) traffic.came.add(member)
    return
  }
  const isNew = ({ row }: LoadedEvent) => row.type === 'm.room.member' && row.nid > since.events
  const changes = [...events].filter((loaded) => isNew(loaded) && loaded.row.stateKey !== userId)
  if (changes.length === 0) return
  const previous = await roomEvents.byNid(changes.flatMap(({ row }) => row.replaces ?? []))
  for (const { event, row } of changes) {
    const before = row.replaces === null ? undefined : membershipOf(previous.get(row.replaces)?.event)
    const now = membershipOf(event)
    const member = row.stateKey as UserId // state key of an accepted member event
    if (now === 'join' && before !== 'join') traffic.came.add(member)
    if (now !== 'join' && before === 'join') traffic.went.add(member)
  }
}

/** Notes everybody in a room that the user has left. */
export async function noteLeftRoom(parts: Parts, room: LeftRoom, traffic: Traffic): Promise<void> {
  if (!room.wasJoined || room.isNew) return
  for (const member of await parts.storage.read.members.joinedIds(room.roomId)) traffic.went.add(member)
}

/** `{"changed":[…],"left":[…]}`; `undefined` without either. Spec: CS API §Tracking the device list for a user. */
export async function deviceListsSection(
  storage: Storage,
  scope: SyncScope,
  { came, went }: Traffic,
): Promise<string | undefined> {
  const { userId, since } = scope
  if (since === undefined) return undefined
  const lists = new Set(await changedLists(storage, scope, since.deviceLists))
  const changed = new Set([...lists, ...came])
  const asked = [...new Set([...changed, ...went])].filter((each) => each !== userId)
  if (asked.length === 0 && !changed.has(userId)) return undefined
  const sharing = new Set<UserId>(await storage.read.members.sharingWith(userId, asked))
  const section = {
    // The user is among those who came into a room when they came themselves: that is no change of their keys.
    changed: [...changed].filter((each) => (each === userId ? lists.has(userId) : sharing.has(each))),
    left: [...went].filter((each) => each !== userId && !sharing.has(each)),
  }
  return section.changed.length + section.left.length === 0 ? undefined : JSON.stringify(section)
}

const PAGE = 1_000

async function changedLists(
  storage: Storage,
  { userId, user, upTo }: SyncScope,
  since: number,
): Promise<UserId[]> {
  if (since >= user.start.deviceLists) return [...user.deviceLists.after(since)]
  const changed = await storage.read.crossSigning.signedSince(userId, since)
  for (let after = since; ; ) {
    const page = await storage.read.devices.changedSince(after, PAGE)
    for (const each of page) if (each.position <= upTo.deviceLists) changed.push(each.userId)
    if (page.length < PAGE) return changed
    after = page.at(-1)!.position
  }
}
