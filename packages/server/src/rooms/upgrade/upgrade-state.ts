import { parsePowerLevel, powerLevelsOf } from '@ranvier/protocol/auth/power-levels'
import { creatorsOf } from '@ranvier/protocol/auth/room-state'
import { isJsonObject, type Json, type JsonObject } from '@ranvier/protocol/json'
import type { RoomVersionRules } from '@ranvier/protocol/room-version/types'
import type { Storage } from '@ranvier/storage'
import type { RoomEvents } from '../room-events.ts'
import type { RoomWriter } from '../room-writer.ts'

/** State that goes along into a new version of a room. Spec: CS API §Room upgrades; power levels go their own way. */
const COPIED = [
  'm.room.join_rules',
  'm.room.history_visibility',
  'm.room.guest_access',
  'm.room.name',
  'm.room.topic',
  'm.room.avatar',
  'm.room.encryption',
  'm.room.server_acl',
]

export interface CopiedState {
  type: string
  stateKey: string
  content: JsonObject
}

/** What of `old` goes into a room of version `rules`. */
export async function copiedState(
  deps: { storage: Storage; roomEvents: RoomEvents },
  old: RoomWriter,
  rules: RoomVersionRules,
): Promise<CopiedState[]> {
  const state: CopiedState[] = []
  for (const type of COPIED) {
    const event = await old.state(type, '')
    if (event === undefined) continue
    const content = type === 'm.room.join_rules' ? joinRulesFor(rules, event.content) : event.content
    state.push({ type, stateKey: '', content })
  }
  const create = await old.state('m.room.create', '')
  if (create?.content['type'] !== 'm.space') return state
  for (const row of await deps.storage.read.roomState.entriesOfType(old.roomId, 'm.space.child')) {
    const { event } = await deps.roomEvents.fromRow(row)
    // A child that was taken out of a space leaves an event without content.
    if (Object.keys(event.content).length === 0) continue
    state.push({ type: event.type, stateKey: event.stateKey!, content: event.content })
  }
  return state
}

/** A join rule the version does not know would let nobody in; `invite` is what comes closest. */
function joinRulesFor(rules: RoomVersionRules, content: JsonObject): JsonObject {
  const needs: Record<string, boolean> = {
    knock: rules.knocking,
    restricted: rules.restrictedJoins,
    knock_restricted: rules.knockRestricted,
  }
  const rule = content['join_rule']
  return typeof rule === 'string' && needs[rule] === false ? { join_rule: 'invite' } : content
}

export interface PowerLevelPlan {
  /** The new room's first power levels: enough for the upgrader to set its state. */
  during: JsonObject
  /** What they become afterwards; `undefined` if that is the same. */
  after: JsonObject | undefined
}

/**
 * The old room's power levels in the form of the new version, whose creators are above all levels from version 12 on.
 * The upgrader may lack a level that the copied state (`types`) takes, and has it until that is done.
 */
export async function planPowerLevels(
  old: RoomWriter,
  rules: RoomVersionRules,
  who: { upgrader: string; creators: ReadonlySet<string> },
  types: readonly string[],
): Promise<PowerLevelPlan> {
  const create = await old.state('m.room.create', '')
  const present = await old.state('m.room.power_levels', '')
  const content = asIntegers(present?.content ?? {}, old.rules)
  const users: JsonObject = isJsonObject(content['users']) ? { ...content['users'] } : {}
  if (rules.creatorPower) for (const userId of who.creators) delete users[userId]
  else if (create !== undefined && old.rules.creatorPower)
    for (const userId of creatorsOf(create, old.rules)) users[userId] = 100
  // A room without power levels is led by its creator; the new one by who makes it.
  if (present === undefined && !rules.creatorPower) users[who.upgrader] = 100
  const wanted: JsonObject = { ...content, users }
  if (rules.creatorPower) return { during: wanted, after: undefined }
  const levels = powerLevelsOf(undefined, present, old.rules)
  const needed = Math.max(
    levels.ban,
    levels.stateDefault,
    ...['m.room.power_levels', 'm.room.canonical_alias', ...types].map((type) =>
      levels.eventLevel(type, true),
    ),
  )
  const own = parsePowerLevel(users[who.upgrader], rules) ?? levels.usersDefault
  if (own >= needed) return { during: wanted, after: undefined }
  return { during: { ...wanted, users: { ...users, [who.upgrader]: needed } }, after: wanted }
}

const LEVELS = ['ban', 'events_default', 'invite', 'kick', 'redact', 'state_default', 'users_default']
const MAPS = ['events', 'notifications', 'users']

/** Old versions take levels written as text; new ones refuse a room that has them, so they are read here. */
function asIntegers(content: JsonObject, rules: RoomVersionRules): JsonObject {
  const result: JsonObject = { ...content }
  for (const key of LEVELS) {
    if (result[key] === undefined) continue
    const level = parsePowerLevel(result[key], rules)
    if (level === undefined) delete result[key]
    else result[key] = level
  }
  for (const key of MAPS) {
    const map = result[key]
    if (map === undefined) continue
    if (!isJsonObject(map)) {
      delete result[key]
      continue
    }
    const entries = Object.entries(map).flatMap(([name, value]): [string, Json][] => {
      const level = parsePowerLevel(value, rules)
      return level === undefined ? [] : [[name, level]]
    })
    result[key] = Object.fromEntries(entries)
  }
  return result
}
