import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Traffic } from '../keys/room-traffic.ts'
import type { PresenceTracker } from '../notify/presence.ts'
import type { PushRules } from '../push/push-rules.ts'
import { accountDataNews, globalAccountData } from './account-data-section.ts'
import { withBreaths } from './breaths.ts'
import { deviceListsSection, noteChangedRoom, noteJoinedRoom } from './device-lists.ts'
import { type JoinedRoom, planRooms } from './plan.ts'
import { presenceSection } from './presence-section.ts'
import { type JsonText, largeObjectText, objectText, someEventsText } from './response-text.ts'
import { joinedSection, leftSection, type RoomParts, type RoomSection } from './room-section.ts'
import type { SyncScope } from './scope.ts'
import { inviteSection, knockSection } from './stripped-state.ts'
import { toDeviceSection } from './to-device-section.ts'
import { formatToken, type SyncToken } from './token.ts'

/** What the keys of a device look like to its owner. */
export interface DeviceKeyCounts {
  /** By algorithm. */
  oneTimeKeys: Readonly<Record<string, number>>
  unusedFallbackKeyTypes: readonly string[]
}

export interface AnswerParts extends RoomParts {
  presence: PresenceTracker
  excludedRooms: ReadonlySet<string>
  pushRules: PushRules
  keyCounts: (userId: UserId, deviceId: string) => DeviceKeyCounts | Promise<DeviceKeyCounts>
}

export interface SyncAnswer {
  text: JsonText
  next: SyncToken
  /** There is nothing in it that a client would want to be woken for. */
  isEmpty: boolean
}

/** Rooms whose sections are made side by side on PostgreSQL. */
const ROOMS_AT_ONCE = 10

/** Builds the answer for everything between `scope.since` and `scope.upTo`. */
export async function buildAnswer(parts: AnswerParts, scope: SyncScope): Promise<SyncAnswer> {
  const { storage } = parts.reads
  const toDevice = await toDeviceSection(storage, scope)
  const data = await accountDataNews(parts.reads, scope)
  const traffic: Traffic = { came: new Set(), went: new Set() }
  const rooms = await roomSections(parts, scope, data.rooms, traffic)
  const accountData = await globalAccountData(parts.pushRules, scope, data)
  const deviceLists = await deviceListsSection(storage, scope, traffic)
  const presence = await presenceSection({ storage, presence: parts.presence }, scope, traffic.came)
  const next = { ...scope.upTo, toDevice: toDevice.position }
  const text = largeObjectText([
    ['next_batch', JSON.stringify(formatToken(next))],
    ['account_data', someEventsText(accountData)],
    ['presence', someEventsText(presence)],
    ['rooms', rooms],
    ['to_device', someEventsText(toDevice.messages)],
    ['device_lists', deviceLists],
    ...(await keyMembers(parts, scope)),
  ])
  const isEmpty =
    rooms === undefined &&
    deviceLists === undefined &&
    !toDevice.hasNews &&
    accountData.length + presence.length === 0
  return { text, next, isEmpty }
}

/** The answer when nothing has happened. */
export async function emptyAnswer(
  parts: AnswerParts,
  scope: Pick<SyncScope, 'userId' | 'deviceId'>,
  next: SyncToken,
): Promise<string> {
  return quietText(next, await keyCountsOf(parts, scope))
}

/** What stands behind the token of a quiet answer, for as long as the counts of a device are in memory. */
const quietEnds = new WeakMap<DeviceKeyCounts, string>()

/** The same when it is known what the keys of the device look like. */
export function quietText(next: SyncToken, counts: DeviceKeyCounts): string {
  let end = quietEnds.get(counts)
  if (end === undefined) {
    end = objectText(membersOf(counts)).slice(1)
    quietEnds.set(counts, end)
  }
  return `{"next_batch":"${formatToken(next)}",${end}`
}

