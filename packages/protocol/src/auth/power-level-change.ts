import type { RoomEvent, StateLookup } from '../event/types.ts'
import { isUserId } from '../ids/user-id.ts'
import type { Json, JsonObject } from '../json.ts'
import { isJsonObject } from '../json.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import type { PowerLevels } from './power-levels.ts'
import { parsePowerLevel } from './power-levels.ts'
import { creatorsOf } from './room-state.ts'
import type { AuthVerdict } from './verdict.ts'
import { ALLOWED, reject } from './verdict.ts'

const SCALARS = [
  'users_default',
  'events_default',
  'state_default',
  'ban',
  'redact',
  'kick',
  'invite',
] as const
const EMPTY: JsonObject = Object.freeze({})

/** The rules for `m.room.power_levels`. Numbers are those of Rooms v12 §Authorization rules. */
export function checkPowerLevelChange(
  event: RoomEvent,
  rules: RoomVersionRules,
  state: StateLookup,
  create: RoomEvent,
  levels: PowerLevels,
): AuthVerdict {
  const { content } = event
  const fault = faultIn(content, rules)
  if (fault !== undefined) return reject('bad-power-levels', fault)
  // 10.4 (version 12)
  if (rules.creatorPower && isJsonObject(content.users)) {
    for (const creator of creatorsOf(create, rules)) {
      if (Object.hasOwn(content.users, creator)) {
        return reject('creator-in-power-levels', `${creator} created the room and cannot have a power level`)
      }
    }
  }
  // 10.5
  const before = state('m.room.power_levels', '')
  if (before === undefined) return ALLOWED
  return checkAgainst(before.content, content, event.sender, rules, levels.userLevel(event.sender))
}

/**
 * 10.1–10.3. Before version 10 the spec asks this of `users` only, and leaves open what an unreadable level elsewhere
 * would mean; every server we know refuses it, so we do.
 */
function faultIn(content: JsonObject, rules: RoomVersionRules): string | undefined {
  for (const key of SCALARS) {
    if (!isLevelOrAbsent(content[key], rules)) return `${key} is not a power level`
  }
  if (!isLevelMapOrAbsent(content.events, rules)) return 'events is not a map of power levels'
  const readsNotifications = rules.notificationsInPowerRule
  if (readsNotifications && !isLevelMapOrAbsent(content.notifications, rules)) {
    return 'notifications is not a map of power levels'
  }
  if (!isLevelMapOrAbsent(content.users, rules)) return 'users is not a map of power levels'
  for (const userId of Object.keys(mapOf(content.users))) {
    if (!isUserId(userId)) return 'users has a key that is not a user id'
  }
  return undefined
}

function isLevelOrAbsent(value: Json | undefined, rules: RoomVersionRules): boolean {
  return value === undefined || parsePowerLevel(value, rules) !== undefined
}

function isLevelMapOrAbsent(value: Json | undefined, rules: RoomVersionRules): boolean {
  if (value === undefined) return true
  if (!isJsonObject(value)) return false
  return Object.values(value).every((level) => parsePowerLevel(level, rules) !== undefined)
}

// 10.6–10.11
function checkAgainst(
  before: JsonObject,
  after: JsonObject,
  sender: string,
  rules: RoomVersionRules,
  own: number,
): AuthVerdict {
  const level = (value: Json | undefined) => parsePowerLevel(value, rules)
  for (const key of SCALARS) {
    if (isAbove(level(before[key]), level(after[key]), own)) return tooHigh(key)
  }
  const maps = rules.notificationsInPowerRule ? ['events', 'notifications'] : ['events']
  for (const name of maps) {
    const key = findEntry(mapOf(before[name]), mapOf(after[name]), (_, from, to) =>
      isAbove(level(from), level(to), own),
    )
    if (key !== undefined) return tooHigh(`${name}.${key}`)
  }
  const key = findEntry(mapOf(before.users), mapOf(after.users), (userId, from, to) => {
    const [old, next] = [level(from), level(to)]
    if (old === next) return false
    // 10.9: others of our own level are out of reach, our own entry is not.
    if (userId !== sender && old !== undefined && old >= own) return true
    return next !== undefined && next > own
  })
  return key === undefined ? ALLOWED : tooHigh(`users.${key}`)
}

/** An absent side sets no bound: the default is not put in its place. */
function isAbove(old: number | undefined, next: number | undefined, own: number): boolean {
  if (old === next) return false
  return (old !== undefined && old > own) || (next !== undefined && next > own)
}

function findEntry(
  before: JsonObject,
  after: JsonObject,
  isForbidden: (key: string, from: Json | undefined, to: Json | undefined) => boolean,
): string | undefined {
  for (const key of Object.keys(before)) {
    const to = Object.hasOwn(after, key) ? after[key] : undefined
    if (isForbidden(key, before[key], to)) return key
  }
  for (const key of Object.keys(after)) {
    if (!Object.hasOwn(before, key) && isForbidden(key, undefined, after[key])) return key
  }
  return undefined
}

function mapOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : EMPTY
}

function tooHigh(what: string): AuthVerdict {
  return reject('power-levels-above-own', `${what} is, or would become, higher than the sender's power level`)
}
