import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { isRoomId } from '@ranvier/protocol/ids/room-id'
import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import type { Storage, Transaction } from '@ranvier/storage'
import { formatChanges, parseChanges } from '../../push/stored-rules.ts'
import type { RoomEvents } from '../room-events.ts'

export type CarryOver = (userId: UserId, roomId: RoomId) => Promise<void>

/**
 * For a user of ours who has come into a room that replaces another: their tags, push rules and direct chats of the old
 * room hold for the new one as well. What they have said of the new room already stays. Nothing happens for other rooms.
 * Spec: CS API §Room upgrades, Server behaviour.
 */
export function carryOver(deps: { storage: Storage; roomEvents: RoomEvents }): CarryOver {
  return async (userId, roomId) => {
    const row = await deps.storage.read.roomState.entry(roomId, 'm.room.create', '')
    const create = row && (await deps.roomEvents.fromRow(row)).event
    const predecessor = create?.content['predecessor']
    const oldRoomId = isJsonObject(predecessor) ? predecessor['room_id'] : undefined
    if (!isRoomId(oldRoomId)) return
    // Anybody may claim to replace any room; only who was in the old one has something of it to take along.
    const member = await deps.storage.read.members.find(oldRoomId, userId)
    if (member === undefined) return
    await deps.storage.write(async (tx) => {
      await carryTags(tx, userId, oldRoomId, roomId)
      await carryDirect(tx, userId, oldRoomId, roomId)
      await carryRules(tx, userId, oldRoomId, roomId)
    })
  }
}

async function carryTags(tx: Transaction, userId: UserId, from: RoomId, to: RoomId): Promise<void> {
  const tags = await tx.accountData.find(userId, from, 'm.tag')
  if (tags === undefined || (await tx.accountData.find(userId, to, 'm.tag')) !== undefined) return
  await tx.accountData.set(userId, to, 'm.tag', tags)
}

async function carryDirect(tx: Transaction, userId: UserId, from: RoomId, to: RoomId): Promise<void> {
  const text = await tx.accountData.find(userId, null, 'm.direct')
  if (text === undefined) return
  const direct = JSON.parse(text) as JsonObject // only objects are stored
  let changed = false
  for (const [other, rooms] of Object.entries(direct)) {
    if (!Array.isArray(rooms) || !rooms.includes(from) || rooms.includes(to)) continue
    direct[other] = [...rooms, to]
    changed = true
  }
  if (changed) await tx.accountData.set(userId, null, 'm.direct', JSON.stringify(direct))
}

async function carryRules(tx: Transaction, userId: UserId, from: RoomId, to: RoomId): Promise<void> {
  const stored = await tx.pushRules.find(userId)
  if (stored === undefined) return
  const changes = parseChanges(stored.rules)
  const rules = changes.rules.room ?? []
  const old = rules.find((rule) => rule.rule_id === from)
  if (old === undefined || rules.some((rule) => rule.rule_id === to)) return
  changes.rules.room = [{ ...old, rule_id: to }, ...rules]
  await tx.pushRules.set(userId, formatChanges(changes))
}
