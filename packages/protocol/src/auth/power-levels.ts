import type { RoomEvent, StateLookup } from '../event/types.ts'
import type { Json, JsonObject } from '../json.ts'
import { isJsonObject } from '../json.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import { creatorOf, creatorsOf } from './room-state.ts'

const INTEGER_TEXT = /^\s*[+-]?[0-9]+\s*$/
const EMPTY: JsonObject = Object.freeze({})

/**
 * A power level as a room version reads it, `undefined` for a value it does not accept.
 * Versions 1–9 also take fractions (cut off) and integers written as text.
 * Spec: Rooms v1 §Deprecated event content schemas; Rooms v10 §Values in m.room.power_levels events must be integers.
 */
export function parsePowerLevel(value: unknown, rules: RoomVersionRules): number | undefined {
  if (typeof value === 'number') {
    if (Number.isInteger(value)) return value
    return rules.integerPowerLevels || !Number.isFinite(value) ? undefined : Math.trunc(value)
  }
  if (rules.integerPowerLevels || typeof value !== 'string' || !INTEGER_TEXT.test(value)) return undefined
  const level = Number(value)
  return Number.isFinite(level) ? level : undefined
}

/**
 * The power levels of a room at one state: the create and the power levels event read together.
 * Values that cannot be read count as absent. Never changes: keep it as long as the two events.
 */
export class PowerLevels {
  readonly ban: number
  readonly kick: number
  readonly invite: number
  readonly redact: number
  readonly usersDefault: number
  readonly eventsDefault: number
  readonly stateDefault: number
  private readonly rules: RoomVersionRules
  private readonly users: JsonObject
  private readonly events: JsonObject
  private readonly notifications: JsonObject
  /** Version 12 creators: above every level. */
  private readonly infinite: readonly string[]
  /** Who has level 100 because the room has no power levels (versions 1–11). */
  private readonly fallbackAdmin: string | undefined

  constructor(create: RoomEvent | undefined, powerLevels: RoomEvent | undefined, rules: RoomVersionRules) {
    const content = powerLevels?.content ?? EMPTY
    const level = (key: string, fallback: number) => parsePowerLevel(content[key], rules) ?? fallback
    this.rules = rules
    // Spec: CS API §m.room.power_levels: the defaults hold for a missing key and for a missing event alike.
    this.ban = level('ban', 50)
    this.kick = level('kick', 50)
    this.redact = level('redact', 50)
    this.invite = level('invite', 0)
    this.usersDefault = level('users_default', 0)
    this.eventsDefault = level('events_default', 0)
    this.stateDefault = level('state_default', 50)
    this.users = objectOr(content.users)
    this.events = objectOr(content.events)
    this.notifications = objectOr(content.notifications)
    this.infinite = create !== undefined && rules.creatorPower ? creatorsOf(create, rules) : []
    this.fallbackAdmin =
      create !== undefined && powerLevels === undefined && !rules.creatorPower
        ? creatorOf(create, rules)
        : undefined
  }

  /** The level of a user; `Infinity` for the creators of a version 12 room. */
  userLevel(userId: string): number {
    if (this.infinite.includes(userId)) return Number.POSITIVE_INFINITY
    if (userId === this.fallbackAdmin) return 100
    return parsePowerLevel(this.users[userId], this.rules) ?? this.usersDefault
  }

  /** The level needed to send an event of this type. Membership and redaction have rules of their own besides. */
  eventLevel(type: string, isState: boolean): number {
    return (
      parsePowerLevel(this.events[type], this.rules) ?? (isState ? this.stateDefault : this.eventsDefault)
    )
  }

  /** The level needed to notify everybody, as with `room`. Spec: CS API §m.room.power_levels, `notifications`. */
  notificationLevel(key: string): number {
    return parsePowerLevel(this.notifications[key], this.rules) ?? 50
  }
}

interface Cached {
  create: RoomEvent | undefined
  rules: RoomVersionRules
  levels: PowerLevels
}

// By the power levels event, or by the create event in rooms that have none. Events never change, so nothing goes stale.
const byPowerEvent = new WeakMap<RoomEvent, Cached>()
const byCreateEvent = new WeakMap<RoomEvent, Cached>()

/** The {@link PowerLevels} of these two events, read once for the life of the events. */
export function powerLevelsOf(
  create: RoomEvent | undefined,
  powerLevels: RoomEvent | undefined,
  rules: RoomVersionRules,
): PowerLevels {
  const key = powerLevels ?? create
  if (key === undefined) return new PowerLevels(undefined, undefined, rules)
  const cache = powerLevels === undefined ? byCreateEvent : byPowerEvent
  const cached = cache.get(key)
  if (cached !== undefined && cached.create === create && cached.rules === rules) return cached.levels
  const levels = new PowerLevels(create, powerLevels, rules)
  cache.set(key, { create, rules, levels })
  return levels
}

/** The power levels in force in a state. */
export function powerLevelsIn(state: StateLookup, rules: RoomVersionRules): PowerLevels {
  return powerLevelsOf(state('m.room.create', ''), state('m.room.power_levels', ''), rules)
}

function objectOr(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : EMPTY
}
