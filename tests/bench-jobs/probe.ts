import { setTimeout as wait } from 'node:timers/promises'
import type { Client } from '@ranvier/testkit'
import { ask } from '../bench/call.ts'
import { quantile, sorted } from '../bench/measure.ts'

/** Between two requests of one client, ms: people, not a load. */
const PAUSE_MS = 10

export interface Latencies {
  requests: number
  p50Ms: number
  p99Ms: number
  maxMs: number
}

/** Ordinary requests of clients while something else goes on: reads, a sync with nothing new, a message. */
export class Probe {
  readonly #requests: (() => Promise<unknown>)[]
  readonly #times: number[] = []
  #stopped = false
  #loops: Promise<void>[] = []

  constructor(server: { url: string }, admin: Client, roomId: string) {
    const { url } = server
    const token = admin.accessToken
    let txn = 0
    const message = `${url}/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message`
    this.#requests = [
      () => ask({ url: `${url}/_synapse/admin/v2/users/${encodeURIComponent(admin.userId)}`, token }),
      () =>
        ask({ url: `${url}/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b`, token }),
      () =>
        ask({
          url: `${message}/${Date.now()}.${txn++}`,
          method: 'PUT',
          token,
          body: '{"msgtype":"m.text","body":"hi"}',
        }),
      () => ask({ url: `${url}/_matrix/client/v3/account/whoami`, token }),
    ]
  }

  start(): void {
    this.#loops = this.#requests.map(async (send) => {
      while (!this.#stopped) {
        const began = performance.now()
        await send()
        this.#times.push(performance.now() - began)
        await wait(PAUSE_MS)
      }
    })
  }

  async stop(): Promise<Latencies> {
    this.#stopped = true
    await Promise.all(this.#loops)
    const times = sorted(this.#times)
    const at = (share: number) => quantile(times, share)
    return { requests: times.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) }
  }
}
