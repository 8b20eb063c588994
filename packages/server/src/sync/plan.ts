import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { AccountDataRow, Membership, Storage } from '@ranvier/storage'
import type { OwnMembership } from '../notify/active-user.ts'
import type { Typing } from '../notify/typing.ts'
import { type MemberHistory, valueAt } from '../rooms/reads/entry-histories.ts'
import { matchesRoom } from '../rooms/reads/filter-match.ts'
import type { Visibility } from '../rooms/reads/visibility.ts'
import type { SyncScope } from './scope.ts'

/** A joined room that may have something to say. */
export interface JoinedRoom {
  readonly roomId: RoomId
  /** The room is new to the client: its whole state, its newest events, all receipts. */
  readonly isNew: boolean
  /** The whole state was asked for. */
  readonly wholeState: boolean
  /** Whether the room has new events at all. */
  readonly hasEvents: boolean
  readonly receiptsChanged: boolean
  readonly typingChanged: boolean
  /** What changed of the user's data for the room; for a new room all of it. */
  readonly accountData: readonly AccountDataRow[]
}

/** A room the user has left, been removed from, or whose invite they declined. */
export interface LeftRoom {
  readonly roomId: RoomId
  /** Position of the member event by which the room ends for the user. */
  readonly leftAt: number
  /** The user was joined just before. */
  readonly wasJoined: boolean
  /** The client did not have the room before, or asked for the whole state. */
  readonly wholeState: boolean
  readonly isNew: boolean
}

export interface RoomPlan {
  readonly join: readonly JoinedRoom[]
  readonly invite: readonly RoomId[]
  readonly knock: readonly RoomId[]
  readonly leave: readonly LeftRoom[]
  /** Rooms with new events that are not to be told of. Who comes and goes there matters all the same. */
  readonly unwanted: readonly RoomId[]
}

export interface PlanParts {
  storage: Storage
  visibility: Visibility
  typing: Typing
  /** Nobody is told of these. Synapse: exclude_rooms_from_sync */
  excludedRooms: ReadonlySet<string>
}

interface MutablePlan {
  join: JoinedRoom[]
  invite: RoomId[]
  knock: RoomId[]
  leave: LeftRoom[]
  unwanted: RoomId[]
}

/** Which rooms to look at. `accountData` is what changed of the user's data for rooms, or for a first sync all of it. */
export async function planRooms(
  parts: PlanParts,
  scope: SyncScope,
  accountData: ReadonlyMap<RoomId, readonly AccountDataRow[]>,
): Promise<RoomPlan> {
  const plan: MutablePlan = { join: [], invite: [], knock: [], leave: [], unwanted: [] }
  const { since, fullState } = scope
  if (since === undefined) {
    for (const [roomId, own] of scope.user.rooms) await planNew(parts, scope, accountData, plan, roomId, own)
    return plan
  }
  const changed = await changedRooms(parts, scope, since)
  const candidates = new Set([
    ...changed.events,
    ...changed.receipts,
    ...changed.typing,
    ...accountData.keys(),
  ])
  if (fullState)
    for (const [roomId, { membership }] of scope.user.rooms) if (membership === 'join') candidates.add(roomId)
  for (const roomId of candidates) {
    const own = scope.user.rooms.get(roomId)
    if (own === undefined) continue
    if (!isWanted(parts, scope, roomId)) {
      if (changed.events.has(roomId)) plan.unwanted.push(roomId)
      continue
    }
    // A member event newer than `since`, or newer than what may be told yet: then what the user was has to be looked up.
    const moved = own.nid > since.events
    const history = moved ? await parts.visibility.histories.member(roomId, scope.userId) : undefined
    const before = history === undefined ? own.membership : valueAt(history, since.events)
    const membership = history === undefined ? own.membership : valueAt(history, scope.upTo.events)
    if (membership === 'join') {
      const isNew = history !== undefined && cameInAfter(history, since.events, scope.upTo.events)
      plan.join.push({
        roomId,
        isNew,
        wholeState: isNew || fullState,
        hasEvents: changed.events.has(roomId),
        receiptsChanged: isNew || changed.receipts.has(roomId),
        typingChanged: isNew || changed.typing.has(roomId),
        accountData: isNew
          ? await parts.storage.read.accountData.list(scope.userId, roomId)
          : (accountData.get(roomId) ?? []),
      })
    } else if (moved && history !== undefined && membership !== undefined)
      await planOther(parts, scope, plan, roomId, history, membership, before)
  }
  return plan
}

