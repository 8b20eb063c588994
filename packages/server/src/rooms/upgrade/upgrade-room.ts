import { powerLevelsOf } from '@ranvier/protocol/auth/power-levels'
import type { RoomEvent } from '@ranvier/protocol/event/types'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { RoomVersionRules } from '@ranvier/protocol/room-version/types'
import { findRoomVersion } from '@ranvier/protocol/room-version/versions'
import type { Storage } from '@ranvier/storage'
import { forbidden, MatrixError, unsupportedRoomVersion } from '../../errors.ts'
import type { Requester } from '../../requester.ts'
import type { FindProfile } from '../membership.ts'
import type { RoomEvents } from '../room-events.ts'
import type { RoomWriter } from '../room-writer.ts'
import type { RoomWriters } from '../room-writers.ts'
import { checkMaySend } from '../standing.ts'
import { copiedState, planPowerLevels } from './upgrade-state.ts'

export interface UpgradeRoomDeps {
  storage: Storage
  roomEvents: RoomEvents
  writers: RoomWriters
  findProfile: FindProfile
  newRoomId: () => RoomId
}

export type UpgradeRoom = (
  by: Requester,
  roomId: RoomId,
  how: { version: string; additionalCreators: readonly UserId[] },
) => Promise<RoomId>

/** Bans are copied so many at a time: a room may have thousands. */
const BANS_AT_ONCE = 50

/**
 * Replaces a room by a new one of another version and resolves with its id. 400 `M_UNSUPPORTED_ROOM_VERSION`; 404 for an
 * unknown room; 403 for who may not send the tombstone.
 *
 * The new room is made while the old one is held, and the tombstone goes out only when it exists. A crash in between
 * leaves a room nobody was told of, never a tombstone that points nowhere.
 * Spec: CS API §Room upgrades.
 */
export function upgradeRoom(deps: UpgradeRoomDeps): UpgradeRoom {
  return async (by, oldRoomId, how) => {
    checkMaySend(by)
    const rules = findRoomVersion(how.version)
    if (rules === undefined) throw unsupportedRoomVersion('This server does not support that room version')
    const newRoomId = await deps.writers.write(oldRoomId, async (old) => {
      await checkMayUpgrade(old, by)
      return replace(deps, old, by, { rules, additionalCreators: how.additionalCreators })
    })
    await moveListing(deps, oldRoomId, newRoomId)
    await moveCanonicalAlias(deps, by, oldRoomId, newRoomId)
    await copyBans(deps, by, oldRoomId, newRoomId)
    return newRoomId
  }
}

interface Upgrade {
  rules: RoomVersionRules
  additionalCreators: readonly UserId[]
}

async function checkMayUpgrade(old: RoomWriter, by: Requester): Promise<void> {
  if ((await old.membership(by.userId)) !== 'join') throw forbidden('You are not in this room')
  const levels = powerLevelsOf(
    await old.state('m.room.create', ''),
    await old.state('m.room.power_levels', ''),
    old.rules,
  )
  if (levels.userLevel(by.userId) < levels.eventLevel('m.room.tombstone', true))
    throw forbidden('You cannot upgrade this room')
}

async function replace(
  deps: UpgradeRoomDeps,
  old: RoomWriter,
  by: Requester,
  upgrade: Upgrade,
): Promise<RoomId> {
  const bury = (newRoomId: RoomId): Promise<RoomEvent> =>
    old.append({
      type: 'm.room.tombstone',
      stateKey: '',
      sender: by.userId,
      content: { body: 'This room has been replaced', replacement_room: newRoomId },
    })
  if (upgrade.rules.hashRoomIds) {
    // The id of the new room is known when its create event is: that cannot name the tombstone, which names the room.
    const newRoomId = await makeSuccessor(deps, old, by, upgrade, { room_id: old.roomId })
    await bury(newRoomId)
    await quieten(old, by)
    return newRoomId
  }
  const newRoomId = deps.newRoomId()
  const tombstone = await bury(newRoomId)
  const predecessor = { room_id: old.roomId, event_id: tombstone.eventId }
  await makeSuccessor(deps, old, by, upgrade, predecessor, newRoomId)
  await quieten(old, by)
  return newRoomId
}

async function makeSuccessor(
  deps: UpgradeRoomDeps,
  old: RoomWriter,
  by: Requester,
  { rules, additionalCreators }: Upgrade,
  predecessor: JsonObject,
  newRoomId?: RoomId,
): Promise<RoomId> {
  const oldCreate = (await old.state('m.room.create', ''))?.content ?? {}
  const content: JsonObject = { room_version: rules.version, predecessor }
  for (const key of ['type', 'm.federate']) if (oldCreate[key] !== undefined) content[key] = oldCreate[key]
  if (rules.creatorInContent) content['creator'] = by.userId
  const creators = new Set<string>([by.userId])
  if (rules.creatorPower) {
    for (const userId of additionalCreators) creators.add(userId)
    const others = [...creators].filter((userId) => userId !== by.userId)
    if (others.length > 0) content['additional_creators'] = others
  }
  const row = await deps.storage.read.rooms.findRoom(old.roomId)
  const { roomId } = await deps.writers.create(
    {
      version: rules.version,
      published: row?.published ?? false,
      create: { type: 'm.room.create', stateKey: '', sender: by.userId, content },
      roomId: newRoomId,
    },
    (room) => fill(deps, { old, room, by, creators }),
  )
  return roomId
}

