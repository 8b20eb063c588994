import type { EventId } from '@ranvier/protocol/ids/brands'
import { isJsonObject } from '@ranvier/protocol/json'
import { parseJson } from '@ranvier/protocol/parse-json'
import type { DelayedEvent, Storage } from '@ranvier/storage'
import type { Clock, Timer } from '../clock.ts'
import { MatrixError } from '../errors.ts'
import type { Requester } from '../requester.ts'
import type { RoomVerbs } from './shadow-ban.ts'

export interface DelayedSenderDeps {
  storage: Storage
  clock: Clock
  verbs: Pick<RoomVerbs, 'sendEvent' | 'sendState'>
  onError: (error: unknown) => void
}

const AT_ONCE = 50
const RETRY_AFTER_FAILURE_MS = 10_000

/**
 * Sends delayed events when their time has come; the one whose time came while the server was down when it is up again.
 * An event stops waiting in the commit that adds it to its room, so it is sent once.
 */
export class DelayedSender implements AsyncDisposable {
  readonly #deps: DelayedSenderDeps
  /** Being sent now. */
  readonly #sending = new Map<string, Promise<void>>()
  #timer: Timer | undefined
  #timerDueTs = Number.POSITIVE_INFINITY
  #round: Promise<void> | undefined
  #isStopped = false

  constructor(deps: DelayedSenderDeps) {
    this.#deps = deps
  }

  /** Something is due at `dueTs`, perhaps before all that was known. */
  arm(dueTs: number): void {
    if (this.#isStopped || dueTs >= this.#timerDueTs) return
    this.#timer?.cancel()
    this.#timerDueTs = dueTs
    const { clock } = this.#deps
    this.#timer = clock.setTimeout(() => this.#sendDue(), Math.max(0, dueTs - clock.nowMs()))
  }

  /** Sends what is due, and is to be called again by itself when something is. */
  start(): void {
    this.#sendDue()
  }

  /** Is being sent at the moment. */
  isSending(delayId: string): boolean {
    return this.#sending.has(delayId)
  }

  /** Resolves when what was due has been sent. */
  async settled(): Promise<void> {
    await this.#round
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#round
    await Promise.allSettled(this.#sending.values())
  }

  #sendDue(): void {
    this.#timer?.cancel()
    this.#timerDueTs = Number.POSITIVE_INFINITY
    const before = this.#round ?? Promise.resolve()
    const round = before.then(() => this.#sendAllDue()).catch(this.#deps.onError)
    this.#round = round
  }

  async #sendAllDue(): Promise<void> {
    const { storage, clock } = this.#deps
    while (!this.#isStopped) {
      const due = await storage.read.delayedEvents.due(clock.nowMs(), AT_ONCE)
      if (due.length === 0) break
      // In their order: what was scheduled for earlier comes earlier.
      for (const delayId of due) {
        const event = await storage.read.delayedEvents.find(delayId)
        if (event === undefined) await storage.write((tx) => tx.delayedEvents.delete(delayId))
        else await this.send(event).catch(() => {}) // told to who asked for it; here nobody did
      }
    }
    const next = await storage.read.delayedEvents.nextDueTs()
    if (next !== undefined) this.arm(next)
  }

  /** Sends the event now. Throws what refuses it. */
  send(event: DelayedEvent): Promise<void> {
    const known = this.#sending.get(event.delayId)
    if (known !== undefined) return known
    const sending = this.#sendNow(event).finally(() => this.#sending.delete(event.delayId))
    this.#sending.set(event.delayId, sending)
    return sending
  }

  /** The event is gone afterwards, sent or refused, unless trying again later may help. */
  async #sendNow(event: DelayedEvent): Promise<void> {
    const { storage, clock, onError } = this.#deps
    const { delayId } = event
    try {
      const requester = await this.#requesterOf(event)
      if (requester !== undefined) await this.#sendAs(requester, event)
      await storage.write((tx) => tx.delayedEvents.delete(delayId))
    } catch (error) {
      const isRefused = error instanceof MatrixError && error.status !== 429
      if (isRefused) await storage.write((tx) => tx.delayedEvents.delete(delayId))
      else {
        if (!(error instanceof MatrixError)) onError(error)
        const waitMs = error instanceof MatrixError ? Number(error.fields['retry_after_ms']) : Number.NaN
        const dueTs = clock.nowMs() + (Number.isFinite(waitMs) ? waitMs : RETRY_AFTER_FAILURE_MS)
        await storage.write((tx) => tx.delayedEvents.postpone(delayId, dueTs))
        this.arm(dueTs)
      }
      throw error
    }
  }

  #sendAs(requester: Requester, event: DelayedEvent): Promise<EventId> {
    const { verbs } = this.#deps
    const { delayId, roomId, type, stateKey } = event
    const parsed = parseJson(event.content)
    const content = isJsonObject(parsed) ? parsed : {}
    if (stateKey !== null) return verbs.sendState(requester, roomId, { type, stateKey, content, delayId })
    return verbs.sendEvent(requester, roomId, { type, content, txnId: delayId, delayId })
  }

  /** The sender as they are now; `undefined` for who is not any more. */
  async #requesterOf({ userId, deviceId }: DelayedEvent): Promise<Requester | undefined> {
    const account = await this.#deps.storage.read.accounts.find(userId)
    if (account === undefined || account.deactivated || account.locked) return undefined
    const { isGuest, shadowBanned, suspended, locked, appserviceId } = account
    const none = { tokenId: 0, puppetedBy: null, accessTokenValidUntilMs: null }
    return { userId, deviceId, isGuest, shadowBanned, suspended, locked, appserviceId, ...none }
  }
}
