import type { RoomEvent, StateLookup } from '../event/types.ts'
import type { RoomVersionRules } from '../room-version/types.ts'

/** Spec: CS API §m.room.member. */
export type Membership = 'join' | 'invite' | 'leave' | 'ban' | 'knock'

/** A {@link Membership}, or `undefined` for anything else. */
export function parseMembership(value: unknown): Membership | undefined {
  switch (value) {
    case 'join':
    case 'invite':
    case 'leave':
    case 'ban':
    case 'knock':
      return value
    default:
      return undefined
  }
}

/** The membership an `m.room.member` event sets; `undefined` without an event or with a value the spec does not know. */
export function membershipOf(event: RoomEvent | undefined): Membership | undefined {
  return event === undefined ? undefined : parseMembership(event.content.membership)
}

/** The membership of a user in a state; `undefined` for somebody who never had one. */
export function membershipIn(state: StateLookup, userId: string): Membership | undefined {
  return membershipOf(state('m.room.member', userId))
}

/**
 * The join rule an `m.room.join_rules` event sets, as written: unknown rules are returned too.
 * `invite` when there is no event or no value. `undefined` for a value that is not text: nothing matches it.
 */
export function joinRuleOf(event: RoomEvent | undefined): string | undefined {
  const rule = event?.content.join_rule
  if (rule === undefined) return 'invite'
  return typeof rule === 'string' ? rule : undefined
}

/** The join rule in force in a state; see {@link joinRuleOf}. */
export function joinRuleIn(state: StateLookup): string | undefined {
  return joinRuleOf(state('m.room.join_rules', ''))
}

/**
 * Whoever the rules call *the* creator: who may join first, and has level 100 without power levels (versions 1–11).
 * Before version 11 the create event names them; `undefined` if it does not.
 */
export function creatorOf(create: RoomEvent, rules: RoomVersionRules): string | undefined {
  if (!rules.creatorInContent) return create.sender
  const creator = create.content.creator
  return typeof creator === 'string' ? creator : undefined
}

/** All creators of a room. From version 12 that includes `additional_creators`. */
export function creatorsOf(create: RoomEvent, rules: RoomVersionRules): string[] {
  const creator = creatorOf(create, rules)
  const creators = creator === undefined ? [] : [creator]
  const additional = create.content.additional_creators
  if (!rules.creatorPower || !Array.isArray(additional)) return creators
  for (const userId of additional)
    if (typeof userId === 'string' && !creators.includes(userId)) creators.push(userId)
  return creators
}