/** Gives the new room the state of the old. */
async function fill(
  deps: UpgradeRoomDeps,
  { old, room, by, creators }: { old: RoomWriter; room: RoomWriter; by: Requester; creators: Set<string> },
): Promise<void> {
  const sender = by.userId
  const set = (type: string, stateKey: string, content: JsonObject) =>
    room.append({ type, stateKey, sender, content })
  const profile = await deps.findProfile(sender)
  const join: JsonObject = { membership: 'join' }
  if (profile?.displayName != null) join['displayname'] = profile.displayName
  if (profile?.avatarUrl != null) join['avatar_url'] = profile.avatarUrl
  await set('m.room.member', sender, join)
  const state = await copiedState(deps, old, room.rules)
  const levels = await planPowerLevels(
    old,
    room.rules,
    { upgrader: sender, creators },
    state.map(({ type }) => type),
  )
  await set('m.room.power_levels', '', levels.during)
  for (const { type, stateKey, content } of state) await set(type, stateKey, content)
  if (levels.after !== undefined) await set('m.room.power_levels', '', levels.after)
}

/** Lets only moderators speak and invite in the old room. Spec: as above, step 6. */
async function quieten(old: RoomWriter, by: Requester): Promise<void> {
  const present = await old.state('m.room.power_levels', '')
  const levels = powerLevelsOf(await old.state('m.room.create', ''), present, old.rules)
  const needed = Math.max(50, levels.usersDefault + 1)
  const content: JsonObject = { ...present?.content }
  if (levels.eventsDefault < needed) content['events_default'] = needed
  if (levels.invite < needed) content['invite'] = needed
  if (present === undefined) return
  await ifAllowed(async () => {
    await old.append(
      { type: 'm.room.power_levels', stateKey: '', sender: by.userId, content },
      { unlessSame: true },
    )
  })
}

/** The old room's local aliases and its place in the directory are the new room's from now on. */
async function moveListing(deps: UpgradeRoomDeps, oldRoomId: RoomId, newRoomId: RoomId): Promise<void> {
  await deps.storage.write(async (tx) => {
    await tx.rooms.moveAliases(oldRoomId, newRoomId)
    await tx.rooms.setPublished(oldRoomId, false)
  })
}

async function moveCanonicalAlias(
  deps: UpgradeRoomDeps,
  by: Requester,
  oldRoomId: RoomId,
  newRoomId: RoomId,
): Promise<void> {
  const moved = new Set(await deps.storage.read.rooms.aliasesOf(newRoomId))
  const type = 'm.room.canonical_alias'
  const content = await deps.writers.write(oldRoomId, async (old) => (await old.state(type, ''))?.content)
  if (content === undefined || Object.keys(content).length === 0) return
  const alternatives = Array.isArray(content['alt_aliases']) ? content['alt_aliases'] : []
  const isMoved = (alias: unknown) => typeof alias === 'string' && moved.has(alias)
  const pick = (wanted: (alias: unknown) => boolean): JsonObject => {
    const { alias, alt_aliases, ...rest } = content
    const picked: JsonObject = { ...rest }
    if (alias !== undefined && wanted(alias)) picked['alias'] = alias
    const left = alternatives.filter(wanted)
    if (left.length > 0) picked['alt_aliases'] = left
    return picked
  }
  // Aliases of other servers stay with the old room: only those servers can move them.
  const kept = pick((alias) => !isMoved(alias))
  const gone = pick(isMoved)
  for (const [roomId, each] of [
    [oldRoomId, kept],
    [newRoomId, gone],
  ] as const)
    await ifAllowed(async () => {
      await deps.writers.write(roomId, (room) =>
        room.append({ type, stateKey: '', sender: by.userId, content: each }, { unlessSame: true }),
      )
    })
}

async function copyBans(
  deps: UpgradeRoomDeps,
  by: Requester,
  oldRoomId: RoomId,
  newRoomId: RoomId,
): Promise<void> {
  const banned = await deps.storage.read.members.list(oldRoomId, ['ban'])
  const events = await deps.roomEvents.byNid(banned.map(({ nid }) => nid))
  for (let i = 0; i < banned.length; i += BANS_AT_ONCE) {
    await ifAllowed(async () => {
      await deps.writers.write(newRoomId, async (room) => {
        for (const { userId, nid } of banned.slice(i, i + BANS_AT_ONCE)) {
          const reason = events.get(nid)?.event.content['reason']
          const content: JsonObject = { membership: 'ban' }
          if (typeof reason === 'string') content['reason'] = reason
          await room.append({ type: 'm.room.member', stateKey: userId, sender: by.userId, content })
        }
      })
    })
  }
}

/** What the user has not the power to do is left undone: the upgrade itself has happened. */
async function ifAllowed(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof MatrixError) || error.errcode !== 'M_FORBIDDEN') throw error
  }
}
