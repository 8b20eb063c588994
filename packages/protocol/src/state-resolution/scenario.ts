import assert from 'node:assert/strict'
import { authEventKeys } from '../auth/selection.ts'
import type { Pdu, RoomEvent } from '../event/types.ts'
import type { EventId, RoomId, UserId } from '../ids/brands.ts'
import type { JsonObject } from '../json.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import type { EventLoader } from './event-loader.ts'
import { loaderOf } from './event-loader.ts'
import type { StateMap } from './state-map.ts'
import { stateMapKey } from './state-map.ts'

/**
 * One event of a fixture. Exactly one of `create`, `member`, `power`, `joinRule`, `topic` says what it is; people are
 * named without server. `by` is the sender (for `member` the member themselves, unless told).
 *
 * The state before it is that after `after` (the event before it in the list, unless told); its auth events are selected
 * from there. `auth` names them instead, for events that cite something else.
 */
interface EventLine {
  id: string
  by?: string
  create?: string
  member?: string
  is?: string
  power?: Record<string, number>
  levels?: Record<string, number>
  joinRule?: string
  topic?: string
  after?: string
  auth?: string
  ts?: number
  depth?: number
}

/** A fixture: a room that forks, and what the fork resolves to. */
export interface ScenarioFile {
  story: string
  events: EventLine[]
  /** Ids; the state after each of them is one state set. */
  forks?: string
  /** Instead: each state set spelled out. */
  stateSets?: string[]
  rejected?: string
  /** The ids in the resolved state, by algorithm. Only algorithms named here are run. */
  resolved: Partial<Record<RoomVersionRules['stateResolution'], string>>
}

export interface Scenario {
  stateSets: StateMap[]
  loader: EventLoader
  events: RoomEvent[]
}

const ROOM = '!CREATE' as RoomId
const words = (text: string) => text.split(/\s+/).filter((word) => word !== '')
const eventIdOf = (name: string) => `$${name}` as EventId
const userIdOf = (name: string) => `@${name}:${name}.test` as UserId

/** The ids of a state, without `$`, sorted: how fixtures name states. */
export function namesIn(state: StateMap): string[] {
  return [...state.values()].map((eventId) => eventId.slice(1)).sort()
}

/** The events and state sets of a fixture in a room of this version. */
export function buildScenario(file: ScenarioFile, rules: RoomVersionRules): Scenario {
  const events = new Map<string, RoomEvent>()
  const stateAfter = new Map<string, Map<string, EventId>>()
  let previous: string | undefined
  for (const [index, line] of file.events.entries()) {
    const before = stateAfter.get(line.after ?? previous ?? '') ?? new Map<string, EventId>()
    const parent = events.get(line.after ?? previous ?? '')
    const event = buildEvent(line, index, before, parent, file, rules)
    assert(!events.has(line.id), `${line.id} is there twice`)
    events.set(line.id, event)
    stateAfter.set(line.id, new Map(before).set(stateMapKey(event.type, event.stateKey ?? ''), event.eventId))
    previous = line.id
  }
  const get = (name: string) => events.get(name) ?? assert.fail(`no event ${name}`)
  const stateSets = file.stateSets
    ? file.stateSets.map((names) => stateOf(words(names).map(get)))
    : words(file.forks ?? '').map((name) => stateAfter.get(name) ?? assert.fail(`no event ${name}`))
  const loader = loaderOf(events.values(), words(file.rejected ?? '').map(eventIdOf))
  return { stateSets, loader, events: [...events.values()] }
}

function stateOf(events: readonly RoomEvent[]): Map<string, EventId> {
  return new Map(events.map((event) => [stateMapKey(event.type, event.stateKey ?? ''), event.eventId]))
}

function buildEvent(
  line: EventLine,
  index: number,
  before: StateMap,
  parent: RoomEvent | undefined,
  file: ScenarioFile,
  rules: RoomVersionRules,
): RoomEvent {
  const founder = file.events.find(({ create }) => create !== undefined)?.create ?? assert.fail('no create')
  const shape = shapeOf(line, founder, rules)
  const sender = userIdOf(line.by ?? line.create ?? line.member ?? assert.fail(`who sends ${line.id}?`))
  const cited =
    line.auth === undefined
      ? authEventKeys({ ...shape, sender }, rules)
          .map(([type, stateKey]) => before.get(stateMapKey(type, stateKey)))
          .filter((eventId) => eventId !== undefined)
      : words(line.auth)
          .map(eventIdOf)
          .filter((eventId) => rules.createInAuthEvents || eventId !== '$CREATE')
  const common = {
    sender,
    content: shape.content,
    depth: line.depth ?? (parent?.depth ?? 0) + 1,
    roomId: ROOM,
    originServerTs: line.ts ?? 1000 * (index + 1),
  }
  const pdu: Pdu = {
    type: shape.type,
    sender,
    content: shape.content,
    origin_server_ts: common.originServerTs,
    depth: common.depth,
    prev_events: parent === undefined ? [] : [parent.eventId],
    auth_events: cited,
  }
  return {
    ...common,
    ...shape,
    eventId: eventIdOf(line.id),
    prevEvents: parent === undefined ? [] : [parent.eventId],
    authEvents: cited,
    pdu,
  }
}

function shapeOf(
  line: EventLine,
  founder: string,
  rules: RoomVersionRules,
): { type: string; stateKey: string; content: JsonObject } {
  if (line.create !== undefined) {
    const creator: JsonObject = rules.creatorInContent ? { creator: userIdOf(line.create) } : {}
    return { type: 'm.room.create', stateKey: '', content: { room_version: rules.version, ...creator } }
  }
  if (line.member !== undefined) {
    const membership = line.is ?? assert.fail(`is what? ${line.id}`)
    return { type: 'm.room.member', stateKey: userIdOf(line.member), content: { membership } }
  }
  if (line.joinRule !== undefined) {
    return { type: 'm.room.join_rules', stateKey: '', content: { join_rule: line.joinRule } }
  }
  if (line.topic !== undefined) {
    return { type: 'm.room.topic', stateKey: '', content: { topic: line.topic } }
  }
  if (line.power !== undefined) {
    const users: JsonObject = {}
    for (const [name, level] of Object.entries(line.power)) {
      // Version 12 has creators above all levels and refuses levels that name them.
      if (!rules.creatorPower || name !== founder) users[userIdOf(name)] = level
    }
    return { type: 'm.room.power_levels', stateKey: '', content: { users, ...line.levels } }
  }
  return assert.fail(`what is ${line.id}?`)
}
