import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'

const TICKS_PER_SECOND = 100 // what Linux tells user space, whatever the kernel's own is

/** CPU time a process has used, in microseconds (in steps of 10 ms). */
export function cpuUs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1e6
}

export const agent = new Agent({ keepAlive: true, maxSockets: 1_000 })

export interface Call {
  url: string
  method?: string
  token?: string
  body?: string
}

/** One request with as little of our own as possible; the answer's text. Rejects unless it is 200. */
export function call({ url, method = 'GET', token, body }: Call): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
    if (body !== undefined) headers['content-type'] = 'application/json'
    const outgoing = request(url, { method, agent, headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        if (answer.statusCode === 200) resolve(text)
        else reject(new Error(`${method} ${url}: ${answer.statusCode} ${text}`))
      })
      answer.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

export interface Measure {
  operations: number
  /** Time of the whole round, divided by its operations. */
  msPerOperation: number
  /** Of single operations. */
  p50Ms: number
  p99Ms: number
  /** CPU of the server's process; `undefined` where the floor is no process of its own. */
  cpuUsPerOperation: number | undefined
}

/** Runs `lanes` side by side, each `each` operations one after another. */
export async function measure(
  pid: number | undefined,
  lanes: number,
  each: number,
  operation: (lane: number, n: number) => Promise<unknown>,
): Promise<Measure> {
  const times: number[] = []
  const cpuBefore = pid === undefined ? 0 : cpuUs(pid)
  const began = performance.now()
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      for (let n = 0; n < each; n++) {
        const at = performance.now()
        await operation(lane, n)
        times.push(performance.now() - at)
      }
    }),
  )
  const ms = performance.now() - began
  const operations = lanes * each
  times.sort((a, b) => a - b)
  return {
    operations,
    msPerOperation: ms / operations,
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    cpuUsPerOperation: pid === undefined ? undefined : (cpuUs(pid) - cpuBefore) / operations,
  }
}

export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

export const median = (values: readonly number[]): number =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  )

/** The median of every figure over the rounds. */
export function medianOf(rounds: readonly Measure[]): Measure {
  const of = (pick: (round: Measure) => number) => median(rounds.map(pick))
  const hasCpu = rounds.every((round) => round.cpuUsPerOperation !== undefined)
  return {
    operations: of((round) => round.operations),
    msPerOperation: of((round) => round.msPerOperation),
    p50Ms: of((round) => round.p50Ms),
    p99Ms: of((round) => round.p99Ms),
    cpuUsPerOperation: hasCpu ? of((round) => round.cpuUsPerOperation!) : undefined,
  }
}
