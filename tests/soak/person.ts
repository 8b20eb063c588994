import type { Client, ClientEvent } from '@ranvier/testkit'
import type { Deliveries } from './deliveries.ts'

export interface Tally {
  readonly deliveries: Deliveries
  requests: number
  /** Timelines that left something out. */
  gaps: number
  errors: string[]
}

const POLL_MS = 30_000
const SLIDING = '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync'
const ON = { enabled: true }
const LIST = { ranges: [[0, 20]], timeline_limit: 20, required_state: [['m.room.member', '$LAZY']] }

interface SlidingAnswer {
  pos: string
  rooms: Record<string, { timeline?: ClientEvent[]; limited?: boolean; initial?: boolean }>
  extensions: { to_device?: { next_batch: string } }
}

/** One who is in some rooms, listens all the time and speaks now and then. */
export class Person {
  readonly client: Client
  readonly rooms: string[] = []
  readonly #how: 'sync' | 'sliding'
  readonly #tally: Tally
  #since = ''
  #toDevice: string | undefined
  #last: { roomId: string; eventId: string } | undefined

  constructor(client: Client, how: 'sync' | 'sliding', tally: Tally) {
    this.client = client
    this.#how = how
    this.#tally = tally
  }

  /** The first answer: what is there before counts as heard. */
  async begin(): Promise<void> {
    await this.#poll(0, undefined, false)
  }

  /** Listens until `signal`. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) await this.#attempt(() => this.#poll(POLL_MS, signal, true), signal)
  }

  /** Speaks until `endMs`, about every `everyMs`. */
  async talk(endMs: number, everyMs: number): Promise<void> {
    for (;;) {
      const waitMs = Math.random() * 2 * everyMs
      if (Date.now() + waitMs > endMs) return
      await new Promise((resolve) => setTimeout(resolve, waitMs))
      await this.#attempt(() => this.#speak())
    }
  }

  async #speak(): Promise<void> {
    const roomId = this.rooms[Math.floor(Math.random() * this.rooms.length)]!
    const room = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}`
    const typing = `${room}/typing/${encodeURIComponent(this.client.userId)}`
    await this.client.put(typing, { typing: true, timeout: 10_000 })
    this.#tally.deliveries.sent(roomId, await this.client.send(roomId, `soak ${Date.now()}`))
    await this.client.put(typing, { typing: false })
    this.#tally.requests += 3
    if (this.#last === undefined) return
    const { roomId: heardIn, eventId } = this.#last
    const receipt = `/_matrix/client/v3/rooms/${encodeURIComponent(heardIn)}/receipt/m.read/`
    await this.client.post(`${receipt}${encodeURIComponent(eventId)}`, {})
    this.#tally.requests++
  }

  async #poll(timeoutMs: number, signal: AbortSignal | undefined, counts: boolean): Promise<void> {
    if (this.#how === 'sync') await this.#sync(timeoutMs, signal, counts)
    else await this.#slide(timeoutMs, signal, counts)
    this.#tally.requests++
  }

  async #sync(timeoutMs: number, signal: AbortSignal | undefined, counts: boolean): Promise<void> {
    const since = this.#since
    const filter = { room: { state: { lazy_load_members: true }, timeline: { limit: 20 } } }
    const answer = await this.client.sync({
      timeoutMs,
      filter,
      ...(since !== '' && { since }),
      ...(signal !== undefined && { signal }),
    })
    for (const [roomId, { timeline }] of Object.entries(answer.rooms?.join ?? {})) {
      if (counts && timeline?.limited) this.#tally.gaps++
      this.#hear(roomId, timeline?.events ?? [], counts)
    }
    this.#since = answer.next_batch
  }

  async #slide(timeoutMs: number, signal: AbortSignal | undefined, counts: boolean): Promise<void> {
    const toDevice = { ...ON, ...(this.#toDevice !== undefined && { since: this.#toDevice }) }
    const extensions = { to_device: toDevice, e2ee: ON, account_data: ON, receipts: ON, typing: ON }
    const query = { timeout: timeoutMs, ...(this.#since !== '' && { pos: this.#since }) }
    const options = { query, ...(signal !== undefined && { signal }) }
    const answer = await this.client.request<SlidingAnswer>(
      'POST',
      SLIDING,
      { lists: { all: LIST }, extensions },
      options,
    )
    for (const [roomId, { timeline = [], limited, initial }] of Object.entries(answer.rooms)) {
      if (counts && limited && !initial) this.#tally.gaps++
      this.#hear(roomId, timeline, counts)
    }
    this.#since = answer.pos
    this.#toDevice = answer.extensions.to_device?.next_batch
  }

  #hear(roomId: string, events: readonly ClientEvent[], counts: boolean): void {
    for (const { type, event_id: eventId, content } of events) {
      if (type !== 'm.room.message') continue
      this.#last = { roomId, eventId }
      if (!counts) continue
      const latencyMs = Date.now() - Number(String(content['body']).split(' ')[1])
      this.#tally.deliveries.heard(roomId, this.client.userId, eventId, latencyMs)
    }
  }

  async #attempt(work: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (signal?.aborted) return
      this.#tally.errors.push(String(error))
      await new Promise((resolve) => setTimeout(resolve, 1_000))
    }
  }
}
