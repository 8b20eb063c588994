import assert from 'node:assert/strict'
import type { Client, ClientEvent } from '@ranvier/testkit'

const WINDOW = 50
const FILTER = {
  presence: { types: [] },
  account_data: { types: [] },
  room: {
    timeline: { limit: WINDOW, types: ['m.room.message'] },
    state: { types: [] },
    ephemeral: { types: [] },
    account_data: { types: [] },
  },
}

/**
 * Follows a client's rooms as a client does: long polls, and where a timeline is limited, `/messages` for what it
 * left out. Keeps the texts of every room in the order they were shown.
 */
export class Follower {
  readonly client: Client
  readonly texts = new Map<string, string[]>()
  /** When a text came, for latencies. */
  onText: (roomId: string, text: string) => void = () => {}
  #since = ''

  constructor(client: Client) {
    this.client = client
  }

  /** What is there before counts as seen. */
  async begin(): Promise<void> {
    const nothing = { ...FILTER, room: { ...FILTER.room, timeline: { limit: 1, types: ['m.room.message'] } } }
    this.#since = (await this.client.sync({ filter: nothing })).next_batch
  }

  /** Syncs until each of these rooms has shown `expected` texts. */
  async follow(roomIds: readonly string[], expected: number, signal: AbortSignal): Promise<void> {
    const isComplete = () => roomIds.every((roomId) => (this.texts.get(roomId)?.length ?? 0) >= expected)
    while (!isComplete()) {
      const answer = await this.client
        .sync({ since: this.#since, timeoutMs: 20_000, filter: FILTER, signal })
        .catch((cause: unknown) => {
          const seen = roomIds.map((roomId) => this.texts.get(roomId)?.length ?? 0)
          throw new Error(`${this.client.userId} saw ${seen} of ${expected} texts`, { cause })
        })
      for (const [roomId, room] of Object.entries(answer.rooms?.join ?? {})) {
        const { events = [], limited = false, prev_batch: gap } = room.timeline ?? {}
        if (limited) this.#add(roomId, await this.#fill(roomId, gap!, this.#since))
        this.#add(roomId, events)
      }
      this.#since = answer.next_batch
    }
  }

  async #fill(roomId: string, from: string, to: string): Promise<ClientEvent[]> {
    const events: ClientEvent[] = []
    let at: string | undefined = from
    while (at !== undefined) {
      const page: { chunk: ClientEvent[]; end?: string } = await this.client.get(
        `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages`,
        { dir: 'b', from: at, to, limit: 100, filter: JSON.stringify(FILTER.room.timeline) },
      )
      events.push(...page.chunk)
      at = page.end
    }
    return events.reverse()
  }

  #add(roomId: string, events: readonly ClientEvent[]): void {
    const texts = this.texts.get(roomId) ?? []
    for (const event of events) {
      assert.equal(event.type, 'm.room.message')
      const text = String(event.content['body'])
      texts.push(text)
      this.onText(roomId, text)
    }
    this.texts.set(roomId, texts)
  }
}
