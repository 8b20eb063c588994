import type { UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { RoomVersionRules } from '@ranvier/protocol/room-version/types'

export type PresetName = 'private_chat' | 'trusted_private_chat' | 'public_chat'

/** What an operator wants of new rooms. Synapse: usage/configuration/config_documentation §Rooms */
export interface NewRoomDefaults {
  /** Which are encrypted from the start: none, those one must be invited to, or all. */
  encryption: 'off' | 'invite' | 'all'
  /** By preset: keys of the power levels to replace. What the client asks for comes on top. */
  powerLevels: Readonly<Partial<Record<PresetName, JsonObject>>>
}

/** What a preset stands for. Spec: CS API §createRoom, `preset`. */
export interface Preset {
  joinRule: 'invite' | 'public'
  historyVisibility: 'shared'
  guestAccess: 'can_join' | 'forbidden'
  /** Invited users are put on a level with the creator. */
  trustsInvitees: boolean
  /** Level needed to invite. Synapse: 0 in private rooms. */
  inviteLevel: number
}

export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  private_chat: {
    joinRule: 'invite',
    historyVisibility: 'shared',
    guestAccess: 'can_join',
    trustsInvitees: false,
    inviteLevel: 0,
  },
  trusted_private_chat: {
    joinRule: 'invite',
    historyVisibility: 'shared',
    guestAccess: 'can_join',
    trustsInvitees: true,
    inviteLevel: 0,
  },
  public_chat: {
    joinRule: 'public',
    historyVisibility: 'shared',
    guestAccess: 'forbidden',
    trustsInvitees: false,
    inviteLevel: 50,
  },
}

/**
 * The power levels a new room begins with. `override` replaces whole top-level keys.
 * In version 12 creators are not listed, and a tombstone must be above `state_default`.
 */
export function initialPowerLevels(
  rules: RoomVersionRules,
  creator: UserId,
  how: { preset: PresetName; trusted: readonly string[]; override: JsonObject | undefined },
): JsonObject {
  const users: JsonObject = {}
  if (!rules.creatorPower) {
    users[creator] = 100
    for (const userId of how.trusted) users[userId] = 100
  }
  const events: JsonObject = {
    'm.room.name': 50,
    'm.room.power_levels': 100,
    'm.room.history_visibility': 100,
    'm.room.canonical_alias': 50,
    'm.room.avatar': 50,
    'm.room.tombstone': rules.creatorPower ? 150 : 100,
    'm.room.server_acl': 100,
    'm.room.encryption': 100,
  }
  if (how.preset === 'public_chat') events['m.call.invite'] = 50
  return {
    users,
    users_default: 0,
    events,
    events_default: 0,
    state_default: 50,
    ban: 50,
    kick: 50,
    redact: 50,
    invite: PRESETS[how.preset].inviteLevel,
    historical: 100,
    ...how.override,
  }
}
