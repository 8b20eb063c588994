import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { Unread } from '../../push/unread.ts'
import { renderEvents } from '../../rooms/reads/render.ts'
import { strippedState } from '../../rooms/reads/stripped-state.ts'
import type { LoadedEvent } from '../../rooms/room-events.ts'
import { NO_FILTER } from '../filter.ts'
import { cameInAfter } from '../plan.ts'
import { objectText } from '../response-text.ts'
import type { RoomParts } from '../room-section.ts'
import type { SyncScope } from '../scope.ts'
import { heroMembers } from '../summary.ts'
import { loadWindow, type TimelineWindow } from '../timeline-window.ts'
import { formatToken } from '../token.ts'
import { totalOf } from '../unread-members.ts'
import type { BumpStamps } from './bump-stamps.ts'
import type { SentRoom } from './connections.ts'
import type { ListedRoom } from './lists.ts'
import { type EntryMember, naming } from './naming.ts'
import type { RoomWants } from './request.ts'
import { requiredState } from './room-state.ts'

export interface EntryParts extends RoomParts {
  bumpStamps: BumpStamps
}

/** Of one connection: its client learns members lazily, and separately from other connections of its device. */
export interface ConnectionScope extends SyncScope {
  readonly connectionName: string
}

export interface EntryRequest {
  readonly room: ListedRoom & RoomWants
  readonly sent: SentRoom | undefined
  /** The user's own receipts moved since the client was last told of the room. */
  readonly hasRead: boolean
  readonly isDm: boolean
}

export interface RoomEntry {
  /** `undefined`: there is nothing to say. */
  text: string | undefined
  sent: SentRoom
  events: readonly LoadedEvent[]
  isInitial: boolean
}

/** Types of state that change what a client calls a room. */
const NAMING = new Set(['m.room.name', 'm.room.avatar', 'm.room.canonical_alias', 'm.room.member'])

/** One room of an answer; `undefined` if nothing happened in it that the client does not know. */
export async function roomEntry(
  parts: EntryParts,
  scope: ConnectionScope,
  request: EntryRequest,
): Promise<RoomEntry | undefined> {
  const { room, sent } = request
  if (room.membership === 'invite' || room.membership === 'knock') return outsideEntry(parts, scope, request)
  const { roomId, nid, membership, timelineLimit, required } = room
  const upTo = membership === 'join' ? scope.upTo.events : Math.min(nid, scope.upTo.events)
  const isInitial = sent === undefined || (membership === 'join' && (await cameIn(parts, scope, room, sent)))
  const after = isInitial ? undefined : sent.events
  const hasNews = isInitial || (membership === 'join' ? room.card.lastPosition : nid) > sent.events
  const isExpanded = !isInitial && timelineLimit > sent.timelineLimit
  const isWider = !isInitial && !sent.required.covers(required)
  if (!hasNews && !isExpanded && !isWider && !request.hasRead) return undefined
  // Thrown out of a room one never was in: there is nothing to be seen of it but that.
  const wasInside = await wasEverJoined(parts, roomId, scope.userId)
  const window =
    hasNews || isExpanded
      ? await loadWindow(parts.reads, scope.userId, roomId, {
          after: isExpanded ? undefined : after,
          upTo,
          filter: { ...NO_FILTER.room.timeline, limit: timelineLimit },
        })
      : { events: [], limited: false, start: upTo, holdsAllState: true }
  const heroes = room.card.name === null ? await heroMembers(parts.reads, scope.userId, roomId) : undefined
  const reader = {
    userId: scope.userId,
    deviceId: JSON.stringify([scope.deviceId, scope.connectionName]),
    since: scope.since,
    upTo: scope.upTo,
  }
  const state = wasInside
    ? await requiredState(parts, reader, isExpanded ? { ...window, holdsAllState: false } : window, {
        roomId,
        after,
        upTo,
        required,
        before: sent?.required,
        heroes: isInitial ? (heroes ?? []).map(({ userId }) => userId) : [],
      })
    : { shown: [], changed: [] }
  const isRenamed = isInitial || state.changed.some(({ row }) => NAMING.has(row.type))
  const next: SentRoom = {
    events: scope.upTo.events,
    membership,
    // After a gap the client has what came with this answer and no more.
    timelineLimit:
      window.limited || isInitial || isExpanded ? timelineLimit : Math.max(sent.timelineLimit, timelineLimit),
    required: isInitial ? required : sent.required.followedBy(required),
  }
  const events = [...state.changed, ...window.events]
  const isSilent = window.events.length === 0 && state.shown.length === 0 && !window.limited
  if (isSilent && !isInitial && !isRenamed && !isExpanded && !request.hasRead)
    return { text: undefined, sent: next, events, isInitial }
  const text = objectText([
    ...(isInitial ? ([['initial', 'true']] as const) : []),
    ...(isRenamed ? naming(room, heroes) : []),
    ['is_dm', request.isDm ? 'true' : undefined],
    ...(await eventMembers(parts, scope, room, window, state.shown)),
    ['unstable_expanded_timeline', isExpanded ? 'true' : undefined],
    ...(membership === 'join' ? await unreadCounts(parts.unread, scope, roomId) : NO_COUNTS),
    ['bump_stamp', String(await parts.bumpStamps.of(roomId, membership === 'join' ? 0 : nid))],
  ])
  return { text, sent: next, events, isInitial }
}

