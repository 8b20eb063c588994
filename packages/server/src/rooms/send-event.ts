import { powerLevelsIn } from '@ranvier/protocol/auth/power-levels'
import { canUserRedact } from '@ranvier/protocol/auth/redaction'
import type { RoomEvent } from '@ranvier/protocol/event/types'
import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import { badRequest, forbidden, invalidParam, MatrixError, notFound } from '../errors.ts'
import type { Requester } from '../requester.ts'
import { checkContent } from './check-content.ts'
import { type CheckRelationDeps, checkRelation } from './check-relation.ts'
import { type ClientTxns, txnDeviceOf } from './client-txns.ts'
import type { ChangeMembership } from './membership.ts'
import type { RoomLimits } from './room-limits.ts'
import type { RoomWriter } from './room-writer.ts'
import type { RoomWriters } from './room-writers.ts'
import { checkConsent, checkMaySend, checkNotSuspended } from './standing.ts'

export interface SendDeps extends CheckRelationDeps {
  writers: RoomWriters
  txns: ClientTxns
  /** Counts what is sent; membership has limits of its own. */
  limits: Pick<RoomLimits, 'message'>
  changeMembership: ChangeMembership
  nowMs: () => number
  /** Throws when a new alias in the content does not point to the room. */
  checkCanonicalAlias: (roomId: RoomId, before: JsonObject | undefined, after: JsonObject) => Promise<void>
}

interface What {
  type: string
  content: JsonObject
  delayId?: string | undefined
  /** When it was sent, as a bridge knows; ms. Default: now. */
  originServerTs?: number | undefined
}

export type SendEvent = (
  by: Requester,
  roomId: RoomId,
  what: What & { txnId: string | undefined },
) => Promise<EventId>

/**
 * Sends an event that is not state, once per transaction id; without one, every time. 403 `M_FORBIDDEN` when the room's
 * rules refuse it, also for a room this server does not know: who is not in a room cannot tell the difference.
 */
export function sendEvent(deps: SendDeps): SendEvent {
  const redact = redactEvent(deps)
  return (by, roomId, { type, content, txnId, delayId, originServerTs }) => {
    checkMaySend(by)
    if (type === 'm.room.redaction' && typeof content['redacts'] === 'string') {
      const { redacts, ...rest } = content
      return redact(by, roomId, { eventId: redacts as EventId, content: rest, txnId, delayId })
    }
    return inTxn(deps, by, roomId, { scope: `send/${roomId}/${type}`, txnId, delayId }, async (room) => {
      const event = { type, sender: by.userId, content }
      checkContent(type, content)
      await checkRelation(deps, room, event)
      const txn = txnId === undefined ? undefined : { deviceId: txnDeviceOf(by), txnId }
      return room.append(event, { txn, originServerTs })
    })
  }
}

export type SendState = (by: Requester, roomId: RoomId, what: What & { stateKey: string }) => Promise<EventId>

/** Sets a state entry; answers with the present event when nothing would change. Membership goes its own way. */
export function sendState(deps: SendDeps): SendState {
  return async (by, roomId, what) => {
    const { type, stateKey, content, delayId, originServerTs } = what
    if (type === 'm.room.member') return setMemberState(deps, by, roomId, what)
    checkMaySend(by)
    await deps.limits.message(by)
    return hidingUnknown(roomId, async () => {
      const event = await deps.writers.write(roomId, async (room) => {
        checkContent(type, content)
        if (type === 'm.room.canonical_alias' && stateKey === '')
          await deps.checkCanonicalAlias(roomId, (await room.state(type, ''))?.content, content)
        const event = { type, stateKey, sender: by.userId, content }
        const set = await room.append(event, { unlessSame: true, originServerTs })
        if (delayId !== undefined) room.sentDelayed(delayId)
        return set
      })
      return event.eventId
    })
  }
}

async function setMemberState(
  deps: SendDeps,
  by: Requester,
  roomId: RoomId,
  { stateKey, content, originServerTs }: Parameters<SendState>[2],
): Promise<EventId> {
  const { membership, ...rest } = content
  if (
    membership !== 'join' &&
    membership !== 'invite' &&
    membership !== 'leave' &&
    membership !== 'ban' &&
    membership !== 'knock'
  )
    throw invalidParam(
      `membership must be join, invite, leave, ban or knock, not ${JSON.stringify(membership)}`,
    )
  const target = stateKey as UserId
  return deps.changeMembership(by, roomId, { target, membership, content: rest, originServerTs })
}

