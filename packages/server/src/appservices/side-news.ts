import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import {
  type DeviceReach,
  type Fact,
  KEY_COUNTS_CHANGED,
  type ReceiptRow,
  type Storage,
  type ToDeviceChange,
} from '@ranvier/storage'
import type { FindKeyCounts } from '../keys/key-counts.ts'
import { type PresenceTracker, presenceContent } from '../notify/presence.ts'
import type { Typing } from '../notify/typing.ts'
import type { LoadedEvent, RoomEvents } from '../rooms/room-events.ts'
import { receiptContents } from '../sync/ephemeral.ts'
import type { Appservice } from './appservice.ts'
import type { Interest } from './interest.ts'
import { sharingChanges } from './sharing-changes.ts'

export interface SideNewsParts {
  storage: Storage
  roomEvents: RoomEvents
  typing: Pick<Typing, 'usersIn'>
  presence: Pick<PresenceTracker, 'list'>
  keyCounts: FindKeyCounts
  clock: { nowMs(): number }
}

/** What is told once, and only to who listens now. */
interface OfTheMoment {
  typing: Set<RoomId>
  receipts: Map<string, ReceiptRow>
  presence: Set<UserId>
  /** Its users of whose keys some were given out or came. */
  keys: Map<UserId, Set<string>>
}

/** What goes into a transaction beside events. */
export interface SideSections {
  /** Members of the body, without braces; empty when there is nothing. */
  text: string
  deviceLists: number | null
  toDevice: DeviceReach[]
}

const MESSAGES_PER_TXN = 100
const NEWEST = Number.MAX_SAFE_INTEGER
const LISTS_PER_TXN = 1_000
/** Of an application service that does not listen: what has waited longest is forgotten. */
const MAX_KEPT = 10_000

/**
 * What concerns an application service beside events. Who types, has read or is online is collected in memory: it is of
 * the moment, and what was not in a transaction when the server stopped is not told any more. Messages to devices wait in the
 * database until they are taken, and of changed devices it is known how far they were told.
 * Spec: AS API §Pushing ephemeral data. MSC2409 (to-device), MSC3202 (devices and keys)
 */
export class SideNews {
  readonly #parts: SideNewsParts
  readonly #appservice: Appservice
  readonly #interest: Interest
  #now = ofTheMoment()
  /** What the last transaction was made with. */
  #taken = ofTheMoment()
  /** Devices of its users for which messages may wait, by user. */
  readonly #toDevice = new Map<UserId, Set<string>>()
  #newestLists = 0
  #toldLists = 0

  constructor(parts: SideNewsParts, appservice: Appservice, interest: Interest) {
    this.#parts = parts
    this.#appservice = appservice
    this.#interest = interest
  }

