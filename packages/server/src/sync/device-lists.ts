import { membershipOf } from '@ranvier/protocol/auth/room-state'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { changedListsSince } from '../keys/changed-lists.ts'
import { noteRoom, type Traffic, type TrafficParts } from '../keys/room-traffic.ts'
import type { LoadedEvent } from '../rooms/room-events.ts'
import type { JoinedRoom } from './plan.ts'
import type { RoomSection } from './room-section.ts'
import type { SyncScope } from './scope.ts'

/**
 * Notes who came and went in a joined room since the last answer: by the member events in its section if those are all
 * there are, and else by the room's history, of which the filter may have left out anything.
 */
export async function noteJoinedRoom(
  parts: TrafficParts,
  scope: SyncScope,
  room: JoinedRoom,
  section: RoomSection | undefined,
  traffic: Traffic,
): Promise<void> {
  const { userId, since } = scope
  if (since === undefined || !(room.hasEvents || room.isNew)) return
  if (section === undefined || !section.holdsAllState || room.isNew)
    return noteChangedRoom(parts, scope, room.roomId, traffic)
  const isNew = ({ row }: LoadedEvent) => row.type === 'm.room.member' && row.nid > since.events
  const changes = section.events.filter((loaded) => isNew(loaded) && loaded.row.stateKey !== userId)
  if (changes.length === 0) return
  const previous = await parts.roomEvents.byNid(changes.flatMap(({ row }) => row.replaces ?? []))
  for (const { event, row } of changes) {
    const before = row.replaces === null ? undefined : membershipOf(previous.get(row.replaces)?.event)
    const now = membershipOf(event)
    const member = row.stateKey as UserId // state key of an accepted member event
    if (now === 'join' && before !== 'join') traffic.came.add(member)
    if (now !== 'join' && before === 'join') traffic.went.add(member)
  }
}

/** Notes who came and went in a room that has ended for the user, or that the filter keeps from them. */
export async function noteChangedRoom(
  parts: TrafficParts,
  { userId, since, upTo }: SyncScope,
  roomId: RoomId,
  traffic: Traffic,
): Promise<void> {
  if (since === undefined) return
  await noteRoom(parts, userId, roomId, { after: since.events, upTo: upTo.events }, traffic)
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

async function changedLists(
  storage: Storage,
  { userId, user, upTo }: SyncScope,
  since: number,
): Promise<UserId[]> {
  if (since >= user.start.deviceLists) return [...user.deviceLists.after(since)]
  const signed = await storage.read.crossSigning.signedSince(userId, since)
  const changed = await changedListsSince(storage, userId, since)
  return [...signed, ...changed.flatMap((each) => (each.position <= upTo.deviceLists ? each.userId : []))]
}
