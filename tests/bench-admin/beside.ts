import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Client } from '@ranvier/testkit'
import { ask } from '../bench/call.ts'
import { lanes, median, quantile, sorted } from '../bench/measure.ts'
import { sendCall } from '../bench/scenarios/scenario.ts'

const SECONDS = 2

export interface BesideResult {
  /** Medians over the rounds, of one client that sends one message after another. */
  alone: { p50Ms: number; p99Ms: number }
  beside: { p50Ms: number; p99Ms: number }
  /** How many pages were read meanwhile, a second. */
  pagesPerSecond: number
}

/** What a client's messages take while nobody and while an administrator pages through all accounts, in turns. */
export async function sendBesidePaging(admin: Client, rounds: number): Promise<BesideResult> {
  const roomId = await admin.createRoom({})
  const sends = async () => {
    const { times, errors } = await lanes(1, { seconds: SECONDS }, () => ask(sendCall(admin, roomId)))
    if (errors > 0) throw new Error(`${errors} messages could not be sent`)
    return sorted(times)
  }
  await using pager = new Pager(admin)
  const all = { alone: [] as number[][], beside: [] as number[][], pages: [] as number[] }
  for (let round = 0; round <= rounds; round++) {
    const alone = await sends()
    pager.start()
    const beside = await sends()
    const pages = await pager.stop()
    if (round === 0) continue // it warms up
    all.alone.push(alone)
    all.beside.push(beside)
    all.pages.push(pages / SECONDS)
  }
  const of = (runs: number[][]) => ({
    p50Ms: median(runs.map((times) => quantile(times, 0.5))),
    p99Ms: median(runs.map((times) => quantile(times, 0.99))),
  })
  return { alone: of(all.alone), beside: of(all.beside), pagesPerSecond: median(all.pages) }
}

/** Reads pages in a thread of its own: what the administrator's tool does with them delays no client. */
class Pager implements AsyncDisposable {
  readonly #worker: Worker
  constructor({ url, accessToken: token }: Client) {
    this.#worker = new Worker(new URL('./pager.ts', import.meta.url), { workerData: { url, token } })
  }

  start(): void {
    this.#worker.postMessage('start')
  }

  /** Resolves with how many pages it has read. */
  async stop(): Promise<number> {
    const answered = once(this.#worker, 'message')
    this.#worker.postMessage('stop')
    return (await answered)[0] as number
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }
}

export function besideReport({ alone, beside, pagesPerSecond }: BesideResult): string {
  const ratio = (of: 'p50Ms' | 'p99Ms') => `${(beside[of] / alone[of]).toFixed(1)}×`
  return [
    "| a client's send | p50 ms | p99 ms |",
    '|---|---|---|',
    `| alone | ${alone.p50Ms.toFixed(1)} | ${alone.p99Ms.toFixed(1)} |`,
    `| while an administrator reads ${pagesPerSecond.toFixed(0)} pages a second | ${beside.p50Ms.toFixed(1)} | ${beside.p99Ms.toFixed(1)} |`,
    `| × | ${ratio('p50Ms')} | ${ratio('p99Ms')} |`,
  ].join('\n')
}
