import { CanonicalJsonError, canonicalJson } from '@ranvier/protocol/canonical-json'
import type { RoomAlias } from '@ranvier/protocol/ids/brands'
import { isRoomAlias } from '@ranvier/protocol/ids/room-alias'
import { isJsonObject } from '@ranvier/protocol/json'
import type { RoomPreset, RoomsConfig } from './config.ts'
import { ConfigError } from './problems.ts'
import type { RawConfig } from './schema/schema.ts'

const PRESETS: readonly string[] = [
  'public_chat',
  'private_chat',
  'trusted_private_chat',
] satisfies RoomPreset[]

/** The aliases every new account joins. Nobody gets into a private room without somebody who invites. */
export function resolveAutoJoin(raw: RawConfig): readonly RoomAlias[] {
  const aliases = raw.auto_join_rooms.map((alias) => {
    if (isRoomAlias(alias)) return alias
    throw new ConfigError(
      `auto_join_rooms: "${alias}" is not a room alias. Write, for example, \`auto_join_rooms: ['#welcome:${raw.server_name}']\`.`,
    )
  })
  const preset = raw.autocreate_auto_join_room_preset
  const isPrivate = raw.autocreate_auto_join_rooms && preset !== 'public_chat'
  if (aliases.length > 0 && isPrivate && raw.auto_join_mxid_localpart === undefined)
    throw new ConfigError(
      `auto_join_mxid_localpart: is needed with \`autocreate_auto_join_room_preset: ${preset}\`: somebody has to invite ` +
        'to these rooms. Write, for example, `auto_join_mxid_localpart: system`.',
    )
  return aliases
}

/** The power levels operators want, by preset. `null` for a preset is nothing. */
export function resolvePowerLevels(raw: Record<string, unknown>): RoomsConfig['defaultPowerLevelOverride'] {
  const levels: Record<string, object> = {}
  for (const [preset, content] of Object.entries(raw)) {
    const place = `default_power_level_content_override.${preset}`
    if (!PRESETS.includes(preset))
      throw new ConfigError(`${place}: is not a preset. Known presets: ${PRESETS.join(', ')}.`)
    if (content === null || content === undefined) continue
    if (!isJsonObject(content) || !isEventContent(content))
      throw new ConfigError(
        `${place}: must be keys of m.room.power_levels, with whole numbers, such as \`{ invite: 50 }\`.`,
      )
    levels[preset] = content
  }
  return levels as RoomsConfig['defaultPowerLevelOverride'] // each was checked above
}

function isEventContent(content: object): boolean {
  try {
    canonicalJson(content, { strict: true })
    return true
  } catch (error) {
    if (error instanceof CanonicalJsonError) return false
    throw error
  }
}
