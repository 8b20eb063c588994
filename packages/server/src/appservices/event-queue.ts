import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AppserviceQueue, Storage } from '@ranvier/storage'
import type { Clock, Timer } from '../clock.ts'
import type { OutboundClient } from '../outbound/client.ts'
import { renderEvents } from '../rooms/render.ts'
import type { LoadedEvent, RoomEvents } from '../rooms/room-events.ts'
import type { Appservice } from './appservice.ts'
import { callAppservice } from './call-appservice.ts'
import { Interest } from './interest.ts'

export interface EventQueueParts {
  storage: Storage
  clock: Clock
  roomEvents: RoomEvents
  outbound: Pick<OutboundClient, 'request'>
  onError: (error: unknown, appserviceId: string) => void
}

const EVENTS_PER_TXN = 100
/** So many are looked at once more, at most, after the server was killed. */
const SAVE_EVERY_EVENTS = 1_000
const TIMEOUT_MS = 60_000
const FIRST_RETRY_MS = 1_000
const MAX_RETRY_MS = 5 * 60_000

/**
 * Tells one application service what happens, one transaction after the other. A transaction is kept until it has been
 * taken: it is sent again with the same content, also after a restart. When it is not taken, the next try comes later and
 * later. Spec: AS API §Pushing events
 */
export class EventQueue implements AsyncDisposable {
  readonly #parts: EventQueueParts
  readonly #appservice: Appservice & { url: string }
  readonly #interest: Interest
  readonly #stop = new AbortController()
  #queue: AppserviceQueue | undefined
  #savedPosition = Number.POSITIVE_INFINITY
  /** Position of the newest event there is. */
  #newest = 0
  #failures = 0
  #retry: Timer | undefined
  #working: Promise<void> | undefined

  constructor(parts: EventQueueParts, appservice: Appservice & { url: string }) {
    this.#parts = parts
    this.#appservice = appservice
    this.#interest = new Interest(parts.storage, appservice)
  }

  /** There are events up to `newest`. */
  wake(newest = this.#newest): void {
    this.#newest = Math.max(this.#newest, newest)
    if (this.#stop.signal.aborted || this.#working !== undefined || this.#retry !== undefined) return
    this.#working = this.#work()
      .catch((error: unknown) => this.#failed(error))
      .then(() => {
        this.#working = undefined
        if (this.#hasWork) this.wake() // what came in the last moment found it still working
      })
  }

  /** Cuts off what is on its way: it is sent again at the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#retry?.cancel()
    await this.#working
    const queue = this.#queue
    if (queue !== undefined && queue.position > this.#savedPosition) await this.#save(queue)
  }

  get #hasWork(): boolean {
    if (this.#queue === undefined) return true
    return this.#queue.pending !== null || this.#queue.position < this.#newest
  }

  #failed(error: unknown): void {
    if (this.#stop.signal.aborted) return
    this.#parts.onError(error, this.#appservice.id)
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** this.#failures++, MAX_RETRY_MS)
    this.#retry = this.#parts.clock.setTimeout(() => {
      this.#retry = undefined
      this.wake()
    }, delayMs)
  }

  async #work(): Promise<void> {
    let queue = (this.#queue ??= await this.#load())
    while (!this.#stop.signal.aborted && this.#hasWork) {
      if (queue.pending === null) queue = await this.#gather(queue)
      if (queue.pending !== null) {
        await this.#send(queue.txnId, queue.pending.body)
        this.#failures = 0
        queue = await this.#save({ ...queue, position: queue.pending.position, pending: null })
      }
    }
  }

  /** A new application service hears of what happens from now on. */
  async #load(): Promise<AppserviceQueue> {
    const known = await this.#parts.storage.read.appserviceQueues.find(this.#appservice.id)
    if (known === undefined) return this.#save({ position: this.#newest, txnId: 0, pending: null })
    this.#savedPosition = known.position
    return known
  }

  async #save(queue: AppserviceQueue): Promise<AppserviceQueue> {
    await this.#parts.storage.write((tx) => tx.appserviceQueues.put(this.#appservice.id, queue))
    this.#queue = queue
    this.#savedPosition = queue.position
    return queue
  }

  /** Looks at the next events. What does not concern it is passed over, and noted now and then only. */
  async #gather(queue: AppserviceQueue): Promise<AppserviceQueue> {
    const { storage, roomEvents, clock } = this.#parts
    const upTo = this.#newest
    const nids = await storage.read.appserviceQueues.eventsAfter(queue.position, {
      upTo,
      limit: EVENTS_PER_TXN,
    })
    const position = nids.length === EVENTS_PER_TXN ? nids.at(-1)! : upTo
    const loaded = await roomEvents.byNid(nids)
    const found: LoadedEvent[] = []
    for (const nid of nids) {
      const event = loaded.get(nid)
      if (event !== undefined && (await this.#interest.includes(event))) found.push(event)
    }
    if (found.length === 0) {
      await nextTurn() // a long way to catch up must not keep sockets from being served
      const passed = { ...queue, position }
      if (position - this.#savedPosition >= SAVE_EVERY_EVENTS) return this.#save(passed)
      this.#queue = passed
      return passed
    }
    const { sender } = this.#appservice
    const texts = await renderEvents(roomEvents, found, {
      userId: sender,
      deviceId: null,
      nowMs: clock.nowMs(),
    })
    const pending = { body: `{"events":[${texts.join(',')}]}`, position }
    return this.#save({ ...queue, txnId: queue.txnId + 1, pending })
  }

  async #send(txnId: number, body: string): Promise<void> {
    const { status } = await callAppservice(this.#parts.outbound, this.#appservice, {
      method: 'PUT',
      url: `${this.#appservice.url}/_matrix/app/v1/transactions/${txnId}`,
      body,
      timeoutMs: TIMEOUT_MS,
      signal: this.#stop.signal,
    })
    if (status < 200 || status >= 300) throw new Error(`the application service answered ${status}`)
  }
}
