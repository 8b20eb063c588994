import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { AppserviceQueue, Fact, Storage } from '@ranvier/storage'
import type { Clock, Timer } from '../clock.ts'
import type { OutboundClient } from '../outbound/client.ts'
import { renderEvents } from '../rooms/reads/render.ts'
import { knownOutside, strippedText } from '../rooms/reads/stripped-state.ts'
import type { LoadedEvent, RoomEvents } from '../rooms/room-events.ts'
import type { Appservice } from './appservice.ts'
import { callAppservice } from './call-appservice.ts'
import { Interest } from './interest.ts'
import { SideNews, type SideNewsParts } from './side-news.ts'

export interface EventQueueParts extends SideNewsParts {
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
  readonly #from: { events: number; deviceLists: number }
  readonly #interest: Interest
  readonly #news: SideNews
  readonly #stop = new AbortController()
  #queue: AppserviceQueue | undefined
  #savedPosition = Number.POSITIVE_INFINITY
  /** Position of the newest event there is. */
  #newest = 0
  #failures = 0
  #retry: Timer | undefined
  #working: Promise<void> | undefined

  /** `from`: the positions behind which an application service is told what happens that was never told before. */
  constructor(
    parts: EventQueueParts,
    appservice: Appservice & { url: string },
    from: { events: number; deviceLists: number },
  ) {
    this.#parts = parts
    this.#appservice = appservice
    this.#from = from
    this.#newest = from.events
    this.#interest = new Interest(parts.storage, appservice)
    this.#news = new SideNews(parts, appservice, this.#interest)
  }

  /** Something has happened, or somebody types in a room. */
  note(what: { facts: readonly Fact[] } | { typingIn: RoomId }): void {
    if ('typingIn' in what) {
      this.#news.noteTyping(what.typingIn)
      if (this.#news.hasNews) this.wake()
      return
    }
    const last = what.facts.findLast(({ stream }) => stream === 'events')
    if (this.#news.note(what.facts) || last !== undefined) this.wake(last?.position)
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
    return this.#queue.pending !== null || this.#queue.position < this.#newest || this.#news.hasNews
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
        queue = await this.#taken(queue, queue.pending)
      }
    }
  }

  /** What happens meanwhile is told: a new application service has nothing to look for, but that takes a while. */
  async #load(): Promise<AppserviceQueue> {
    const { storage } = this.#parts
    const known = await storage.read.appserviceQueues.find(this.#appservice.id)
    const newest = (await storage.positions()).device_lists
    const deviceLists = known?.deviceLists ?? this.#from.deviceLists
    await this.#news.start({ told: deviceLists, newest })
    if (known === undefined)
      return this.#save({ position: this.#from.events, deviceLists, txnId: 0, pending: null })
    this.#savedPosition = known.position
    return { ...known, deviceLists }
  }

  /** What was in the transaction is its own now: messages to devices are deleted as when a client has had them. */
  async #taken(
    queue: AppserviceQueue,
    { position, deviceLists, toDevice }: NonNullable<AppserviceQueue['pending']>,
  ): Promise<AppserviceQueue> {
    const next = { ...queue, position, deviceLists: deviceLists ?? queue.deviceLists, pending: null }
    await this.#parts.storage.write(async (tx) => {
      for (const each of toDevice) await tx.toDevice.acknowledge(each.userId, each.deviceId, each.position)
      await tx.appserviceQueues.put(this.#appservice.id, next)
    })
    this.#news.taken(deviceLists)
    this.#queue = next
    this.#savedPosition = position
    return next
  }

  async #save(queue: AppserviceQueue): Promise<AppserviceQueue> {
    await this.#parts.storage.write((tx) => tx.appserviceQueues.put(this.#appservice.id, queue))
    this.#queue = queue
    this.#savedPosition = queue.position
    return queue
  }

  /** Looks at the next events. What does not concern it is passed over, and noted now and then only. */
  async #gather(queue: AppserviceQueue): Promise<AppserviceQueue> {
    const { storage, roomEvents } = this.#parts
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
    try {
      return await this.#write(queue, found, position)
    } catch (error) {
      this.#news.giveBack()
      throw error
    }
  }

  /** Makes the transaction with these events, if there is anything to tell. */
  async #write(
    queue: AppserviceQueue,
    found: readonly LoadedEvent[],
    position: number,
  ): Promise<AppserviceQueue> {
    const news = await this.#news.take(found)
    if (found.length === 0 && news.text === '') {
      await nextTurn() // a long way to catch up must not keep sockets from being served
      this.#news.taken(news.deviceLists)
      const passed = { ...queue, position, deviceLists: news.deviceLists ?? queue.deviceLists }
      if (position - this.#savedPosition >= SAVE_EVERY_EVENTS) return this.#save(passed)
      this.#queue = passed
      return passed
    }
    const texts = await renderEvents(this.#parts.roomEvents, found, {
      userId: this.#appservice.sender,
      deviceId: null,
      nowMs: this.#parts.clock.nowMs(),
      inviteStates: await this.#inviteStates(found),
    })
    const body = `{"events":[${texts.join(',')}]${news.text === '' ? '' : `,${news.text}`}}`
    const { deviceLists, toDevice } = news
    return this.#save({
      ...queue,
      txnId: queue.txnId + 1,
      pending: { body, position, deviceLists, toDevice },
    })
  }

  /** What its users are invited to, which a bridge decides by. Synapse: `invite_room_state`, without the invite itself. */
  async #inviteStates(events: readonly LoadedEvent[]): Promise<ReadonlyMap<number, readonly string[]>> {
    const states = new Map<number, readonly string[]>()
    for (const { row, event } of events) {
      if (event.type !== 'm.room.member' || event.content['membership'] !== 'invite') continue
      if (event.stateKey === undefined || !this.#interest.isOwn(event.stateKey)) continue
      const { state } = await knownOutside(this.#parts, row.roomId, row.nid)
      states.set(row.nid, state.map(strippedText))
    }
    return states
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
