import type { PowerLevels } from '../auth/power-levels.ts'
import { relationOf } from '../event/relation.ts'
import type { RoomEvent } from '../event/types.ts'
import { parsePath, valueAt } from './event-path.ts'
import { Glob } from './glob.ts'
import type { PushCondition } from './types.ts'

/** What rules look at besides the event. */
export interface PushContext {
  /** Whose rules they are. */
  readonly userId: string
  /** The display name of that user in the room. */
  readonly displayName: string | undefined
  /** How many users are joined. */
  readonly joinedMembers: number
  /** The power levels of the room at the event. */
  readonly powerLevels: PowerLevels
  /** Roots of the threads of the room the user is subscribed to; absent: there are no subscriptions. MSC4306 */
  readonly subscribedThreads?: ReadonlySet<string> | undefined
}

export type Matcher = (event: RoomEvent, context: PushContext) => boolean

const NEVER: Matcher = () => false
const BODY_PATH = 'content.body'
const BODY_KEYS = parsePath(BODY_PATH)
const COUNT = /^(==|<=|>=|<|>)?([0-9]{1,15})$/

/** A condition made ready to be asked often. Spec: CS API §Push rules, Conditions. */
export function compileCondition(condition: PushCondition): Matcher {
  switch (condition.kind) {
    case 'event_match':
      return eventMatch(condition)
    case 'event_property_is':
      return eventPropertyIs(condition)
    case 'event_property_contains':
      return eventPropertyContains(condition)
    case 'room_member_count':
      return roomMemberCount(condition)
    case 'sender_notification_permission':
      return senderNotificationPermission(condition)
    case 'contains_display_name':
      return containsDisplayName
    case 'io.element.msc4306.thread_subscription':
      return threadSubscription(condition)
    default:
      return NEVER
  }
}

/** Matches a pattern against the words of `content.body`, as `content` rules do. */
export function bodyMatch(pattern: string): Matcher {
  const glob = Glob.parse(pattern)
  return (event) => {
    const body = valueAt(event, BODY_KEYS)
    return typeof body === 'string' && glob.matchesWords(body)
  }
}

function eventMatch({ key, pattern }: PushCondition): Matcher {
  if (typeof key !== 'string' || typeof pattern !== 'string') return NEVER
  if (key === BODY_PATH) return bodyMatch(pattern)
  const keys = parsePath(key)
  const glob = Glob.parse(pattern)
  return (event) => {
    const value = valueAt(event, keys)
    return typeof value === 'string' && glob.matches(value)
  }
}

function eventPropertyIs({ key, value }: PushCondition): Matcher {
  if (typeof key !== 'string' || !isScalar(value)) return NEVER
  const keys = parsePath(key)
  return (event) => valueAt(event, keys) === value
}

function eventPropertyContains({ key, value }: PushCondition): Matcher {
  if (typeof key !== 'string' || !isScalar(value)) return NEVER
  const keys = parsePath(key)
  return (event) => {
    const list = valueAt(event, keys)
    return Array.isArray(list) && list.includes(value)
  }
}

/** What canonical JSON can say without an object or an array. */
function isScalar(value: unknown): boolean {
  return (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    (typeof value === 'number' && Number.isSafeInteger(value))
  )
}

function roomMemberCount({ is }: PushCondition): Matcher {
  const match = typeof is === 'string' ? COUNT.exec(is) : null
  if (match === null) return NEVER
  const wanted = Number(match[2])
  switch (match[1]) {
    case '<':
      return (_, { joinedMembers }) => joinedMembers < wanted
    case '>':
      return (_, { joinedMembers }) => joinedMembers > wanted
    case '<=':
      return (_, { joinedMembers }) => joinedMembers <= wanted
    case '>=':
      return (_, { joinedMembers }) => joinedMembers >= wanted
    default:
      return (_, { joinedMembers }) => joinedMembers === wanted
  }
}

function senderNotificationPermission({ key }: PushCondition): Matcher {
  if (typeof key !== 'string') return NEVER
  return (event, { powerLevels }) => powerLevels.userLevel(event.sender) >= powerLevels.notificationLevel(key)
}

/** Holds for events of threads only. */
function threadSubscription({ subscribed }: PushCondition): Matcher {
  return (event, { subscribedThreads }) => {
    const relation = subscribedThreads && relationOf(event)
    return relation?.relType === 'm.thread' && subscribedThreads?.has(relation.eventId) === subscribed
  }
}

function containsDisplayName(event: RoomEvent, { displayName }: PushContext): boolean {
  if (displayName === undefined || displayName === '') return false
  const body = valueAt(event, BODY_KEYS)
  return typeof body === 'string' && Glob.literal(displayName).matchesWords(body)
}
