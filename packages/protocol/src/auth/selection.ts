import type { JsonObject } from '../json.ts'
import { isJsonObject } from '../json.ts'
import type { RoomVersionRules } from '../room-version/types.ts'

/** What the selection looks at: also an event that is still being built. */
export interface AuthSelectable {
  readonly type: string
  readonly sender: string
  readonly stateKey: string | undefined
  readonly content: JsonObject
}

export type StateKey = [type: string, stateKey: string]

/**
 * The state entries that belong into the `auth_events` of an event: those of them that exist in the state before it.
 * Each is named once. In room version 12 the create event is not among them: the room id stands for it.
 *
 * Spec: S2S §Auth events selection.
 */
export function authEventKeys(event: AuthSelectable, rules: RoomVersionRules): StateKey[] {
  if (event.type === 'm.room.create') return []
  const keys: StateKey[] = [
    ['m.room.power_levels', ''],
    ['m.room.member', event.sender],
  ]
  if (rules.createInAuthEvents) keys.unshift(['m.room.create', ''])
  if (event.type === 'm.room.member' && event.stateKey !== undefined) {
    addMembershipKeys(keys, event.stateKey, event, rules)
  }
  return keys
}

function addMembershipKeys(
  keys: StateKey[],
  target: string,
  event: AuthSelectable,
  rules: RoomVersionRules,
): void {
  const { membership } = event.content
  if (target !== event.sender) keys.push(['m.room.member', target])
  if (membership === 'join' || membership === 'invite' || (membership === 'knock' && rules.knocking)) {
    keys.push(['m.room.join_rules', ''])
  }
  if (membership === 'invite') {
    const token = thirdPartyToken(event.content)
    if (token !== undefined) keys.push(['m.room.third_party_invite', token])
  }
  if (membership === 'join' && rules.restrictedJoins) {
    const authoriser = event.content.join_authorised_via_users_server
    if (typeof authoriser === 'string' && authoriser !== target && authoriser !== event.sender) {
      keys.push(['m.room.member', authoriser])
    }
  }
}

function thirdPartyToken(content: JsonObject): string | undefined {
  const invite = content.third_party_invite
  if (!isJsonObject(invite) || !isJsonObject(invite.signed)) return undefined
  const { token } = invite.signed
  return typeof token === 'string' ? token : undefined
}
