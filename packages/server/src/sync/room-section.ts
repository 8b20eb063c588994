import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { AccountDataRow } from '@ranvier/storage'
import { ascending, atOnceOrInSteps } from '../in-steps.ts'
import { matchesEvent, matchesRoom } from '../rooms/reads/filter-match.ts'
import type { RoomReads } from '../rooms/reads/read-access.ts'
import { renderForUser } from '../rooms/reads/render.ts'
import type { LoadedEvent } from '../rooms/room-events.ts'
import { roomAccountData } from './account-data-section.ts'
import { type EphemeralParts, ephemeralEvents } from './ephemeral.ts'
import type { LazyMembers } from './lazy-members.ts'
import { pickFields } from './pick-fields.ts'
import type { JoinedRoom, LeftRoom } from './plan.ts'
import { eventsText, JsonPieces, type JsonText, largeObjectText, objectText } from './response-text.ts'
import type { SyncScope } from './scope.ts'
import { stateNids } from './state-window.ts'
import { heroesOf, roomSummary } from './summary.ts'
import { loadWindow, type TimelineWindow } from './timeline-window.ts'
import { formatToken, type SyncToken } from './token.ts'
import { type UnreadSectionParts, unreadMembers } from './unread-members.ts'

export interface RoomParts extends EphemeralParts, UnreadSectionParts {
  reads: RoomReads
  lazyMembers: LazyMembers
}

/** One room of an answer. */
export interface RoomSection {
  text: JsonText
  /** The state and timeline events in it, and state that its filter left out. */
  events: LoadedEvent[]
  /** Every change of the room's state since the last answer is among them. */
  holdsAllState: boolean
}

/** A joined room; `undefined` if there is nothing to say about it. */
export async function joinedSection(
  parts: RoomParts,
  scope: SyncScope,
  room: JoinedRoom,
): Promise<RoomSection | undefined> {
  const { roomId } = room
  const { filter, since } = scope
  const after = room.isNew ? undefined : since?.events
  const window =
    room.hasEvents || room.isNew
      ? await loadWindow(parts.reads, scope.userId, roomId, {
          after,
          upTo: scope.upTo.events,
          filter: filter.room.timeline,
          isNewSinceLast: room.isNew && since !== undefined,
        })
      : nothingIn(scope.upTo)
  const state = await stateEvents(parts, scope, roomId, window, {
    after: room.wholeState ? undefined : since?.events,
    upTo: scope.upTo.events,
    isNew: room.isNew,
  })
  const isRenamed = room.isNew || changesSummary(window.events) || changesSummary(state.all)
  const [ephemeral, unread, summary] = await Promise.all([
    ephemeralEvents(parts, scope, room),
    unreadMembers(parts, scope, room),
    room.wholeState || isRenamed ? roomSummary(parts.reads, scope, roomId) : undefined,
  ])
  const accountData = roomAccountData(filter, roomId, room.accountData)
  const silent =
    window.events.length === 0 &&
    !window.limited &&
    state.shown.length === 0 &&
    ephemeral.length === 0 &&
    accountData.length === 0 &&
    !unread.changed
  if (silent && !room.wholeState) return undefined
  const text = largeObjectText([
    ['summary', summary],
    ...(await timelineAndState(parts, scope, roomId, window, state.shown)),
    ['ephemeral', eventsText(ephemeral)],
    ['account_data', eventsText(accountData)],
    ...unread.members,
  ])
  return { text, events: [...state.all, ...window.events], holdsAllState: window.holdsAllState }
}

/** A room that has ended for the user; `data` is what changed of their data for it. */
export async function leftSection(
  parts: RoomParts,
  scope: SyncScope,
  room: LeftRoom,
  data: readonly AccountDataRow[],
): Promise<JsonText> {
  const { roomId, leftAt } = room
  const after = room.isNew ? undefined : scope.since?.events
  const range = { after, upTo: leftAt, filter: scope.filter.room.timeline }
  const window = await loadWindow(parts.reads, scope.userId, roomId, range)
  // Who was not joined before (an invite declined, a ban of a stranger) is told nothing but what they may see.
  const state = room.wasJoined
    ? await stateEvents(parts, scope, roomId, window, {
        after: room.wholeState ? undefined : scope.since?.events,
        upTo: leftAt,
        isNew: room.isNew,
      })
    : { shown: [] }
  const accountData = roomAccountData(scope.filter, roomId, data)
  return largeObjectText([
    ...(await timelineAndState(parts, scope, roomId, window, state.shown)),
    ['account_data', eventsText(accountData)],
  ])
}

