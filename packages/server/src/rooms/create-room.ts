import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { RoomVersionRules } from '@ranvier/protocol/room-version/types'
import { findRoomVersion } from '@ranvier/protocol/room-version/versions'
import { ConflictError, type Storage } from '@ranvier/storage'
import {
  badJson,
  invalidParam,
  invalidRoomState,
  MatrixError,
  roomInUse,
  unsupportedRoomVersion,
} from '../errors.ts'
import type { Requester } from '../requester.ts'
import { type FindProfile, profileContent } from './membership.ts'
import {
  initialPowerLevels,
  type NewRoomDefaults,
  PRESETS,
  type Preset,
  type PresetName,
} from './room-presets.ts'
import type { RoomWriter } from './room-writer.ts'
import type { RoomWriters } from './room-writers.ts'
import { checkMaySend } from './standing.ts'

export interface NewRoom {
  /** Published in the room directory. */
  published: boolean
  preset: PresetName
  version?: string
  /** Full alias, local, already checked. */
  alias?: string
  name?: string
  topic?: string
  invite: readonly UserId[]
  isDirect: boolean
  creationContent: JsonObject
  initialState: readonly { type: string; stateKey: string; content: JsonObject }[]
  powerLevelOverride?: JsonObject
}

export type CreateRoom = (by: Requester, room: NewRoom) => Promise<RoomId>

export interface CreateRoomDeps {
  storage: Storage
  writers: RoomWriters
  findProfile: FindProfile
  isLocal: (userId: string) => boolean
  /** Invites do not tell what the invited are called. */
  hidesInvitedProfiles?: boolean
  /** What this server adds to new rooms. */
  newRooms?: NewRoomDefaults
  defaultVersion: string
  /** A fresh `!opaque:server`. */
  newRoomId: () => RoomId
}

const MAX_ATTEMPTS = 3

/**
 * Makes a room with all it begins with, in one commit: either the whole room exists or nothing of it.
 * 400 `M_ROOM_IN_USE` for a taken alias, `M_UNSUPPORTED_ROOM_VERSION`, `M_INVALID_ROOM_STATE` for what its own rules refuse.
 *
 * Spec: CS API §Creation; the order of events there.
 */
export function createRoom(deps: CreateRoomDeps): CreateRoom {
  return async (by, wanted) => {
    checkMaySend(by)
    const version = wanted.version ?? deps.defaultVersion
    const rules = findRoomVersion(version)
    if (rules === undefined)
      throw unsupportedRoomVersion(`Room version ${version} is not supported by this server`)
    if (wanted.alias !== undefined && (await deps.storage.read.rooms.findAlias(wanted.alias)) !== undefined)
      throw roomInUse()
    for (let attempt = 1; ; attempt++) {
      try {
        return await make(deps, by, wanted, rules)
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error
        if (
          wanted.alias !== undefined &&
          (await deps.storage.read.rooms.findAlias(wanted.alias)) !== undefined
        )
          throw roomInUse()
        // Another process made the same create event in this millisecond.
        if (attempt === MAX_ATTEMPTS) throw error
      }
    }
  }
}

async function make(
  deps: CreateRoomDeps,
  by: Requester,
  wanted: NewRoom,
  rules: RoomVersionRules,
): Promise<RoomId> {
  const create = {
    type: 'm.room.create',
    stateKey: '',
    sender: by.userId,
    content: createContent(by.userId, wanted, rules),
  }
  const { roomId } = await deps.writers.create(
    {
      version: rules.version,
      published: wanted.published,
      create,
      roomId: rules.hashRoomIds ? undefined : deps.newRoomId(),
    },
    (room) => fill(deps, room, by, wanted),
  )
  return roomId
}

function createContent(creator: UserId, wanted: NewRoom, rules: RoomVersionRules): JsonObject {
  const content: JsonObject = { ...wanted.creationContent, room_version: rules.version }
  if (rules.creatorInContent) content['creator'] = creator
  else delete content['creator']
  if (rules.creatorPower && PRESETS[wanted.preset].trustsInvitees) {
    const named = content['additional_creators']
    if (named !== undefined && !Array.isArray(named))
      throw badJson('additional_creators must be a list of user ids')
    const creators = new Set([...(named ?? []), ...wanted.invite])
    creators.delete(creator)
    if (creators.size > 0) content['additional_creators'] = [...creators]
  }
  return content
}

async function fill(deps: CreateRoomDeps, room: RoomWriter, by: Requester, wanted: NewRoom): Promise<void> {
  const preset = PRESETS[wanted.preset]
  const sender = by.userId
  const given = new Set(wanted.initialState.map(({ type, stateKey }) => `${type}\0${stateKey}`))
  /** Preset state gives way to the client's own. */
  const set = async (type: string, content: JsonObject, stateKey = ''): Promise<void> => {
    await room.append({ type, stateKey, sender, content })
  }
  const unlessGiven = async (type: string, content: JsonObject): Promise<void> => {
    if (!given.has(`${type}\0`)) await set(type, content)
  }
  try {
    await set('m.room.member', { membership: 'join', ...(await profileContent(deps, sender)) }, sender)
    const trusted = preset.trustsInvitees ? wanted.invite : []
    const levels = initialPowerLevels(room.rules, sender, {
      preset: wanted.preset,
      trusted,
      override: { ...deps.newRooms?.powerLevels[wanted.preset], ...wanted.powerLevelOverride },
    })
    await unlessGiven('m.room.power_levels', levels)
    if (wanted.alias !== undefined) {
      room.addAlias(wanted.alias, sender)
      await unlessGiven('m.room.canonical_alias', { alias: wanted.alias })
    }
    await unlessGiven('m.room.join_rules', { join_rule: preset.joinRule })
    await unlessGiven('m.room.history_visibility', { history_visibility: preset.historyVisibility })
    await unlessGiven('m.room.guest_access', { guest_access: preset.guestAccess })
    if (isEncrypted(preset, deps.newRooms?.encryption)) await unlessGiven('m.room.encryption', ENCRYPTION)
    for (const { type, stateKey, content } of wanted.initialState) await set(type, content, stateKey)
    if (wanted.name !== undefined) await set('m.room.name', { name: wanted.name })
    if (wanted.topic !== undefined) await set('m.room.topic', topicContent(wanted.topic))
  } catch (error) {
    // What the client asked for contradicts itself: the room's own rules refuse it.
    if (error instanceof MatrixError && error.errcode === 'M_FORBIDDEN') throw invalidRoomState(error.message)
    throw error
  }
  for (const userId of new Set(wanted.invite)) {
    if (userId === sender) throw invalidParam('You cannot invite yourself to your own room')
    const profile = deps.hidesInvitedProfiles ? {} : await profileContent(deps, userId)
    const content: JsonObject = { membership: 'invite', ...profile }
    if (wanted.isDirect) content['is_direct'] = true
    await set('m.room.member', content, userId)
  }
}

/** Spec: CS API §m.room.topic: the text again as a block, for clients that render it. */
function topicContent(topic: string): JsonObject {
  return { topic, 'm.topic': { 'm.text': [{ body: topic, mimetype: 'text/plain' }] } }
}

/** Spec: CS API §m.room.encryption */
const ENCRYPTION: JsonObject = { algorithm: 'm.megolm.v1.aes-sha2' }

/** Synapse: encryption_enabled_by_default_for_room_type */
function isEncrypted(preset: Preset, rooms: NewRoomDefaults['encryption'] = 'off'): boolean {
  return rooms === 'all' || (rooms === 'invite' && preset.joinRule === 'invite')
}