async function roomSections(
  parts: AnswerParts,
  scope: SyncScope,
  accountData: Parameters<typeof planRooms>[2],
  traffic: Traffic,
): Promise<JsonText | undefined> {
  const { reads } = parts
  const { storage, roomEvents, visibility } = reads
  const plan = await planRooms(
    { storage, visibility, typing: parts.typing, excludedRooms: parts.excludedRooms },
    scope,
    accountData,
  )
  const join: [string, JsonText][] = []
  const invite: [string, string | undefined][] = []
  const knock: [string, string | undefined][] = []
  const leave: [string, JsonText][] = []
  for await (const { room, section } of sectionsOf(parts, scope, plan.join)) {
    if (section !== undefined) join.push([room.roomId, section.text])
    await noteJoinedRoom({ storage, roomEvents }, scope, room, section, traffic)
  }
  const ignored = await visibility.ignored.of(scope.userId)
  for await (const roomId of withBreaths(plan.invite))
    invite.push([roomId, await inviteSection(reads, ignored, scope, roomId)])
  for await (const roomId of withBreaths(plan.knock))
    knock.push([roomId, await knockSection(reads, scope, roomId)])
  for await (const room of withBreaths(plan.leave)) {
    leave.push([room.roomId, await leftSection(parts, scope, room, accountData.get(room.roomId) ?? [])])
    await noteChangedRoom({ storage, roomEvents }, scope, room.roomId, traffic)
  }
  for await (const roomId of withBreaths(plan.unwanted))
    await noteChangedRoom({ storage, roomEvents }, scope, roomId, traffic)
  const sections = [
    ['join', some(join)],
    ['invite', some(invite)],
    ['knock', some(knock)],
    ['leave', some(leave)],
  ] as const
  return some(sections)
}

/** Side by side where a read is a round trip: those of several rooms go together then. On SQLite one after another. */
async function* sectionsOf(
  parts: AnswerParts,
  scope: SyncScope,
  rooms: readonly JoinedRoom[],
): AsyncGenerator<{ room: JoinedRoom; section: RoomSection | undefined }> {
  if (parts.reads.storage.dialect === 'sqlite') {
    for await (const room of withBreaths(rooms))
      yield { room, section: await joinedSection(parts, scope, room) }
    return
  }
  for (let from = 0; from < rooms.length; from += ROOMS_AT_ONCE) {
    const some = rooms.slice(from, from + ROOMS_AT_ONCE)
    const sections = await Promise.all(some.map((room) => joinedSection(parts, scope, room)))
    for (const [i, room] of some.entries()) yield { room, section: sections[i] }
  }
}

/** The members as an object; `undefined` if there are none. */
function some(members: readonly (readonly [string, JsonText | undefined])[]): JsonText | undefined {
  return members.some(([, text]) => text !== undefined) ? largeObjectText(members) : undefined
}

/** Spec: CS API §E2E extensions to sync: clients take an absent list of fallback keys for no support of them. */
export async function keyMembers(
  parts: AnswerParts,
  scope: Pick<SyncScope, 'userId' | 'deviceId'>,
): Promise<[string, string][]> {
  return membersOf(await keyCountsOf(parts, scope))
}

const NO_KEYS: DeviceKeyCounts = { oneTimeKeys: {}, unusedFallbackKeyTypes: [] }

export function keyCountsOf(
  { keyCounts }: Pick<AnswerParts, 'keyCounts'>,
  { userId, deviceId }: Pick<SyncScope, 'userId' | 'deviceId'>,
): DeviceKeyCounts | Promise<DeviceKeyCounts> {
  return deviceId === null ? NO_KEYS : keyCounts(userId, deviceId)
}

function membersOf(counts: DeviceKeyCounts): [string, string][] {
  return [
    // Synapse: `signed_curve25519` is always there, or clients would not upload their first keys.
    ['device_one_time_keys_count', JSON.stringify({ signed_curve25519: 0, ...counts.oneTimeKeys })],
    ['device_unused_fallback_key_types', JSON.stringify(counts.unusedFallbackKeyTypes)],
  ]
}