async function timelineAndState(
  parts: RoomParts,
  scope: SyncScope,
  roomId: RoomId,
  window: TimelineWindow,
  state: readonly LoadedEvent[],
): Promise<[string, JsonText | undefined][]> {
  const render = await renderer(parts, scope, roomId)
  const [timelineTexts, stateText] = await Promise.all([render(window.events), allEventsText(render, state)])
  const timeline = objectText([
    ['events', `[${timelineTexts.join(',')}]`],
    ['limited', String(window.limited)],
    ['prev_batch', JSON.stringify(formatToken({ ...scope.upTo, events: window.start }))],
  ])
  return [
    // There also when empty: clients take an absent `state_after` for a server that does not know it.
    [scope.stateKey, stateText],
    ['timeline', timeline],
  ]
}

/** As `eventsText`, of as many as a large room has members. */
async function allEventsText(render: Render, events: readonly LoadedEvent[]): Promise<JsonText> {
  const pieces = new JsonPieces()
  let before = '{"events":['
  for await (const some of atOnceOrInSteps(events)) {
    pieces.add(`${before}${(await render(some)).join(',')}`)
    before = ','
  }
  pieces.add(']}')
  return pieces.text
}

interface StateNeed {
  after: number | undefined
  upTo: number
  isNew: boolean
}

async function stateEvents(
  parts: RoomParts,
  scope: SyncScope,
  roomId: RoomId,
  window: TimelineWindow,
  { after, upTo, isNew }: StateNeed,
): Promise<{ shown: LoadedEvent[]; all: LoadedEvent[] }> {
  const { state: filter } = scope.filter.room
  const atEnd = scope.stateKey !== 'state'
  const lazy = filter.lazyLoadMembers
  const nids = new Set(await stateNids(parts.reads, roomId, window, { after, upTo, atEnd, lazy }))
  if (lazy) {
    const wanted = await wantedMembers(parts, scope, roomId, window, after === undefined)
    const users = filter.includeRedundantMembers
      ? [...wanted]
      : parts.lazyMembers.select(scope, roomId, wanted, isNew)
    for (const nid of await parts.lazyMembers.memberNids(
      parts.reads,
      roomId,
      users,
      atEnd ? upTo : window.start,
    ))
      nids.add(nid)
  }
  if (nids.size === 0) return { shown: [], all: [] }
  const all: LoadedEvent[] = []
  const shown: LoadedEvent[] = []
  const isRoomWanted = matchesRoom(filter, roomId)
  for await (const some of atOnceOrInSteps(ascending(nids))) {
    const loaded = await parts.reads.roomEvents.byNid(some)
    for (const nid of some) {
      const each = loaded.get(nid)
      if (each === undefined) continue
      all.push(each)
      if (isRoomWanted && matchesEvent(filter, each.event)) shown.push(each)
    }
  }
  return { shown, all }
}

/** Whose member events go with the timeline. Spec: CS API §Lazy-loading room members. */
async function wantedMembers(
  parts: RoomParts,
  scope: SyncScope,
  roomId: RoomId,
  window: TimelineWindow,
  whole: boolean,
): Promise<Set<string>> {
  const wanted = new Set<string>(window.events.map(({ row }) => row.sender))
  if (whole) {
    wanted.add(scope.userId)
    for (const hero of await heroesOf(parts.reads, scope.userId, roomId)) wanted.add(hero)
  }
  return wanted
}

type Render = (events: readonly LoadedEvent[]) => Promise<string[]>

/** Writes events of the room as the filter wants them. */
async function renderer(parts: RoomParts, scope: SyncScope, roomId: RoomId): Promise<Render> {
  const { eventFields, federationFormat } = scope.filter
  const options = {
    userId: scope.userId,
    deviceId: scope.deviceId,
    nowMs: scope.nowMs,
    withoutRoomId: true,
    federationFormat,
    membershipAt: await parts.reads.visibility.membershipAt(scope.userId, roomId),
  }
  return async (events) => {
    if (events.length === 0) return []
    const texts = await renderForUser(parts.reads, events, options)
    if (eventFields === undefined) return texts
    return texts.map((text) => JSON.stringify(pickFields(JSON.parse(text), eventFields)))
  }
}

function nothingIn(upTo: SyncToken): TimelineWindow {
  return { events: [], limited: false, start: upTo.events, holdsAllState: true }
}

/** Who is in the room, and whether it has a name or is to be called by its heroes. */
const SUMMARISED: ReadonlySet<string> = new Set(['m.room.member', 'm.room.name', 'm.room.canonical_alias'])

function changesSummary(events: readonly LoadedEvent[]): boolean {
  return events.some(({ row }) => SUMMARISED.has(row.type))
}
