import { randomBytes } from 'node:crypto'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { DelayedEvent } from '@ranvier/storage'
import { forbidden, invalidParam, MatrixError, notFound, tooLarge } from '../errors.ts'
import type { RateLimits } from '../rate-limit.ts'
import type { Requester } from '../requester.ts'
import { checkContent } from './check-content.ts'
import { type ClientTxns, txnDeviceOf } from './client-txns.ts'
import { DelayedSender, type DelayedSenderDeps } from './delayed-sender.ts'
import type { RoomLimits } from './room-limits.ts'
import { checkMaySend } from './standing.ts'

export interface DelayedEventsDeps extends DelayedSenderDeps {
  txns: ClientTxns
  limits: Pick<RoomLimits, 'message'>
  rateLimits: Pick<RateLimits, 'check'>
  /** 0: nothing may be delayed. */
  maxDelayMs: number
}

export interface Delay {
  roomId: RoomId
  type: string
  /** `undefined` for events that are not state. */
  stateKey?: string
  /** `undefined`: the request was empty, which is good only for a repetition. */
  content: JsonObject | undefined
  /** For events that are not state. */
  txnId?: string
  delayMs: number
}

export type DelayAction = 'restart' | 'send' | 'cancel'

/** Of one user. Synapse: max_delayed_events_per_user */
export const MAX_DELAYED_EVENTS = 100
const MAX_CONTENT_LENGTH = 65_000 // an event has 65,536 bytes, with all that belongs to it

/**
 * Events that are sent later, unless something happens before. Who holds the `delay_id` of one, which cannot be guessed,
 * may manage it. State that somebody else has set meanwhile is not sent any more. MSC4140
 */
export class DelayedEvents implements AsyncDisposable {
  readonly #deps: DelayedEventsDeps
  readonly #sender: DelayedSender

  constructor(deps: DelayedEventsDeps) {
    this.#deps = deps
    this.#sender = new DelayedSender(deps)
  }

  /** Begins to send what is due. */
  start(): void {
    this.#sender.start()
  }

  /** The id of the delayed event; the same for a repetition of the transaction. */
  schedule(by: Requester, delay: Delay): Promise<string> {
    checkMaySend(by)
    const { roomId, type, txnId } = delay
    if (txnId === undefined) return this.#schedule(by, delay)
    const scope = `delay/${roomId}/${type}`
    const key = { userId: by.userId, deviceId: txnDeviceOf(by), scope, txnId }
    return this.#deps.txns.run(key, () => this.#schedule(by, delay, key))
  }

  list(userId: string): Promise<DelayedEvent[]> {
    return this.#deps.storage.read.delayedEvents.listOfUser(userId)
  }

  /** 404 for one of somebody else, or that has ended. */
  async get(by: Requester, delayId: string): Promise<DelayedEvent> {
    const event = await this.#find(delayId)
    if (event.userId !== by.userId) throw notFound('Delayed event')
    return event
  }

  /** 404 `M_NOT_FOUND` for one that was sent or cancelled, or never was. */
  async manage(delayId: string, action: DelayAction): Promise<void> {
    const { storage, clock, rateLimits } = this.#deps
    const event = await this.#find(delayId)
    rateLimits.check('rc_delayed_event_mgmt', event.userId)
    if (action === 'send') return this.#sender.send(event)
    // What is on its way cannot be called back.
    if (this.#sender.isSending(delayId)) throw notFound('Delayed event')
    const nowMs = clock.nowMs()
    const known = await storage.write((tx) =>
      action === 'cancel' ? tx.delayedEvents.delete(delayId) : tx.delayedEvents.restart(delayId, nowMs),
    )
    if (!known) throw notFound('Delayed event')
    if (action === 'restart') this.#sender.arm(nowMs + event.delayMs)
  }

  /** Resolves when what was due has been sent. */
  settled(): Promise<void> {
    return this.#sender.settled()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sender[Symbol.asyncDispose]()
  }

  async #find(delayId: string): Promise<DelayedEvent> {
    const event = await this.#deps.storage.read.delayedEvents.find(delayId)
    if (event === undefined) throw notFound('Delayed event')
    return event
  }

  async #schedule(by: Requester, delay: Delay, key?: Parameters<ClientTxns['run']>[0]): Promise<string> {
    const { storage, clock, limits, maxDelayMs } = this.#deps
    const { roomId, type, stateKey, content, delayMs } = delay
    checkDelay(delayMs, maxDelayMs)
    if (content === undefined) throw new MatrixError(400, 'M_NOT_JSON', 'Content not JSON.')
    checkContent(type, content)
    const text = JSON.stringify(content)
    if (text.length > MAX_CONTENT_LENGTH) throw tooLarge('The event is too large')
    await limits.message(by)
    const member = await storage.read.members.find(roomId, by.userId)
    if (member?.membership !== 'join') throw forbidden(`User ${by.userId} is not in room ${roomId}`)
    if ((await this.list(by.userId)).length >= MAX_DELAYED_EVENTS)
      throw unstable('M_MAX_DELAYED_EVENTS_EXCEEDED', 'Too many events wait for their time already')
    const nowMs = clock.nowMs()
    const event = {
      delayId: randomBytes(18).toString('base64url'),
      userId: by.userId,
      deviceId: by.deviceId,
      roomId,
      type,
      stateKey: stateKey ?? null,
      content: text,
      delayMs,
      runningSinceTs: nowMs,
      dueTs: nowMs + delayMs,
    }
    await storage.write(async (tx) => {
      await tx.delayedEvents.add(event)
      if (key !== undefined) await tx.rooms.rememberTxn({ ...key, response: event.delayId, createdTs: nowMs })
    })
    this.#sender.arm(event.dueTs)
    return event.delayId
  }
}

function checkDelay(delayMs: number, maxDelayMs: number): void {
  if (maxDelayMs <= 0) throw unstable('M_MAX_DELAY_UNSUPPORTED', 'This server sends nothing later')
  if (delayMs <= 0) throw invalidParam('The delay must be longer than nothing')
  if (delayMs > maxDelayMs)
    throw unstable('M_MAX_DELAY_EXCEEDED', 'The delay is longer than this server allows', {
      'org.matrix.msc4140.max_delay': maxDelayMs,
    })
}

/** Synapse: error codes of the proposal stand beside `M_UNKNOWN` until it is merged. */
function unstable(errcode: string, message: string, fields: Record<string, unknown> = {}): MatrixError {
  return new MatrixError(400, 'M_UNKNOWN', message, { 'org.matrix.msc4140.errcode': errcode, ...fields })
}