function isWanted(parts: PlanParts, scope: SyncScope, roomId: RoomId): boolean {
  return !parts.excludedRooms.has(roomId) && matchesRoom(scope.filter.room, roomId)
}

/** A room of a first sync. */
async function planNew(
  parts: PlanParts,
  scope: SyncScope,
  accountData: ReadonlyMap<RoomId, readonly AccountDataRow[]>,
  plan: MutablePlan,
  roomId: RoomId,
  own: OwnMembership,
): Promise<void> {
  if (!isWanted(parts, scope, roomId)) return
  let { membership } = own
  if (own.nid > scope.upTo.events) {
    const history = await parts.visibility.histories.member(roomId, scope.userId)
    const then = valueAt(history, scope.upTo.events)
    if (then === undefined) return
    membership = then
  }
  if (membership === 'join')
    plan.join.push({
      roomId,
      isNew: true,
      wholeState: true,
      hasEvents: true,
      receiptsChanged: true,
      typingChanged: true,
      accountData: accountData.get(roomId) ?? [],
    })
  else if (membership === 'invite' || membership === 'knock' || scope.filter.room.includeLeave) {
    const history = await parts.visibility.histories.member(roomId, scope.userId)
    await planOther(parts, scope, plan, roomId, history, membership, undefined)
  }
}

async function planOther(
  parts: PlanParts,
  scope: SyncScope,
  plan: MutablePlan,
  roomId: RoomId,
  history: MemberHistory,
  membership: Membership,
  before: Membership | undefined,
): Promise<void> {
  if (membership === 'invite') plan.invite.push(roomId)
  else if (membership === 'knock') plan.knock.push(roomId)
  else {
    // A client that has the room is told that it ended, although the user may have forgotten it on another device.
    const isKnown = before !== undefined && before !== 'leave' && before !== 'ban'
    const member = await parts.storage.read.members.find(roomId, scope.userId)
    if (member === undefined || (member.forgotten && !isKnown)) return
    const leftAt = lastAtOrBefore(history.positions, scope.upTo.events)
    const isNew = before !== 'join'
    plan.leave.push({
      roomId,
      leftAt,
      wasJoined: valueAt(history, leftAt - 1) === 'join',
      wholeState: isNew || scope.fullState,
      isNew,
    })
  }
}

/** Whether the user was not in the room at some time between the two, or before. */
export function cameInAfter(history: MemberHistory, after: number, upTo: number): boolean {
  if (valueAt(history, after) !== 'join') return true
  return history.positions.some(
    (position, i) => position > after && position <= upTo && history.values[i] !== 'join',
  )
}

function lastAtOrBefore(positions: readonly number[], upTo: number): number {
  let last = 0
  for (const position of positions) if (position <= upTo) last = position
  return last
}

interface ChangedRooms {
  events: Set<RoomId>
  receipts: Set<RoomId>
  typing: Set<RoomId>
}

/** From memory as far back as it reaches; from the database for tokens older than that. */
async function changedRooms(
  parts: PlanParts,
  { user, userId }: SyncScope,
  since: NonNullable<SyncScope['since']>,
): Promise<ChangedRooms> {
  const { read } = parts.storage
  const { start } = user
  const joined = () => [...user.rooms].flatMap(([roomId, own]) => (own.membership === 'join' ? [roomId] : []))
  const events =
    since.events >= start.events
      ? user.events.after(since.events)
      : await read.sync.changedRooms(userId, since.events)
  const receipts =
    since.receipts >= start.receipts
      ? user.receipts.after(since.receipts)
      : (await read.receipts.changedRooms(joined(), since.receipts)).map((row) => row.roomId)
  const typing =
    since.typing >= start.typing
      ? user.typing.after(since.typing)
      : parts.typing.roomsChangedAfter(since.typing)
  return { events: new Set(events), receipts: new Set(receipts), typing: new Set(typing) }
}