export type RedactEvent = (
  by: Requester,
  roomId: RoomId,
  what: { eventId: EventId; content: JsonObject; txnId: string | undefined; delayId?: string | undefined },
) => Promise<EventId>

/**
 * Redacts an event. 404 `M_NOT_FOUND` for an event that is not in the room, 403 `M_FORBIDDEN` without the power to.
 * Create events and server ACLs stay as they are. Synapse: rooms without either could not be judged any more.
 */
export function redactEvent(deps: SendDeps): RedactEvent {
  return (by, roomId, what) => {
    checkConsent(by)
    const { eventId } = what
    if (by.suspended) {
      // Spec: CS API §Account suspension: own events may still be redacted.
      return ownEventOnly(deps, by, eventId).then(() => redactNow(deps, by, roomId, what))
    }
    return redactNow(deps, by, roomId, what)
  }
}

async function ownEventOnly(deps: SendDeps, by: Requester, eventId: EventId): Promise<void> {
  const target = await deps.roomEvents.find(eventId)
  if (target?.event.sender !== by.userId) checkNotSuspended(by)
}

function redactNow(
  deps: SendDeps,
  by: Requester,
  roomId: RoomId,
  { eventId, content, txnId, delayId }: Parameters<RedactEvent>[2],
): Promise<EventId> {
  return inTxn(deps, by, roomId, { scope: `redact/${roomId}/${eventId}`, txnId, delayId }, async (room) => {
    if ((await room.membership(by.userId)) !== 'join') throw forbidden(`${by.userId} is not in the room`)
    const target = await deps.roomEvents.find(eventId)
    if (target === undefined) throw notFound(`Event ${eventId}`)
    if (target.event.roomId !== roomId) throw badRequest('The event to redact is in another room')
    if (target.event.type === 'm.room.create') throw forbidden('The create event cannot be redacted')
    if (target.event.type === 'm.room.server_acl') throw forbidden('Server ACLs cannot be redacted')
    const state = await loadPower(room)
    if (!canUserRedact(by.userId, target.event.sender, room.rules, state))
      throw forbidden(`${by.userId} lacks the power to redact this event`)
    return room.append(
      { type: 'm.room.redaction', sender: by.userId, content, redacts: eventId },
      txnId === undefined ? {} : { txn: { deviceId: txnDeviceOf(by), txnId } },
    )
  })
}

/** A lookup that holds what power levels are read from. */
async function loadPower(
  room: RoomWriter,
): Promise<(type: string, stateKey: string) => RoomEvent | undefined> {
  const create = await room.state('m.room.create', '')
  const levels = await room.state('m.room.power_levels', '')
  const state = (type: string) =>
    type === 'm.room.create' ? create : type === 'm.room.power_levels' ? levels : undefined
  powerLevelsIn(state, room.rules)
  return state
}

async function inTxn(
  deps: SendDeps,
  by: Requester,
  roomId: RoomId,
  { scope, txnId, delayId }: { scope: string; txnId: string | undefined; delayId?: string | undefined },
  append: (room: RoomWriter) => Promise<RoomEvent>,
): Promise<EventId> {
  type Key = Parameters<ClientTxns['run']>[0]
  const write = async (key?: Key) => {
    // Here, not before: a repetition is answered from memory and counts for nothing.
    await deps.limits.message(by)
    return hidingUnknown(roomId, () =>
      deps.writers.write(roomId, async (room) => {
        const { eventId } = await append(room)
        if (key !== undefined) room.rememberTxn({ ...key, response: eventId, createdTs: deps.nowMs() })
        if (delayId !== undefined) room.sentDelayed(delayId)
        return eventId
      }),
    )
  }
  if (txnId === undefined) return write()
  const key = { userId: by.userId, deviceId: txnDeviceOf(by), scope, txnId }
  return (await deps.txns.run(key, () => write(key))) as EventId
}

async function hidingUnknown<T>(roomId: RoomId, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof MatrixError && error.status === 404 && error.message === `Room ${roomId} not found`)
      throw forbidden('You are not in this room')
    throw error
  }
}