/** A room the user is asked into, or has asked to be let into. */
async function outsideEntry(
  parts: EntryParts,
  scope: ConnectionScope,
  { room, sent, isDm }: EntryRequest,
): Promise<RoomEntry | undefined> {
  const { roomId, nid, membership, timelineLimit, required } = room
  if (sent !== undefined && nid <= sent.events) return undefined
  const next = { events: scope.upTo.events, membership, timelineLimit, required }
  const text = objectText([
    ['initial', 'true'],
    ...naming(
      room,
      room.card.name === null ? await heroMembers(parts.reads, scope.userId, roomId) : undefined,
    ),
    ['is_dm', isDm ? 'true' : undefined],
    // Synapse gives what is known of a knocked room under this name too.
    ['invite_state', `[${(await strippedState(parts.reads, roomId, nid)).join(',')}]`],
    ...NO_COUNTS,
    ['bump_stamp', String(nid)],
  ])
  return { text, sent: next, events: [], isInitial: true }
}

async function eventMembers(
  { reads }: EntryParts,
  scope: ConnectionScope,
  { roomId, timelineLimit }: ListedRoom & RoomWants,
  window: TimelineWindow,
  state: readonly LoadedEvent[],
): Promise<EntryMember[]> {
  const { userId, deviceId, nowMs, since } = scope
  const membershipAt = await reads.visibility.membershipAt(userId, roomId)
  const options = { userId, deviceId, nowMs, withoutRoomId: true, membershipAt }
  const [timelineTexts, stateTexts] = await Promise.all([
    renderEvents(reads.roomEvents, window.events, options),
    renderEvents(reads.roomEvents, state, options),
  ])
  const required: EntryMember = ['required_state', `[${stateTexts.join(',')}]`]
  // Who wants no timeline has none with a gap in it either, as in Synapse.
  if (timelineLimit === 0) return [required]
  const live = since === undefined ? [] : window.events.filter(({ row }) => row.position! > since.events)
  return [
    required,
    ['timeline', `[${timelineTexts.join(',')}]`],
    ['limited', String(window.limited)],
    ['num_live', String(live.length)],
    ['prev_batch', JSON.stringify(formatToken({ ...scope.upTo, events: window.start }))],
  ]
}

const NO_COUNTS: readonly EntryMember[] = [
  ['notification_count', '0'],
  ['highlight_count', '0'],
]

async function unreadCounts(unread: Unread, scope: ConnectionScope, roomId: RoomId): Promise<EntryMember[]> {
  const { notify, highlight } = totalOf(await unread.of(scope.userId, roomId, scope.upTo.events))
  return [
    ['notification_count', String(notify)],
    ['highlight_count', String(highlight)],
  ]
}

/** The user was out of the room at some time since the client was told of it: then it is new to the client. */
async function cameIn(
  { reads }: EntryParts,
  { userId, upTo }: ConnectionScope,
  { roomId, nid }: ListedRoom,
  sent: SentRoom,
): Promise<boolean> {
  if (sent.membership !== 'join') return true
  if (nid <= sent.events) return false
  return cameInAfter(await reads.visibility.histories.member(roomId, userId), sent.events, upTo.events)
}

async function wasEverJoined({ reads }: EntryParts, roomId: RoomId, userId: string): Promise<boolean> {
  const { joinedSince, lastLeave } = await reads.visibility.histories.member(roomId, userId)
  return joinedSince !== undefined || lastLeave !== undefined
}