  /** How far it has been told of devices that have changed, and how far there are such. */
  async start(lists: { told: number; newest: number }): Promise<void> {
    this.#toldLists = lists.told
    this.#newestLists = Math.max(this.#newestLists, lists.newest)
    if (!this.#appservice.receivesEphemeral) return
    const waiting = await this.#parts.storage.read.appserviceQueues.waitingDevices(this.#appservice.id)
    for (const { userId, deviceId } of waiting) addTo(this.#toDevice, userId, [deviceId])
  }

  get hasNews(): boolean {
    const { receivesEphemeral, receivesEncryption } = this.#appservice
    const { typing, receipts, presence, keys } = this.#now
    const hasEphemeral = typing.size + receipts.size + presence.size + this.#toDevice.size > 0
    const hasKeys = keys.size > 0 || this.#newestLists > this.#toldLists
    return (receivesEphemeral && hasEphemeral) || (receivesEncryption && hasKeys)
  }

  /** False when nothing of it can concern the application service. */
  note(facts: readonly Fact[]): boolean {
    const { receivesEphemeral, receivesEncryption } = this.#appservice
    if (!receivesEphemeral && !receivesEncryption) return false
    for (const { stream, change, key, detail, position } of facts) {
      if (stream === 'receipts') this.#noteReceipt(detail as ReceiptRow | undefined)
      else if (stream === 'presence') keep(this.#now.presence, key as UserId)
      else if (stream === 'device_lists') this.#newestLists = position
      else if (stream === 'to_device' && this.#interest.isOwn(key)) {
        const { deviceIds } = detail as ToDeviceChange // facts of this process have it
        addTo(change === KEY_COUNTS_CHANGED ? this.#now.keys : this.#toDevice, key as UserId, deviceIds)
      }
    }
    return this.hasNews
  }

  noteTyping(roomId: RoomId): void {
    if (this.#appservice.receivesEphemeral) keep(this.#now.typing, roomId)
  }

  #noteReceipt(receipt: ReceiptRow | undefined): void {
    if (receipt === undefined || receipt.type === 'm.read.private') return
    const { roomId, userId, threadId } = receipt
    const key = JSON.stringify([roomId, userId, threadId])
    const { receipts } = this.#now
    receipts.delete(key)
    receipts.set(key, receipt)
    if (receipts.size > MAX_KEPT) receipts.delete(receipts.keys().next().value!)
  }

  /** What goes into the next transaction, which has these events. It is given back when that could not be made. */
  async take(events: readonly LoadedEvent[]): Promise<SideSections> {
    this.#taken = this.#now
    this.#now = ofTheMoment()
    const { receivesEphemeral, receivesEncryption } = this.#appservice
    const ephemeral = receivesEphemeral ? await this.#ephemeral() : []
    const { messages, toDevice } = receivesEphemeral ? await this.#messages() : { messages: [], toDevice: [] }
    const members: string[] = []
    const list = `[${ephemeral.join(',')}]`
    // Both names: bridges of before it came into the specification know the second.
    if (ephemeral.length > 0) members.push(`"ephemeral":${list},"de.sorunome.msc2409.ephemeral":${list}`)
    if (messages.length > 0) members.push(`"de.sorunome.msc2409.to_device":[${messages.join(',')}]`)
    if (!receivesEncryption) return { text: members.join(','), deviceLists: null, toDevice }

    const { userIds, upTo: deviceLists } = await this.#changedLists()
    const { came, went } = await sharingChanges(this.#parts, this.#interest, events)
    const lists = { changed: [...new Set([...userIds, ...came])], left: went }
    if (lists.changed.length + went.length > 0)
      members.push(`"org.matrix.msc3202.device_lists":${JSON.stringify(lists)}`)
    members.push(...(await this.#keysLeft(toDevice, this.#ownUsersIn(events))))
    return { text: members.join(','), deviceLists, toDevice }
  }

  /** The transaction for which it was taken was not made: the next one has it, and what is newer in its place. */
  giveBack(): void {
    const since = this.#now
    this.#now = this.#taken
    this.#taken = ofTheMoment()
    // As if it came only now: it may have failed for long, and what has waited longest is forgotten.
    for (const roomId of since.typing) keep(this.#now.typing, roomId)
    for (const userId of since.presence) keep(this.#now.presence, userId)
    for (const receipt of since.receipts.values()) this.#noteReceipt(receipt)
    for (const [userId, deviceIds] of since.keys) addTo(this.#now.keys, userId, [...deviceIds])
  }

  #ownUsersIn(events: readonly LoadedEvent[]): UserId[] {
    const users = events.flatMap(({ event }) =>
      event.type === 'm.room.member' && event.stateKey !== undefined
        ? [event.sender, event.stateKey as UserId]
        : [event.sender],
    )
    return [...new Set(users)].filter((userId) => this.#interest.isOwn(userId))
  }

  /** The application service has been told of changed devices up to there. */
  taken(deviceLists: number | null): void {
    if (deviceLists !== null) this.#toldLists = Math.max(this.#toldLists, deviceLists)
  }

  async #ephemeral(): Promise<string[]> {
    return (await Promise.all([this.#takeTyping(), this.#takeReceipts(), this.#takePresence()])).flat()
  }

  async #takeTyping(): Promise<string[]> {
    const texts: string[] = []
    for (const roomId of this.#taken.typing) {
      if (!(await this.#interest.includesRoom(roomId))) continue
      const content = { user_ids: this.#parts.typing.usersIn(roomId) }
      texts.push(JSON.stringify({ type: 'm.typing', room_id: roomId, content }))
    }
    return texts
  }

  async #takeReceipts(): Promise<string[]> {
    const texts: string[] = []
    for (const [roomId, rows] of Map.groupBy(this.#taken.receipts.values(), (row) => row.roomId)) {
      if (!(await this.#interest.includesRoom(roomId))) continue
      for (const content of await receiptContents('', rows))
        texts.push(JSON.stringify({ type: 'm.receipt', room_id: roomId, content }))
    }
    return texts
  }

  async #takePresence(): Promise<string[]> {
    const seen: UserId[] = []
    for (const userId of this.#taken.presence) if (await this.#interest.sharesRoom(userId)) seen.push(userId)
    if (seen.length === 0) return []
    const nowMs = this.#parts.clock.nowMs()
    return (await this.#parts.presence.list(seen)).map((presence) =>
      JSON.stringify({
        type: 'm.presence',
        sender: presence.userId,
        content: presenceContent(presence, nowMs),
      }),
    )
  }

  /** A device is looked at again until nothing waits for it any more. */
  async #messages(): Promise<{ messages: string[]; toDevice: DeviceReach[] }> {
    const messages: string[] = []
    const toDevice: DeviceReach[] = []
    if (this.#toDevice.size === 0) return { messages, toDevice }
    const { storage } = this.#parts
    const upTo = (await storage.positions()).to_device
    const devices = [...this.#toDevice].flatMap(([userId, ids]) =>
      [...ids].map((id) => [userId, id] as const),
    )
    for (const [userId, deviceId] of devices) {
      const limit = MESSAGES_PER_TXN - messages.length
      if (limit <= 0) break
      const rows = await storage.read.toDevice.list(userId, deviceId, { after: 0, upTo, limit })
      const last = rows.at(-1)
      if (last === undefined) {
        removeFrom(this.#toDevice, userId, deviceId)
        // What came while we read is seen here, or has put the device back since.
        if (
          (await storage.read.toDevice.list(userId, deviceId, { after: 0, upTo: NEWEST, limit: 1 })).length >
          0
        )
          addTo(this.#toDevice, userId, [deviceId])
        continue
      }
      const to = `"to_user_id":${JSON.stringify(userId)},"to_device_id":${JSON.stringify(deviceId)}`
      messages.push(...rows.map(({ message }) => `{${to},${message.slice(1)}`))
      toDevice.push({ userId, deviceId, position: last.position })
    }
    return { messages, toDevice }
  }

  async #changedLists(): Promise<{ userIds: UserId[]; upTo: number }> {
    if (this.#newestLists <= this.#toldLists) return { userIds: [], upTo: this.#toldLists }
    const rows = await this.#parts.storage.read.devices.changedSince(this.#toldLists, LISTS_PER_TXN)
    const userIds: UserId[] = []
    for (const { userId } of rows) if (await this.#interest.sharesRoom(userId)) userIds.push(userId)
    const upTo = rows.length === LISTS_PER_TXN ? rows.at(-1)!.position : this.#newestLists
    return { userIds, upTo: Math.max(upTo, rows.at(-1)?.position ?? 0, this.#toldLists) }
  }

  /** One-time keys left and fallback keys unused, of the devices that have something to do with the transaction. */
  async #keysLeft(toDevice: readonly DeviceReach[], ownUsers: readonly UserId[]): Promise<string[]> {
    const devices = new Map<UserId, Set<string>>()
    for (const [userId, deviceIds] of this.#taken.keys) devices.set(userId, new Set(deviceIds))
    for (const { userId, deviceId } of toDevice) addTo(devices, userId, [deviceId])
    const others = ownUsers.filter((userId) => !devices.has(userId))
    if (others.length > 0)
      for (const { userId, deviceId } of await this.#parts.storage.read.devices.listOfUsers(others))
        addTo(devices, userId, [deviceId])
    if (devices.size === 0) return []
    const counts: Record<string, Record<string, object>> = {}
    const unused: Record<string, Record<string, readonly string[]>> = {}
    for (const [userId, deviceIds] of devices) {
      const entries = await Promise.all(
        [...deviceIds].map(async (id) => [id, await this.#parts.keyCounts(userId, id)] as const),
      )
      counts[userId] = Object.fromEntries(entries.map(([id, { oneTimeKeys }]) => [id, oneTimeKeys]))
      unused[userId] = Object.fromEntries(
        entries.map(([id, { unusedFallbackKeyTypes: types }]) => [id, types]),
      )
    }
    return [
      `"org.matrix.msc3202.device_one_time_keys_count":${JSON.stringify(counts)}`,
      `"org.matrix.msc3202.device_unused_fallback_key_types":${JSON.stringify(unused)}`,
    ]
  }
}

const ofTheMoment = (): OfTheMoment => ({
  typing: new Set(),
  receipts: new Map(),
  presence: new Set(),
  keys: new Map(),
})

function keep<T>(set: Set<T>, value: T): void {
  set.delete(value)
  set.add(value)
  if (set.size > MAX_KEPT) set.delete(set.keys().next().value!)
}

function removeFrom<K>(map: Map<K, Set<string>>, key: K, value: string): void {
  const known = map.get(key)
  known?.delete(value)
  if (known?.size === 0) map.delete(key)
}

function addTo<K>(map: Map<K, Set<string>>, key: K, values: readonly string[]): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, new Set(values))
  else for (const value of values) known.add(value)
}
