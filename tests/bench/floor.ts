import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import bcrypt from 'bcrypt'
import { type BareAnswer, type BareServer, startBareServer } from './bare.ts'
import { ask, type Call } from './call.ts'
import { type Bound, lanes, type Measure, measured, ownTimes } from './measure.ts'
import type { Asked, Prepared } from './scenarios/scenario.ts'

/** What bounds a scenario from below. */
export interface FloorMeasure {
  /** `node:http` answering the same requests with the same bytes. */
  http?: Measure
  /** bcrypt of the same cost and nothing else. */
  hashes?: Measure
}

/** What the bare server's own Node decides. */
const OF_NODE = ['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding']

/** The headers of the answer to a call, which may be made again: they are bytes of it, too. */
async function headersOf({ url, method = 'GET', token, body, contentType }: Call): Promise<string[]> {
  const asked = request(url, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': contentType ?? 'application/json' }),
    },
  })
  asked.end(body)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  answer.resume()
  return Object.entries(answer.headers)
    .filter(([name]) => !OF_NODE.includes(name))
    .flatMap(([name, value]) => [name, String(value)])
}

/** Makes the bare server answer as the real one has. Resolves to the same requests, for the bare one. */
async function copied(bare: BareServer, all: readonly (Asked & Pick<BareAnswer, 'role'>)[]): Promise<Call[]> {
  const answers: BareAnswer[] = []
  const copies: Call[] = []
  for (const { call, answer, role } of all) {
    const { pathname, search } = new URL(call.url)
    const path = pathname + search
    const headers = await headersOf(call)
    answers.push({ method: call.method ?? 'GET', path, headers, base64: answer.toString('base64'), role })
    copies.push({ ...call, url: bare.url + path })
  }
  await bare.answerWith(answers)
  return copies
}

async function askedAgain(
  bare: BareServer,
  { lanes: count, asked }: NonNullable<Prepared['http']>,
  bound: Bound,
): Promise<Measure> {
  const copies = await copied(bare, asked)
  return measured(bare.pid, () => lanes(count, bound, (_, n) => ask(copies[n % copies.length]!)))
}

/** From the request that wakes the others until the last of them has its answer. */
async function wokenAgain(
  bare: BareServer,
  { waiting, count, waking }: NonNullable<Prepared['wakes']>,
  bound: { seconds: number },
): Promise<Measure> {
  const [wait, wake] = await copied(bare, [
    { ...waiting, role: 'waits' },
    { ...waking, role: 'wakes' },
  ])
  return measured(bare.pid, () =>
    ownTimes(bound, async () => {
      const all = Array.from({ length: count }, () => ask(wait!))
      // The round trips tell that all have been taken up, as in the scenario.
      for (let i = 0; i < 3; i++) await ask({ url: `${bare.url}/` })
      const began = performance.now()
      await ask(wake!)
      await Promise.all(all)
      return performance.now() - began
    }),
  )
}

/** What both servers are set to. */
const BCRYPT_COST = 12

export interface Floor extends AsyncDisposable {
  /** One round. */
  measure(prepared: Prepared, bound: { seconds: number }): Promise<FloorMeasure>
}

/** With a bare server in a process of its own. */
export async function openFloor(): Promise<Floor> {
  const bare = await startBareServer()
  return {
    async measure({ http, wakes, hashes }, bound) {
      const found: FloorMeasure = {}
      if (http !== undefined) found.http = await askedAgain(bare, http, bound)
      if (wakes !== undefined) found.http = await wokenAgain(bare, wakes, bound)
      if (hashes !== undefined)
        found.hashes = await measured(undefined, () =>
          lanes(hashes, bound, () => bcrypt.hash('a password', BCRYPT_COST)),
        )
      if (Object.values(found).some(({ errors }) => errors > 0)) throw new Error('the floor failed')
      return found
    },
    [Symbol.asyncDispose]: () => bare[Symbol.asyncDispose](),
  }
}
